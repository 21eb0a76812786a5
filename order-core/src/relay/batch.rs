//! What of some events goes out, what waits, and what becomes of what was refused.

use std::collections::{HashMap, HashSet};

use super::{RETRY_MS, TRIES_MAX};
use crate::{
    Label, OrderId, Timestamp,
    ports::{DueStream, Hold, LeftOut, Positioned, Refusal, Settlement},
};

/// The next events of the feed.
#[derive(Debug)]
pub(super) struct Batch {
    /// Those of orders that are not held.
    open: Vec<Positioned>,
    /// Those that are passed and not published, by position.
    pub(super) left: Vec<LeftOut>,
    /// How their orders are held.
    pub(super) holds: Vec<Hold>,
    /// The orders of which an event was refused.
    refused: Vec<OrderId>,
}

impl Batch {
    /// Sets the events of held orders aside.
    pub(super) fn new(events: Vec<Positioned>, held: &HashSet<OrderId>) -> Self {
        let (left, open): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| held.contains(&event.recorded.id.order_id));
        let left = left.iter().map(LeftOut::from).collect();
        Self { open, left, holds: Vec::new(), refused: Vec::new() }
    }

    /// What is to be published.
    pub(super) fn open(&self) -> &[Positioned] {
        &self.open
    }

    /// Decides what of it waits after some of it was refused, and says how many events were published.
    pub(super) fn close(&mut self, refusals: &[Refusal], now: Timestamp) -> usize {
        // An order that is held already stays as it is held: this is only what it would be else.
        let known: HashSet<_> = self.left.iter().map(|event| &event.id.order_id).collect();
        let again = |id: &OrderId| Hold {
            order_id: id.clone(),
            tries: 0,
            next_at: Some(now),
            code: label(None),
            since: now,
        };
        self.holds = known.into_iter().map(again).collect();
        let refused = first_refused(&self.open, refusals);
        let mut published = 0;
        for event in &self.open {
            let order_id = &event.recorded.id.order_id;
            match refused.get(order_id) {
                Some(refusal) if event.position >= refusal.position => {
                    self.left.push(event.into());
                }
                _ => published += 1,
            }
        }
        self.left.sort_unstable_by_key(|event| event.position);
        for (order_id, refusal) in refused {
            self.refused.push(order_id.clone());
            self.holds.push(refused_again(order_id, 0, refusal, now, now));
        }
        published
    }

    /// How many orders had an event refused.
    pub(super) fn refused(&self) -> usize {
        self.refused.len()
    }

    /// The orders that are held from now on.
    pub(super) fn newly_held(&mut self) -> Vec<OrderId> {
        std::mem::take(&mut self.refused)
    }
}

/// Whether events of these were refused, and no others.
pub(super) fn are_of(refusals: &[Refusal], events: &[Positioned]) -> bool {
    refusals.iter().all(|refusal| find(events, refusal).is_some())
}

/// The event that was refused. Events are by position.
fn find<'a>(events: &'a [Positioned], refusal: &Refusal) -> Option<&'a Positioned> {
    let found = events.binary_search_by_key(&refusal.position, |event| event.position);
    found.ok().and_then(|index| events.get(index))
}

/// The first event of each order that was refused.
fn first_refused<'a>(
    events: &'a [Positioned],
    refusals: &'a [Refusal],
) -> HashMap<&'a OrderId, &'a Refusal> {
    let mut refused: HashMap<&OrderId, &Refusal> = HashMap::new();
    for refusal in refusals {
        if let Some(event) = find(events, refusal) {
            let first = refused.entry(&event.recorded.id.order_id).or_insert(refusal);
            if refusal.position < first.position {
                *first = refusal;
            }
        }
    }
    refused
}

/// What became of a held order after some events were refused.
pub(super) fn settlement(stream: &DueStream, refusals: &[Refusal], now: Timestamp) -> Settlement {
    let DueStream { hold, events } = stream;
    let before = hold.tries;
    let refused = first_refused(events, refusals).remove(&hold.order_id);
    let Some(refusal) = refused else {
        let published = events.last().map_or(0, |event| event.position);
        let hold = Hold { tries: 0, next_at: Some(now), since: now, ..hold.clone() };
        return Settlement { published, tried: before, hold };
    };
    let taken = events.iter().map(|event| event.position).take_while(|it| *it < refusal.position);
    let published = taken.last();
    // What comes after an event that was taken is counted anew.
    let (tries, since) = if published.is_some() { (0, now) } else { (before, hold.since) };
    let hold = refused_again(&hold.order_id, tries, refusal, since, now);
    Settlement { published: published.unwrap_or(0), tried: before, hold }
}

/// How many events of held orders were published.
pub(super) fn published(due: &[DueStream], settlements: &[Settlement]) -> usize {
    let of = |(stream, settlement): (&DueStream, &Settlement)| {
        stream.events.iter().filter(|event| event.position <= settlement.published).count()
    };
    due.iter().zip(settlements).map(of).sum()
}

/// How an order is held that was refused so often before, and now once more.
fn refused_again(
    order_id: &OrderId,
    tries: u32,
    refusal: &Refusal,
    since: Timestamp,
    now: Timestamp,
) -> Hold {
    let tries = tries.saturating_add(1);
    let pause = RETRY_MS << (tries - 1).min(TRIES_MAX);
    let next_at = (tries < TRIES_MAX).then(|| now.plus_millis(pause));
    Hold { order_id: order_id.clone(), tries, next_at, code: label(Some(refusal.code)), since }
}

/// A code that a publisher gave, as it is kept.
fn label(code: Option<&str>) -> Label {
    let given = code.and_then(|code| Label::clean(code).ok());
    given.unwrap_or_else(|| Label::fixed("publisher.refused"))
}
