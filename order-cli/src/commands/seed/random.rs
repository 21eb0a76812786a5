//! Chance that can be repeated.

/// Numbers that follow from a seed (`SplitMix64`).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The numbers of one thing among many, whichever is made first.
    pub(super) const fn of(seed: u64, index: u64) -> Self {
        let base = Self(seed).next().0;
        Self(Self(base ^ index).next().0)
    }

    const fn next(&self) -> (u64, Self) {
        let state = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31), Self(state))
    }

    /// A number of all there are.
    pub(super) const fn number(&mut self) -> u64 {
        let (number, rest) = self.next();
        *self = rest;
        number
    }

    /// A number from 0 to below the limit, which is not 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        let scaled = u128::from(self.number()) * u128::from(limit);
        u64::try_from(scaled >> 64).unwrap_or_default()
    }

    /// The same, small numbers more often than large ones.
    pub(super) fn low_below(&mut self, limit: u64) -> u64 {
        self.below(limit).min(self.below(limit))
    }

    pub(super) fn is_in_100(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of a list, which is not empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let index = usize::try_from(self.below(list.len() as u64)).unwrap_or_default();
        &list[index]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn chance_is_spread_and_repeats_itself() {
        let draw = |seed, index| {
            let mut random = Random::of(seed, index);
            (0..10_000).map(|_| random.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(2, 1));
        for digit in 0..10 {
            let count = draw(1, 2).iter().filter(|it| **it == digit).count();
            assert!((850..1_150).contains(&count), "{digit}: {count}");
        }
    }
}
