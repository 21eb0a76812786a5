//! An amount on the wire.

use std::fmt::{self, Write};

use order_core::Money;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

/// Room for every amount: a sign, 19 digits and a point.
const BYTES_MAX: usize = 24;

/// An exact decimal number in a string: `"29.99"`. Kept without the heap, for answers have many.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    bytes: [u8; BYTES_MAX],
    len: u8,
}

impl Decimal {
    /// The text.
    pub fn as_str(&self) -> &str {
        // Only whole characters are ever pushed, so this never falls back.
        str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        let mut text = Self { bytes: [0; BYTES_MAX], len: 0 };
        // Every amount fits.
        let _ = write!(text, "{}", money.decimal());
        text
    }
}

impl Write for Decimal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = usize::from(self.len);
        let end = start + text.len();
        let room = self.bytes.get_mut(start..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = u8::try_from(end).map_err(|_| fmt::Error)?;
        Ok(())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number in a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
                let mut decimal = Decimal { bytes: [0; BYTES_MAX], len: 0 };
                decimal.write_str(text).map_err(|_| E::custom("the number is too long"))?;
                Ok(decimal)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use order_core::Currency;

    use super::*;

    #[test]
    fn the_longest_amounts_fit() {
        for currency in Currency::all() {
            for minor in [i64::MIN, i64::MAX, 0, -1, 2_999] {
                let money = Money::new(minor, currency);
                assert_eq!(Decimal::from(money).as_str(), money.amount());
            }
        }
    }
}
