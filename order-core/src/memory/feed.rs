//! The feed. Positions are given as a server's store does it, not with the commit, so that who
//! forgets to ask for them learns it here.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    InMemoryStore,
    tables::{Place, Tables},
};
use crate::{
    Label, OrderId, Timestamp,
    ports::{EventFeed, FeedOrder, Positioned, StoreError},
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

    async fn advance(
        &self,
        relay: &Label,
        holder: Uuid,
        from: u64,
        to: u64,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let place = tables.relays.get_mut(relay);
        let mine = place.filter(|place| place.holder == holder && place.position == from);
        Ok(mine.map(|place| place.position = to).is_some())
    }
}

impl Tables {
    /// The events with a position after this one.
    fn run(&self, position: u64) -> impl Iterator<Item = Positioned> {
        let passed = usize::try_from(position).unwrap_or(usize::MAX);
        let given = (1..).zip(&self.feed).take(self.sequenced).skip(passed);
        given.filter_map(|(position, (id, index))| {
            let recorded = self.orders.get(id)?.events.get(*index)?.clone();
            Some(Positioned { position, recorded })
        })
    }
}
