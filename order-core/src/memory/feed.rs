//! The feed. Positions are given as a server's store does it, not with the commit, so that who
//! forgets to ask for them learns it here.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    InMemoryStore,
    tables::{Place, Stream, Tables},
};
use crate::{
    Label, OrderId, Timestamp,
    ports::{DueStream, EventFeed, FeedOrder, Passage, Positioned, Settlement, StoreError},
};

#[async_trait]
impl EventFeed for InMemoryStore {
    async fn sequence(&self) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let new = tables.feed.len() - tables.sequenced;
        tables.sequenced = tables.feed.len();
        Ok(new as u64)
    }

    async fn after(&self, position: u64, limit: u32) -> Result<Vec<Positioned>, StoreError> {
        Ok(self.tables().run(position).take(limit as usize).collect())
    }

    async fn end(&self) -> Result<u64, StoreError> {
        Ok(self.tables().sequenced as u64)
    }

    async fn of_order(
        &self,
        id: &OrderId,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Positioned>, StoreError> {
        let tables = self.tables();
        let own = tables.run(position).filter(|event| event.recorded.id.order_id == *id);
        Ok(own.take(limit as usize).collect())
    }

    async fn orders(&self, ids: &[OrderId]) -> Result<Vec<FeedOrder>, StoreError> {
        let tables = self.tables();
        let distinct: BTreeSet<_> = ids.iter().collect();
        let kept = distinct.into_iter().filter_map(|id| tables.orders.get(id));
        Ok(kept.map(|kept| FeedOrder::from(&*kept.order)).collect())
    }

    async fn claim(
        &self,
        relay: &Label,
        holder: Uuid,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let mut tables = self.tables();
        let new = Place { position: 0, holder, until };
        let place = tables.relays.entry(relay.clone()).or_insert(new);
        if place.holder != holder && at < place.until {
            return Ok(None);
        }
        *place = Place { holder, until, ..*place };
        Ok(Some(place.position))
    }

    async fn held(&self, relay: &Label) -> Result<Vec<OrderId>, StoreError> {
        Ok(self.tables().streams_of(relay).map(|(order_id, _)| order_id.clone()).collect())
    }

    async fn due(
        &self,
        relay: &Label,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueStream>, StoreError> {
        let tables = self.tables();
        let is_due = |stream: &&Stream| stream.hold.next_at.is_some_and(|at| at <= now);
        let mut due: Vec<_> =
            tables.streams_of(relay).map(|(_, stream)| stream).filter(is_due).collect();
        due.sort_by_key(|stream| stream.hold.next_at);
        let mut room = limit as usize;
        let mut streams = Vec::new();
        for stream in due.into_iter().take(limit as usize) {
            let events: Vec<_> =
                stream.left.keys().take(room).filter_map(|place| tables.event_at(*place)).collect();
            room -= events.len();
            if events.is_empty() && !stream.left.is_empty() {
                break;
            }
            streams.push(DueStream { hold: stream.hold.clone(), events });
        }
        Ok(streams)
    }

    async fn advance(
        &self,
        relay: &Label,
        holder: Uuid,
        passage: &Passage,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let place = tables.relays.get_mut(relay);
        let mine = |place: &&mut Place| place.holder == holder && place.position == passage.from;
        let Some(place) = place.filter(mine) else {
            return Ok(false);
        };
        place.position = passage.to;
        for hold in &passage.holds {
            let key = (relay.clone(), hold.order_id.clone());
            let left = BTreeMap::new();
            tables.streams.entry(key).or_insert(Stream { hold: hold.clone(), left });
        }
        for event in &passage.left {
            let key = (relay.clone(), event.id.order_id.clone());
            if let Some(stream) = tables.streams.get_mut(&key) {
                stream.left.insert(event.position, event.clone());
            }
        }
        Ok(true)
    }

    async fn settle(
        &self,
        relay: &Label,
        holder: Uuid,
        settlements: &[Settlement],
    ) -> Result<Option<Vec<OrderId>>, StoreError> {
        let mut tables = self.tables();
        if tables.relays.get(relay).is_none_or(|place| place.holder != holder) {
            return Ok(None);
        }
        let mut freed = Vec::new();
        for settlement in settlements {
            let key = (relay.clone(), settlement.hold.order_id.clone());
            let Some(stream) = tables.streams.get_mut(&key) else {
                continue;
            };
            stream.left.retain(|position, _| *position > settlement.published);
            if stream.left.is_empty() {
                tables.streams.remove(&key);
                freed.push(key.1);
            } else if stream.hold.tries == settlement.tried {
                stream.hold = settlement.hold.clone();
            }
        }
        Ok(Some(freed))
    }
}

impl Tables {
    /// The events with a position after this one.
    fn run(&self, position: u64) -> impl Iterator<Item = Positioned> {
        let passed = usize::try_from(position).unwrap_or(usize::MAX);
        let given = (1..).take(self.sequenced).skip(passed);
        given.filter_map(|position| self.event_at(position))
    }

    /// The event at a position.
    pub(super) fn event_at(&self, position: u64) -> Option<Positioned> {
        let place = usize::try_from(position.checked_sub(1)?).ok()?;
        let (id, index) = self.feed.get(..self.sequenced)?.get(place)?;
        let recorded = self.orders.get(id)?.events.get(*index)?.clone();
        Some(Positioned { position, recorded })
    }

    /// The orders that a relay holds, by order.
    pub(super) fn streams_of(&self, relay: &Label) -> impl Iterator<Item = (&OrderId, &Stream)> {
        let own = self.streams.iter().filter(move |((name, _), _)| name == relay);
        own.map(|((_, order_id), stream)| (order_id, stream))
    }
}
