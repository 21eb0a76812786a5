//! How long things took: a histogram of few buckets, and percentiles of it.

use std::collections::BTreeMap;

/// How far a percentile may be from the exact one, in percent of it.
pub const DURATION_ERROR_PERCENT: u32 = 4;

/// Up to here every second has a bucket of its own; each power of two from there on has as many.
const STEPS: u64 = 16;
const STEPS_LOG2: u32 = 4;

/// Durations in whole seconds, counted in buckets that grow with them: each is a sixteenth of a power of
/// two wide, so that every duration there can be falls into one of about 600 buckets, and the middle of
/// a bucket is at most [`DURATION_ERROR_PERCENT`] from whatever is in it. Up to 16 seconds it is exact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Durations {
    buckets: BTreeMap<u32, u64>,
    count: u64,
    seconds: u128,
}

impl Durations {
    /// The bucket of a duration.
    pub fn bucket(seconds: u64) -> u32 {
        if seconds < STEPS {
            return u32::try_from(seconds).unwrap_or(u32::MAX);
        }
        let power = seconds.ilog2();
        // The four bits behind the first.
        let step = (seconds >> (power - STEPS_LOG2)) - STEPS;
        let steps = u32::try_from(step).unwrap_or(u32::MAX);
        (power - STEPS_LOG2 + 1) * (1 << STEPS_LOG2) + steps
    }

    /// The middle of a bucket, in seconds; none if there is no such bucket.
    pub fn middle(bucket: u32) -> Option<u64> {
        let (row, step) = (bucket >> STEPS_LOG2, u64::from(bucket) % STEPS);
        if row == 0 {
            return Some(step);
        }
        let shift = row - 1;
        if shift > u64::BITS - 1 - STEPS_LOG2 {
            return None;
        }
        let width = 1_u64 << shift;
        Some((STEPS + step) * width + (width - 1) / 2)
    }

    /// Counts what one bucket has: so many durations, together so many seconds.
    pub fn add(&mut self, bucket: u32, count: u64, seconds: u64) {
        *self.buckets.entry(bucket).or_default() += count;
        self.count += count;
        self.seconds += u128::from(seconds);
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their mean in whole seconds, exact; none if there are none.
    pub fn mean(&self) -> Option<u64> {
        let mean = self.seconds.checked_div(u128::from(self.count))?;
        u64::try_from(mean).ok()
    }

    /// The smallest duration, in seconds, that this many percent of all are not above, within
    /// [`DURATION_ERROR_PERCENT`]; none if there are none.
    pub fn percentile(&self, percent: u32) -> Option<u64> {
        // The rank of the nearest: the first one for 0, the last one for 100.
        let rank = (u128::from(self.count) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut passed = 0_u128;
        for (bucket, count) in &self.buckets {
            passed += u128::from(*count);
            if passed >= rank {
                return Self::middle(*bucket);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[u64]) -> Durations {
        let mut durations = Durations::default();
        for second in seconds {
            durations.add(Durations::bucket(*second), 1, *second);
        }
        durations
    }

    #[test]
    fn the_middle_of_a_bucket_is_near_to_all_that_is_in_it() {
        let mut last = 0;
        let powers = (0..63).map(|power| 1_u64 << power);
        let all = (0..100_000).chain(powers.flat_map(|at| [at - 1, at, at + 1, at + at / 3]));
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        for seconds in all {
            let bucket = Durations::bucket(seconds);
            assert!(bucket >= last, "buckets grow with what is in them: {seconds}");
            last = bucket;
            let middle = Durations::middle(bucket).unwrap();
            let off = u128::from(middle.abs_diff(seconds)) * 100;
            let most = u128::from(seconds) * u128::from(DURATION_ERROR_PERCENT);
            assert!(off <= most, "{seconds} counts as {middle}");
            assert!(seconds > STEPS || middle == seconds);
        }
        assert!(last < 1_000);
        assert!(Durations::middle(Durations::bucket(u64::MAX)).is_some());
        assert_eq!(Durations::middle(u32::MAX), None);
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let durations = of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let percentiles = [0, 10, 50, 51, 90, 99, 100].map(|it| durations.percentile(it).unwrap());
        assert_eq!(percentiles, [1, 1, 5, 6, 9, 10, 10]);
        assert_eq!(durations.mean(), Some(5));
        assert_eq!(of(&[]).percentile(50), None);
        assert_eq!(of(&[]).mean(), None);
    }
}
