//! What a relay has done.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a relay has done since it was made, for whoever watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many events were published, those that were published again included.
    pub published: u64,
    /// How often an event was refused.
    pub refused: u64,
    /// How often an order was parked.
    pub parked: u64,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    Published,
    Refused,
    Parked,
    /// Orders that were refused one after the other, nothing having been taken in between.
    InARow,
}

/// One number for each [`Count`].
#[derive(Debug, Default)]
pub(super) struct Counts([AtomicU64; 4]);

impl Counts {
    fn of(&self, count: Count) -> &AtomicU64 {
        let [published, refused, parked, in_a_row] = &self.0;
        match count {
            Count::Published => published,
            Count::Refused => refused,
            Count::Parked => parked,
            Count::InARow => in_a_row,
        }
    }

    pub(super) fn get(&self, count: Count) -> u64 {
        self.of(count).load(Relaxed)
    }

    pub(super) fn set(&self, count: Count, number: u64) {
        self.of(count).store(number, Relaxed);
    }

    pub(super) fn add(&self, count: Count, number: usize) {
        self.of(count).fetch_add(number as u64, Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        Tally {
            published: self.get(Count::Published),
            refused: self.get(Count::Refused),
            parked: self.get(Count::Parked),
        }
    }
}
