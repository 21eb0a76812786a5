//! How relays are doing, and the orders that they hold.

use async_trait::async_trait;

use super::{
    InMemoryStore,
    tables::{Place, Stream, Tables},
};
use crate::{
    Label, OrderId, Timestamp,
    ports::{HeldStream, Outbox, RelayStatus, StoreError},
};

#[async_trait]
impl Outbox for InMemoryStore {
    async fn relays(&self) -> Result<Vec<RelayStatus>, StoreError> {
        let tables = self.tables();
        Ok(tables.relays.iter().map(|(name, place)| tables.status(name, place)).collect())
    }

    async fn streams(
        &self,
        relay: Option<&Label>,
        after: Option<&OrderId>,
        limit: u32,
        parked: bool,
    ) -> Result<Vec<HeldStream>, StoreError> {
        let tables = self.tables();
        let is_wanted = |((name, order_id), stream): &(&(Label, OrderId), &Stream)| {
            relay.is_none_or(|relay| relay == name)
                && after.is_none_or(|after| after < order_id)
                && (!parked || stream.hold.next_at.is_none())
        };
        let wanted = tables.streams.iter().filter(is_wanted).take(limit as usize);
        Ok(wanted.map(|((name, _), stream)| stream.shown(name)).collect())
    }

    async fn stream(
        &self,
        relay: &Label,
        order_id: &OrderId,
    ) -> Result<Option<HeldStream>, StoreError> {
        let tables = self.tables();
        let stream = tables.streams.get(&(relay.clone(), order_id.clone()));
        Ok(stream.map(|stream| stream.shown(relay)))
    }

    async fn retry(
        &self,
        relay: &Label,
        order_id: Option<&OrderId>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let mut found = 0;
        for ((name, id), stream) in &mut tables.streams {
            let is_meant =
                order_id.map_or(stream.hold.next_at.is_none(), |order_id| order_id == id);
            if name == relay && is_meant {
                stream.try_anew(at);
                found += 1;
            }
        }
        Ok(found)
    }

    async fn skip(
        &self,
        relay: &Label,
        order_id: &OrderId,
        position: u64,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let Some(stream) = tables.streams.get_mut(&(relay.clone(), order_id.clone())) else {
            return Ok(false);
        };
        let is_first = stream.left.keys().next() == Some(&position);
        if is_first {
            stream.left.remove(&position);
            stream.try_anew(at);
        }
        Ok(is_first)
    }
}

impl Stream {
    fn try_anew(&mut self, at: Timestamp) {
        self.hold.tries = 0;
        self.hold.next_at = Some(at);
    }

    fn shown(&self, relay: &Label) -> HeldStream {
        HeldStream {
            relay: relay.clone(),
            hold: self.hold.clone(),
            first: self.left.values().next().cloned(),
            events: self.left.len() as u64,
        }
    }
}

impl Tables {
    fn status(&self, name: &Label, place: &Place) -> RelayStatus {
        let streams: Vec<_> = self.streams_of(name).map(|(_, stream)| stream).collect();
        let left = streams.iter().flat_map(|stream| stream.left.values());
        let next = self.event_at(place.position + 1).map(|event| event.recorded.at);
        let head = self.sequenced as u64;
        RelayStatus {
            name: name.clone(),
            position: place.position,
            head,
            backlog: head.saturating_sub(place.position) + left.clone().count() as u64,
            oldest: left.map(|event| event.at).chain(next).min(),
            held: streams.len() as u64,
            parked: streams.iter().filter(|stream| stream.hold.next_at.is_none()).count() as u64,
        }
    }
}
