//! Rates and the rounding rule, against an oracle of wide integers.

use order_core::{Currency, Money, MoneyError, Rate, round_half_away};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_share_is_the_nearest_amount_with_halves_away_from_zero(
        minor in prop_oneof![any::<i64>(), -100_000_i64..100_000],
        millionths in 0_u32..=10_000_000,
    ) {
        let rate = Rate::from_millionths(millionths).unwrap();
        let exact = i128::from(minor) * i128::from(millionths);
        let nearest = (exact.abs() + 500_000) / 1_000_000 * exact.signum();
        let expected = i64::try_from(nearest).map_err(|_| MoneyError::Overflow);
        prop_assert_eq!(Money::new(minor, Currency::GBP).share(rate).map(Money::minor), expected);
    }

    #[test]
    fn rounding_agrees_with_the_two_neighbours(numerator in any::<i64>(), denominator in any::<i32>()) {
        let (n, d) = (i128::from(numerator), i128::from(denominator));
        let rounded = round_half_away(n, d);
        prop_assert_eq!(rounded.is_none(), d == 0 || (n == i128::from(i64::MIN) && d == -1));
        if let Some(rounded) = rounded {
            let off = (i128::from(rounded) * d - n) * 2;
            prop_assert!(off.abs() <= d.abs());
            if off.abs() == d.abs() {
                prop_assert!((i128::from(rounded) * d).abs() > n.abs(), "a half goes away from zero");
            }
        }
    }

    #[test]
    fn every_rate_survives_its_percentage(millionths in 0_u32..=10_000_000) {
        let rate = Rate::from_millionths(millionths).unwrap();
        prop_assert_eq!(Rate::parse_percent(&rate.to_string()), Ok(rate));
        let json = serde_json::to_string(&rate).unwrap();
        prop_assert_eq!(&json, &format!("\"{rate}\""));
        prop_assert_eq!(serde_json::from_str::<Rate>(&json).unwrap(), rate);
        prop_assert!(!rate.to_string().ends_with('.') && !rate.to_string().contains(".0000"));
    }
}

#[test]
fn rates_are_percentages_of_at_most_four_decimals_up_to_one_thousand() {
    assert_eq!(Rate::parse_percent("7.7").map(Rate::millionths), Ok(77_000));
    assert_eq!(Rate::parse_percent("0.0001").map(Rate::millionths), Ok(1));
    assert_eq!(Rate::parse_percent("1000"), Ok(Rate::MAX));
    assert_eq!(Rate::parse_percent("1000.0001"), Err(MoneyError::RateOutOfRange));
    assert_eq!(Rate::parse_percent("1e300"), Err(MoneyError::RateOutOfRange));
    assert_eq!(Rate::parse_percent("-0.1"), Err(MoneyError::RateOutOfRange));
    assert_eq!(Rate::parse_percent("0.00001"), Err(MoneyError::RatePrecision));
    assert_eq!(Rate::parse_percent("7.7%"), Err(MoneyError::NotANumber));
    assert_eq!(Rate::from_millionths(10_000_001), Err(MoneyError::RateOutOfRange));
    assert_eq!(Rate::parse_percent("20.0").unwrap().to_string(), "20");
    assert_eq!(Rate::parse_percent("10").unwrap().to_string(), "10");
    assert_eq!(Rate::ZERO.to_string(), "0");
}

#[test]
fn halves_go_away_from_zero() {
    assert_eq!(round_half_away(5, 2), Some(3));
    assert_eq!(round_half_away(-5, 2), Some(-3));
    assert_eq!(round_half_away(5, -2), Some(-3));
    assert_eq!(round_half_away(4, 3), Some(1));
    assert_eq!(round_half_away(1, 0), None);
    assert_eq!(round_half_away(i128::MIN, i128::MIN), Some(1));
    assert_eq!(round_half_away(i128::MAX, 1), None);
    assert_eq!(round_half_away(i128::MAX, i128::MIN), Some(-1));
}
