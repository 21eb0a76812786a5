//! Exact decimal sums that no currency has to hold.

use std::fmt;

use order_core::Money;

/// Decimals that are kept. A finer number is not known exactly, so it is not known at all.
const PLACES: u32 = 12;

/// An exact decimal number: a whole count of 10^-12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exact(i128);

impl Exact {
    /// Reads the grammar of a JSON number; none if it is no number, too fine or too large.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
            None => (mantissa, ""),
        };
        if whole.is_empty() {
            return None;
        }
        let mut units = 0_i128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            units = units.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        let places = i32::try_from(fraction.len()).ok()?;
        let shift = i32::try_from(PLACES).ok()?.checked_add(exponent)?.checked_sub(places)?;
        let units = shifted(units, shift)?;
        Some(Self(if negative { -units } else { units }))
    }

    /// The same amount without its currency.
    pub(crate) fn of(money: Money) -> Self {
        let exponent = u32::from(money.currency().exponent());
        Self(i128::from(money.minor()) * 10_i128.pow(PLACES.saturating_sub(exponent)))
    }

    /// This so many times; none if it is too large.
    pub(crate) fn times(self, quantity: i64) -> Option<Self> {
        self.0.checked_mul(i128::from(quantity)).map(Self)
    }

    /// The sum of both, stopping at what can be held: far beyond all the money there is.
    #[must_use]
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A number moved by so many decimal places, if it stays whole.
fn shifted(units: i128, places: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(places.unsigned_abs());
    match power {
        _ if units == 0 => Some(0),
        None => None,
        Some(power) if places >= 0 => units.checked_mul(power),
        Some(power) => (units % power == 0).then_some(units / power),
    }
}

impl fmt::Display for Exact {
    /// At least two decimals, and no zeros behind them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(PLACES);
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let fraction = format!("{:012}", magnitude % one);
        let kept = fraction.trim_end_matches('0').len().max(2);
        f.pad(&format!("{sign}{}.{}", magnitude / one, &fraction[..kept]))
    }
}

impl serde::Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use order_core::{Currency, Money};

    use super::Exact;

    fn written(text: &str) -> Option<String> {
        Exact::parse(text).map(|exact| exact.to_string())
    }

    #[test]
    fn a_decimal_is_read_and_written_exactly() {
        let cases = [
            ("0.001", "0.001"),
            ("2.5", "2.50"),
            ("-11062.06", "-11062.06"),
            ("1e2", "100.00"),
            ("125e-3", "0.125"),
            ("7.000000000000000", "7.00"),
            ("-0", "0.00"),
            ("0e99", "0.00"),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_cannot_be_held_exactly_is_refused() {
        for text in ["", "-", "1.", ".5", "1,5", "£1", "1e", "--1", "1e-13", "1e999", "0x1", "1 "]
        {
            assert_eq!(Exact::parse(text), None, "{text}");
        }
    }

    #[test]
    fn money_of_every_exponent_keeps_its_amount() {
        let text = |minor, currency| Exact::of(Money::new(minor, currency)).to_string();
        assert_eq!(text(-2999, Currency::GBP), "-29.99");
        assert_eq!(text(5, Currency::JPY), "5.00");
        assert_eq!(text(1234, Currency::BHD), "1.234");
    }

    #[test]
    fn a_product_and_a_sum_are_exact() {
        let price = Exact::parse("0.001").unwrap();
        assert_eq!(price.times(-3).unwrap().plus(price).to_string(), "-0.002");
        assert_eq!(Exact(i128::MAX).times(2), None);
    }
}
