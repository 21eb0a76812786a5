//! Money against an oracle of wide integers.

use std::cmp::Ordering;

use order_core::{Currency, Money, MoneyError};
use proptest::collection::vec;
use proptest::prelude::*;

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn currency() -> impl Strategy<Value = Currency> {
    proptest::sample::select(Currency::all().collect::<Vec<_>>())
}

/// Amounts of every size, with the extremes as likely as the ordinary.
fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -100_000_i64..100_000,
        (i64::MIN..=i64::MAX, 0_u32..64).prop_map(|(n, shift)| n >> shift),
        prop_oneof![Just(i64::MIN), Just(i64::MIN + 1), Just(i64::MAX), Just(0), Just(1), Just(-1)],
    ]
}

fn fits(wide: i128) -> Result<i64, MoneyError> {
    i64::try_from(wide).map_err(|_| MoneyError::Overflow)
}

/// `digits * 10^power` minor units in schoolbook fashion, on text: pad with zeros, or cut zeros off.
fn schoolbook(
    negative: bool,
    digits: u128,
    power: i32,
    currency: Currency,
) -> Result<i64, MoneyError> {
    if digits == 0 {
        return Ok(0);
    }
    let mut text = digits.to_string();
    let shift = power + i32::from(currency.exponent());
    for _ in 0..shift {
        text.push('0');
    }
    for _ in shift..0 {
        if text.pop().is_some_and(|last| last != '0') || text.is_empty() {
            return Err(MoneyError::Precision { currency });
        }
    }
    let magnitude: i128 = text.parse().map_err(|_| MoneyError::Overflow)?;
    fits(if negative { -magnitude } else { magnitude })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_amount_of_every_currency_survives_its_text(minor in minor(), currency in currency()) {
        let money = Money::new(minor, currency);
        let text = money.amount();
        prop_assert_eq!(Money::parse(&text, currency), Ok(money));
        prop_assert_eq!(money.decimal().to_string(), text.clone());
        prop_assert_eq!(money.to_string(), format!("{text} {currency}"));
        let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        prop_assert_eq!(places, usize::from(currency.exponent()));
    }

    #[test]
    fn every_amount_survives_its_json(minor in minor(), currency in currency()) {
        let money = Money::new(minor, currency);
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(&json, &format!(r#"{{"amount":"{}","currency":"{currency}"}}"#, money.amount()));
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::from_value::<Money>(value).unwrap(), money);
    }

    #[test]
    fn reading_a_number_agrees_with_the_schoolbook(
        negative: bool,
        whole in 0_u128..10_u128.pow(24),
        cut in 0_u32..24,
        zeros in 0_usize..6,
        exponent in prop::option::of(-12_i32..12),
        currency in currency(),
    ) {
        let mut text = format!("{}{}", if negative { "-" } else { "" }, whole >> (cut * 3));
        let digits = whole >> (cut * 3);
        let places = cut.min(u32::try_from(digits.to_string().len() - 1).unwrap());
        if places > 0 {
            text.insert(text.len() - places as usize, '.');
            text.extend(std::iter::repeat_n('0', zeros));
        }
        if let Some(exponent) = exponent {
            text = format!("{text}e{exponent}");
        }
        let power = exponent.unwrap_or(0) - i32::try_from(places).unwrap();
        let expected = schoolbook(negative, digits, power, currency);
        prop_assert_eq!(Money::parse(&text, currency).map(Money::minor), expected, "{}", text);
    }

    #[test]
    fn what_is_read_is_what_json_calls_a_number_with_leading_zeros_allowed(text in "-?[0-9.eE+-]{0,12}") {
        let (sign, number) = text.strip_prefix('-').map_or(("", &*text), |number| ("-", number));
        let zeros = number.len() - number.trim_start_matches('0').len();
        let further = number[zeros..].starts_with(|c: char| c.is_ascii_digit());
        let json = format!("{sign}{}", &number[if further { zeros } else { zeros.saturating_sub(1) }..]);
        let is_number = serde_json::from_str::<&serde_json::value::RawValue>(&json).is_ok();
        prop_assert_eq!(Money::parse(&text, Currency::EUR) != Err(MoneyError::NotANumber), is_number);
    }

    #[test]
    fn adding_and_taking_away_are_exact_or_overflow(a in minor(), b in minor()) {
        let (left, right) = (i128::from(a), i128::from(b));
        prop_assert_eq!(gbp(a).checked_add(gbp(b)), fits(left + right).map(gbp));
        prop_assert_eq!(gbp(a).checked_sub(gbp(b)), fits(left - right).map(gbp));
        prop_assert_eq!(gbp(a).checked_neg(), fits(-left).map(gbp));
        prop_assert_eq!(gbp(a).compare(gbp(b)), Ok(a.cmp(&b)));
        prop_assert_eq!(gbp(a).min(gbp(b)), Ok(gbp(a.min(b))));
        prop_assert_eq!(gbp(a).max(gbp(b)), Ok(gbp(a.max(b))));
    }

    #[test]
    fn multiplying_is_exact_or_overflows(a in minor(), quantity in minor()) {
        let product = i128::from(a) * i128::from(quantity);
        prop_assert_eq!(gbp(a).checked_mul(quantity), fits(product).map(gbp));
    }

    #[test]
    fn a_sum_is_exact_or_overflows_in_any_order(parts in vec(minor(), 0..12)) {
        let wide: i128 = parts.iter().copied().map(i128::from).sum();
        let forwards = Money::try_sum(Currency::GBP, parts.iter().copied().map(gbp));
        let backwards = Money::try_sum(Currency::GBP, parts.iter().rev().copied().map(gbp));
        prop_assert_eq!(forwards, fits(wide).map(gbp));
        prop_assert_eq!(forwards, backwards);
    }

    #[test]
    fn parts_sum_to_the_whole_and_are_less_than_one_unit_off(
        minor in minor(),
        weights in vec(prop_oneof![0_u64..5, any::<u64>(), Just(u64::MAX)], 1..12),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let parts = gbp(minor).allocate(&weights).unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Money::try_sum(Currency::GBP, parts.iter().copied()), Ok(gbp(minor)));
        let total: i128 = weights.iter().copied().map(i128::from).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            // The exact share is minor * weight / total. Whole and rest, so that nothing outgrows an i128.
            let product = i128::from(minor) * i128::from(*weight);
            let off = i128::from(part.minor()) - product / total;
            prop_assert!(off == 0 || (off == product.signum() && product % total != 0), "{off}");
        }
    }

    #[test]
    fn left_over_units_go_to_the_largest_remainders_and_the_first_of_equals(
        minor in -10_000_i64..10_000,
        weights in vec(0_u64..8, 1..8),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let total: u64 = weights.iter().sum();
        let exact: Vec<u64> = weights.iter().map(|weight| minor.unsigned_abs() * weight).collect();
        let mut expected: Vec<u64> = exact.iter().map(|share| share / total).collect();
        let mut lost: Vec<u64> = exact.iter().map(|share| share % total).collect();
        while expected.iter().sum::<u64>() < minor.unsigned_abs() {
            let most = *lost.iter().max().unwrap();
            let first = lost.iter().position(|rest| *rest == most).unwrap();
            expected[first] += 1;
            lost[first] = 0;
        }
        let parts = gbp(minor).allocate(&weights).unwrap();
        let sizes: Vec<u64> = parts.iter().map(|part| part.minor().unsigned_abs()).collect();
        prop_assert_eq!(sizes, expected);
        prop_assert!(parts.iter().all(|part| part.is_zero() || part.is_negative() == (minor < 0)));
    }
}

