//! What was found right, for as long as nothing at all was written.
//!
//! What a statement sees follows from its snapshot: the transaction that comes next, and those that are
//! under way. Whatever became visible since then was written by one of these, so while both are the same,
//! nothing has changed, in any database of the server. Two looks with the same snapshot see the same.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::queries::Known;

/// The snapshot of a statement, and since when the server runs: another one may count anew.
macro_rules! moment {
    () => {
        "pg_catalog.pg_current_snapshot()::text || ' ' || pg_catalog.pg_postmaster_start_time()::text"
    };
}
pub(crate) use moment;

/// The snapshot of a look of its own.
pub(crate) const MOMENT: &str = concat!("SELECT ", moment!());

/// The most that is remembered; then it begins anew.
const KNOWN_MAX: usize = 32_768;

/// Whose question it is, and what is known there.
type Asked<'a> = (usize, &'a Known);

/// What was found right at one moment.
#[derive(Debug, Default)]
pub(crate) struct Confirmed(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    moment: String,
    known: HashSet<Known>,
}

impl Confirmed {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every change is made whole, so a panic elsewhere leaves nothing half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Parts those that were found right at the last moment from the rest.
    pub(crate) fn part<'a>(&self, asked: Vec<Asked<'a>>) -> (Vec<Asked<'a>>, Vec<Asked<'a>>) {
        let inner = self.inner();
        asked.into_iter().partition(|(_, known)| inner.known.contains(*known))
    }

    /// Whether all of them were found right at this moment.
    pub(crate) fn holds(&self, moment: &str, asked: &[Asked<'_>]) -> bool {
        let inner = self.inner();
        inner.moment == moment && asked.iter().all(|(_, known)| inner.known.contains(*known))
    }

    /// These were found right at this moment.
    pub(crate) fn note(&self, moment: &str, found: impl IntoIterator<Item = Known>) {
        let mut inner = self.inner();
        if inner.moment != moment {
            inner.known.clear();
            moment.clone_into(&mut inner.moment);
        }
        for known in found {
            if inner.known.len() >= KNOWN_MAX {
                inner.known.clear();
            }
            inner.known.insert(known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(reference: &str) -> Known {
        Known { reference: reference.to_owned(), stamp: None }
    }

    #[test]
    fn what_was_found_right_at_another_moment_counts_for_nothing() {
        let confirmed = Confirmed::default();
        let (one, two) = (known("1"), known("2"));
        let asked = || vec![(0, &one), (1, &two)];
        assert_eq!(confirmed.part(asked()).0, []);
        confirmed.note("7:7:", [one.clone()]);
        assert_eq!(confirmed.part(asked()), (vec![(0, &one)], vec![(1, &two)]));
        assert!(confirmed.holds("7:7:", &[(0, &one)]));
        assert!(!confirmed.holds("7:8:", &[(0, &one)]) && !confirmed.holds("7:7:", &asked()));
        confirmed.note("7:7:", [two.clone()]);
        assert!(confirmed.holds("7:7:", &asked()));
        confirmed.note("7:8:", [two.clone()]);
        assert!(!confirmed.holds("7:7:", &[(1, &two)]) && !confirmed.holds("7:8:", &asked()));
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let confirmed = Confirmed::default();
        confirmed.note("7:7:", (0..2 * KNOWN_MAX).map(|n| known(&n.to_string())));
        assert!(confirmed.inner().known.len() <= KNOWN_MAX);
    }
}
