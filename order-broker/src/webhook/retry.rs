//! When a delivery is tried again, and when an endpoint is left alone.

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// How long to wait before the second attempt, the third, and so on: three days in all.
const PAUSES_MS: [u64; 11] = [
    5_000,
    30_000,
    2 * MINUTE_MS,
    10 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    4 * HOUR_MS,
    8 * HOUR_MS,
    12 * HOUR_MS,
    22 * HOUR_MS,
    24 * HOUR_MS,
];

/// How many attempts a delivery has.
pub const ATTEMPTS_MAX: u32 = 12;

/// For how long, in milliseconds, an endpoint may fail before it is switched off: as long as a delivery
/// is tried.
pub const PATIENCE_MS: u64 = 72 * HOUR_MS;

/// How long to wait after so many attempts that failed, in milliseconds; none after the last. `chance`,
/// from 0 to 1, moves it by up to a tenth in either direction, so that endpoints that failed together
/// are not asked together. What the endpoint asked for (`Retry-After`) is waited for if it is longer, at
/// most a day.
pub fn pause_ms(failed: u32, chance: f64, retry_after_ms: Option<u64>) -> Option<u64> {
    let index = usize::try_from(failed).ok()?.checked_sub(1)?;
    let pause = *PAUSES_MS.get(index)?;
    let tenths = pause / 10;
    // At most a day: no digit is lost.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a pause of at most a day, times at most a fifth"
    )]
    let moved = (tenths as f64 * 2.0 * chance.clamp(0.0, 1.0)) as u64;
    let asked = retry_after_ms.unwrap_or_default().min(24 * HOUR_MS);
    Some((pause - tenths + moved).max(asked))
}

/// Since when an endpoint has done nothing but fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    first: Option<order_core::Timestamp>,
}

impl Failures {
    /// An endpoint that has failed since then, or has not.
    pub const fn since(first: Option<order_core::Timestamp>) -> Self {
        Self { first }
    }

    /// Since when it has failed, if it has.
    pub const fn first(self) -> Option<order_core::Timestamp> {
        self.first
    }

    /// After an attempt.
    #[must_use]
    pub fn after(self, succeeded: bool, at: order_core::Timestamp) -> Self {
        if succeeded { Self::default() } else { Self { first: Some(self.first.unwrap_or(at)) } }
    }

    /// Whether the endpoint is to be switched off: nothing has arrived for [`PATIENCE_MS`].
    pub fn is_over(self, now: order_core::Timestamp) -> bool {
        let since = self.first.map(|first| now.millis_since(first));
        since.is_some_and(|millis| u64::try_from(millis).is_ok_and(|millis| millis >= PATIENCE_MS))
    }
}

#[cfg(test)]
mod tests {
    use order_core::Timestamp;

    use super::*;

    #[test]
    fn a_delivery_is_tried_for_three_days_and_ever_more_seldom() {
        let pauses: Vec<u64> = (1..).map_while(|failed| pause_ms(failed, 0.5, None)).collect();
        assert_eq!(u32::try_from(pauses.len()).unwrap(), ATTEMPTS_MAX - 1);
        assert!(pauses.is_sorted());
        let days = pauses.iter().sum::<u64>() / (24 * HOUR_MS);
        assert!((2..=3).contains(&days), "{days}");
        assert!(pauses.iter().sum::<u64>() >= PATIENCE_MS - HOUR_MS);
        assert_eq!(pause_ms(0, 0.5, None), None);
    }

    #[test]
    fn chance_moves_a_pause_by_a_tenth_at_most() {
        assert_eq!(pause_ms(1, 0.0, None), Some(4_500));
        assert_eq!(pause_ms(1, 1.0, None), Some(5_500));
        assert_eq!(pause_ms(1, 9.0, None), Some(5_500));
        assert_eq!(pause_ms(1, f64::NAN, None), Some(4_500));
    }

    #[test]
    fn an_endpoint_that_asks_for_more_time_gets_it_within_reason() {
        assert_eq!(pause_ms(1, 0.5, Some(60_000)), Some(60_000));
        assert_eq!(pause_ms(2, 0.5, Some(1)), Some(30_000));
        assert_eq!(pause_ms(1, 0.5, Some(u64::MAX)), Some(24 * HOUR_MS));
        assert_eq!(pause_ms(ATTEMPTS_MAX, 0.5, Some(60_000)), None);
    }

    #[test]
    fn an_endpoint_is_switched_off_after_three_days_of_nothing_but_failure() {
        let at = |hours: i64| Timestamp::from_millis(hours * 3_600_000);
        let failing = Failures::default().after(false, at(0)).after(false, at(71));
        assert_eq!(failing.first(), Some(at(0)));
        assert!(!failing.is_over(at(71)) && failing.is_over(at(72)));
        let works = failing.after(true, at(71)).after(false, at(80));
        assert!(!works.is_over(at(100)) && works.is_over(at(152)));
        assert!(!Failures::default().is_over(at(1_000)));
        assert!(!failing.is_over(at(-5)), "a clock that went back");
    }
}