#[test]
fn amounts_are_written_with_the_decimals_of_their_currency() {
    let written = |minor, currency| Money::new(minor, currency).to_string();
    assert_eq!(written(2_999, Currency::GBP), "29.99 GBP");
    assert_eq!(written(-5, Currency::GBP), "-0.05 GBP");
    assert_eq!(written(0, Currency::GBP), "0.00 GBP");
    assert_eq!(written(5, Currency::JPY), "5 JPY");
    assert_eq!(written(1, Currency::BHD), "0.001 BHD");
    assert_eq!(written(-1, Currency::CLF), "-0.0001 CLF");
    assert_eq!(written(7, Currency::XAU), "7 XAU");
    assert_eq!(written(i64::MIN, Currency::GBP), "-92233720368547758.08 GBP");
    assert_eq!(written(i64::MIN, Currency::UYW), "-922337203685477.5808 UYW");
    assert_eq!(format!("[{:>8}]", gbp(5).decimal()), "[    0.05]");
}

#[test]
fn numbers_are_read_exactly() {
    let pounds = |text| Money::parse(text, Currency::GBP).map(Money::minor);
    for (text, minor) in [
        ("29.99", 2_999),
        ("-3", -300),
        ("1e2", 10_000),
        ("2.5E-1", 25),
        ("1E+1", 1_000),
        ("10.000", 1_000),
        ("007.50", 750),
        ("-0", 0),
        ("0.000", 0),
        ("0e999999999999999999999999", 0),
        ("100000e-7", 1),
        ("92233720368547758.07", i64::MAX),
        ("-92233720368547758.08", i64::MIN),
    ] {
        assert_eq!(pounds(text), Ok(minor), "{text}");
    }
}

