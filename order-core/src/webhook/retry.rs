//! When a delivery is tried again, and how long an endpoint that fails is left alone.

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

/// For how long, in milliseconds, a delivery is tried.
pub const PATIENCE_MS: i64 = 72 * 60 * 60 * 1_000;

/// For how long, in milliseconds, an endpoint may do nothing but fail before it is disabled: five days.
pub const DISABLE_AFTER_MS: i64 = 5 * 24 * 60 * 60 * 1_000;

/// The longest, in milliseconds, that a whole endpoint rests because it fails, if it does not ask for
/// more.
pub const REST_MAX_MS: i64 = 5 * 60 * 1_000;

/// The longest, in milliseconds, that a whole endpoint rests because it asks to.
pub const RETRY_AFTER_MAX_MS: i64 = 60 * 60 * 1_000;

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

/// How long, in milliseconds, a whole endpoint rests that has done nothing but fail for so long: a
/// quarter of that, at least a second, at most [`REST_MAX_MS`]. What the endpoint asked for
/// (`Retry-After`) is waited for if it is longer, at most [`RETRY_AFTER_MAX_MS`].
pub fn rest_ms(failing_ms: i64, retry_after_ms: Option<u64>) -> i64 {
    let asked = retry_after_ms.map_or(0, |asked| i64::try_from(asked).unwrap_or(i64::MAX));
    (failing_ms / 4).clamp(1_000, REST_MAX_MS).max(asked.min(RETRY_AFTER_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_for_three_days_and_ever_more_seldom() {
        let pauses: Vec<u64> = (1..).map_while(|failed| pause_ms(failed, 0.5, None)).collect();
        assert_eq!(u32::try_from(pauses.len()).unwrap(), ATTEMPTS_MAX - 1);
        assert!(pauses.is_sorted());
        let days = pauses.iter().sum::<u64>() / (24 * HOUR_MS);
        assert!((2..=3).contains(&days), "{days}");
        assert!(pauses.iter().sum::<u64>() >= PATIENCE_MS.unsigned_abs() - HOUR_MS);
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
    fn an_endpoint_that_fails_rests_ever_longer() {
        assert_eq!(rest_ms(0, None), 1_000);
        assert_eq!(rest_ms(-5, None), 1_000, "a clock that went back");
        assert_eq!(rest_ms(40_000, None), 10_000);
        assert_eq!(rest_ms(i64::MAX, None), REST_MAX_MS);
        assert_eq!(rest_ms(40_000, Some(20_000)), 20_000);
        assert_eq!(rest_ms(40_000, Some(u64::MAX)), RETRY_AFTER_MAX_MS);
    }
}
