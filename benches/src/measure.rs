//! Alternating rounds and medians.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::Failure;

/// How many rounds count, after one that warms up.
pub const ROUNDS: usize = 3;

/// How long a round takes: so many seconds, or as `ORDER_BENCH_SECONDS` says.
pub fn round_time(seconds: u64) -> Duration {
    let told = std::env::var("ORDER_BENCH_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(told.unwrap_or(seconds).max(1))
}

/// Nanoseconds one call takes, over so many calls.
#[expect(clippy::cast_precision_loss, reason = "a mean of nanoseconds needs no more precision")]
pub fn nanos<T>(calls: u64, mut work: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// Something to measure: what it is called, and one round of it.
pub type Turn<'a> = (&'a str, &'a mut dyn FnMut() -> Result<f64, Failure>);

/// Measures several things in turn, so that all see the same machine, prints what each round gave
/// and gives the medians. `before` runs before each of them; the first round warms up and does not
/// count.
///
/// # Errors
/// The first of any.
pub fn take_turns<const N: usize>(
    mut before: impl FnMut() -> Result<(), Failure>,
    mut turns: [Turn<'_>; N],
) -> Result<[f64; N], Failure> {
    let mut figures = [const { Vec::new() }; N];
    for round in 0..=ROUNDS {
        for ((_, run), figures) in turns.iter_mut().zip(&mut figures) {
            before()?;
            let figure = run()?;
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    for ((name, _), figures) in turns.iter().zip(&figures) {
        let all: Vec<_> = figures.iter().map(|figure| format!("{figure:.1}")).collect();
        println!("  rounds of {name}: {}", all.join(", "));
    }
    Ok(figures.map(|figures| median(&figures)))
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
