//! Follows the feed and keeps the figures.

use std::{collections::HashMap, sync::Arc};

use super::{facts::Facts, figures::Changes};
use crate::{
    OrderId, Recorded,
    ports::{EventFeed, Positioned, RollUps, StoreError},
};

/// The most events that one step counts.
pub const EVENTS_MAX: u32 = 1_000;

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Followed {
    /// How many events it counted.
    pub events: u64,
    /// Up to which position all events are counted now.
    pub position: u64,
}

/// Counts committed events, some at a time. Any number may follow at once, on any number of servers: the
/// differences and the place that they lead to are written together, from the place that they were
/// made for, so each event is counted by one of them.
///
/// A step reads a run of the feed, and of the orders in it that are older the history: it costs about as
/// much as those have events, never as much as there are orders.
#[derive(Debug, Clone)]
pub struct Follower {
    feed: Arc<dyn EventFeed>,
    figures: Arc<dyn RollUps>,
}

impl Follower {
    /// A follower of this feed.
    pub fn new(feed: Arc<dyn EventFeed>, figures: Arc<dyn RollUps>) -> Self {
        Self { feed, figures }
    }

    /// Counts the next events. If it is the first step ever, credit notes are counted too. Of two who
    /// count the same, one does; the other answers that it counted none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn step(&self) -> Result<Followed, StoreError> {
        let position = if let Some(position) = self.figures.counted().await? {
            position
        } else {
            self.figures.recount().await?;
            0
        };
        let mut events = self.feed.after(position, EVENTS_MAX).await?;
        if events.is_empty() && self.feed.sequence().await? > 0 {
            events = self.feed.after(position, EVENTS_MAX).await?;
        }
        let Some(last) = events.last() else {
            return Ok(Followed { events: 0, position });
        };
        let to = last.position;
        let changes = self.changes(&events).await?;
        if self.figures.count(position, to, &changes).await? {
            return Ok(Followed { events: to.saturating_sub(position), position: to });
        }
        Ok(Followed { events: 0, position })
    }

    /// What these events change.
    async fn changes(&self, events: &[Positioned]) -> Result<Changes, StoreError> {
        let mut orders: HashMap<&OrderId, Vec<&Recorded>> = HashMap::new();
        for Positioned { recorded, .. } in events {
            orders.entry(&recorded.id.order_id).or_default().push(recorded);
        }
        let is_older =
            |run: &Vec<&Recorded>| run.first().is_some_and(|first| place_of(first) != (1, 0));
        let older = orders.iter().filter(|(_, run)| is_older(run));
        let older: Vec<OrderId> = older.map(|(id, _)| (*id).clone()).collect();
        let mut before: HashMap<OrderId, Vec<Recorded>> = HashMap::new();
        if !older.is_empty() {
            for recorded in self.figures.histories(&older).await? {
                before.entry(recorded.id.order_id.clone()).or_default().push(recorded);
            }
        }
        let mut changes = Changes::default();
        for (id, run) in orders {
            let history = before.remove(id).unwrap_or_default();
            if let Some((was, is)) = facts(&history, &run) {
                changes.merge(&is, 1);
                changes.merge(&was, -1);
            }
        }
        Ok(changes)
    }
}

const fn place_of(recorded: &Recorded) -> (u64, u32) {
    (recorded.id.version, recorded.id.ordinal)
}

/// What an order added before a run of its events, and what it adds after them. None if its history makes
/// no sense: then what was counted stays, and whoever verifies is told.
fn facts(history: &[Recorded], run: &[&Recorded]) -> Option<(Changes, Changes)> {
    let first = run.first()?;
    let mut facts = Facts::default();
    for recorded in history.iter().take_while(|it| place_of(it) < place_of(first)) {
        facts.learn(recorded).ok()?;
    }
    let was = facts.changes();
    for recorded in run {
        facts.learn(recorded).ok()?;
    }
    Some((was, facts.changes()))
}
