//! Chance that can be had again.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

/// Numbers from a seed (xorshift): any spread will do.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// From a seed that is printed; `ORDER_TEST_SEED` sets it.
    pub(crate) fn seeded(test: &str) -> Self {
        let given = env::var("ORDER_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = given.unwrap_or(u64::from(since.subsec_nanos())) | 1;
        println!("{test}: seed {seed}");
        Self(seed)
    }

    /// Another source, for another task.
    pub(crate) fn split(&mut self) -> Self {
        // Neighbouring seeds begin alike; a multiplication sets them apart.
        let seed = self.next().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(seed | 1)
    }

    /// A number from 0 on, below this one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