#[test]
fn numbers_that_are_no_amount_are_refused_with_the_reason() {
    let pounds = |text| Money::parse(text, Currency::GBP).map(Money::minor);
    for text in [
        "0.001",
        "1e-3",
        "1e-999999999",
        "-99999999999999999999999.001",
        "0.01e-99999999999999999999",
        "92233720368547758.071",
    ] {
        assert_eq!(pounds(text), Err(MoneyError::Precision { currency: Currency::GBP }), "{text}");
    }
    for text in [
        "1e999999999",
        "10e99999999999999999999",
        "92233720368547758.08",
        "-92233720368547758.09",
        "1e17",
        "99999999999999999999999",
    ] {
        assert_eq!(pounds(text), Err(MoneyError::Overflow), "{text}");
    }
    for text in [
        "",
        "-",
        "+1",
        ".",
        ".5",
        "5.",
        "1.e2",
        "e2",
        "1e",
        "1e+",
        "1e2.5",
        "--1",
        "1-",
        " 1",
        "1 ",
        "1,000.00",
        "1_0",
        "0x1f",
        "NaN",
        "inf",
        "٣",
        "１",
        "1\0",
        "29.99 GBP",
        "£1",
    ] {
        assert_eq!(pounds(text), Err(MoneyError::NotANumber), "{text}");
    }
    assert_eq!(
        Money::parse("0.5", Currency::JPY),
        Err(MoneyError::Precision { currency: Currency::JPY })
    );
}

#[test]
fn very_long_numbers_are_read_in_one_pass() {
    let zeros = "0".repeat(100_000);
    let pounds = |text: &str| Money::parse(text, Currency::GBP).map(Money::minor);
    assert_eq!(pounds(&format!("1.{zeros}")), Ok(100));
    assert_eq!(pounds(&format!("{zeros}1")), Ok(100));
    assert_eq!(pounds(&format!("1{zeros}e-100000")), Ok(100));
    assert_eq!(pounds(&format!("0.{zeros}1e100001")), Ok(100));
    assert_eq!(pounds(&format!("1{zeros}")), Err(MoneyError::Overflow));
    assert_eq!(
        pounds(&format!("1.{zeros}1")),
        Err(MoneyError::Precision { currency: Currency::GBP })
    );
    assert_eq!(
        pounds(&format!("1{zeros}1.{zeros}1e{zeros}1")).map_err(|error| error.code()),
        Err("money.precision")
    );
}

#[test]
fn two_currencies_never_meet() {
    let (pound, euro) = (Money::new(1, Currency::GBP), Money::new(1, Currency::EUR));
    let refused = MoneyError::CurrencyMismatch { left: Currency::GBP, right: Currency::EUR };
    assert_eq!(pound.checked_add(euro), Err(refused));
    assert_eq!(pound.checked_sub(euro), Err(refused));
    assert_eq!(pound.compare(euro), Err(refused));
    assert_eq!(pound.min(euro), Err(refused));
    assert_eq!(pound.max(euro), Err(refused));
    assert_eq!(Money::try_sum(Currency::GBP, [pound, euro]), Err(refused));
    assert_ne!(pound, euro);
    assert_eq!(pound.compare(pound), Ok(Ordering::Equal));
    assert_eq!(refused.to_string(), "GBP and EUR cannot be combined");
}

#[test]
fn weights_of_nothing_split_nothing() {
    assert_eq!(gbp(5).allocate(&[]), Err(MoneyError::NoWeights));
    assert_eq!(gbp(5).allocate(&[0, 0]), Err(MoneyError::NoWeights));
    assert_eq!(gbp(0).allocate(&[0, 1]), Ok(vec![gbp(0), gbp(0)]));
    assert_eq!(gbp(100).allocate(&[1, 1, 1]), Ok(vec![gbp(34), gbp(33), gbp(33)]));
    assert_eq!(gbp(-100).allocate(&[1, 1, 1]), Ok(vec![gbp(-34), gbp(-33), gbp(-33)]));
    assert_eq!(gbp(i64::MIN).allocate(&[0, u64::MAX]), Ok(vec![gbp(0), gbp(i64::MIN)]));
}

#[test]
fn json_of_money_is_read_in_any_order_but_never_doubled() {
    let read = |json: &str| serde_json::from_str::<Money>(json).map_err(|error| error.to_string());
    assert_eq!(read(r#"{"currency":"gbp","note":[1],"amount":"29\u002e99"}"#), Ok(gbp(2_999)));
    for (json, reason) in [
        (r#"{"amount":"1","amount":"1","currency":"GBP"}"#, "duplicate field"),
        (r#"{"amount":"1","currency":"GBP","currency":"GBP"}"#, "duplicate field"),
        (r#"{"amount":"1"}"#, "missing field"),
        (r#"{"currency":"GBP"}"#, "missing field"),
        (r#"{"amount":1.5,"currency":"GBP"}"#, "a decimal number in a string"),
        (r#"{"amount":"x","currency":"GBP"}"#, "not a decimal number"),
        (r#"{"amount":"0.001","currency":"GBP"}"#, "more decimals than GBP allows, 2"),
        (r#"{"amount":"1e30","currency":"GBP"}"#, "too large"),
        (r#"{"amount":"1","currency":"ZZZ"}"#, "not an active ISO 4217 code"),
    ] {
        let refused = read(json).unwrap_err();
        assert!(refused.contains(reason), "{json}: {refused}");
    }
}

#[test]
fn an_optional_amount_is_no_larger_than_an_amount() {
    assert_eq!(size_of::<Option<Money>>(), 16);
    assert_eq!(size_of::<Currency>(), 1);
}
