//! Alternating rounds and medians.

use std::{hint::black_box, time::Instant};

/// Nanoseconds one call takes, over so many calls.
#[expect(clippy::cast_precision_loss, reason = "a mean of nanoseconds needs no more precision")]
pub fn nanos<T>(calls: u64, mut work: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// The median of some figures; zero of none.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Measures ours and the yardstick in turn, so that both see the same machine, and gives the
/// medians. One round of each warms up and does not count.
pub fn alternate(
    rounds: usize,
    mut ours: impl FnMut() -> f64,
    mut yardstick: impl FnMut() -> f64,
) -> (f64, f64) {
    let (mut us, mut them) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (our, their) = (ours(), yardstick());
        if round > 0 {
            us.push(our);
            them.push(their);
        }
    }
    (median(&us), median(&them))
}
