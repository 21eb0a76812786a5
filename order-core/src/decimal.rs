//! Exact decimal text, read and written without a float and without the heap.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::money::MoneyError;

/// `10^0` to `10^18`: every power of ten that an `i64` holds.
const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// Where an exponent stops counting: far past every length of text that fits in memory.
const EXPONENT_MAX: i64 = 1 << 60;

/// A decimal number as written, `digits * 10^power`; no currency is needed to read one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    negative: bool,
    digits: Digits,
    power: i64,
}

/// Why a number is not a whole count of the unit asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It has digits below the unit.
    Finer,
    /// It does not fit in an `i64`.
    Larger,
}

impl Decimal {
    /// Reads a JSON number's grammar, with leading zeros allowed. The work is one pass over the text,
    /// whatever the exponent says.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut digits = Digits::default();
        let (_, mut rest) = digits.take(rest)?;
        let mut power = 0;
        if let [b'.', after @ ..] = rest {
            let (count, after) = digits.take(after)?;
            (power, rest) = (-count, after);
        }
        if let [b'e' | b'E', after @ ..] = rest {
            power += exponent(after)?;
        } else if !rest.is_empty() {
            return None;
        }
        Some(Self { negative, digits, power: power + digits.zeros })
    }

    /// The number in units of `10^-places`, if it is a whole count of them.
    pub(crate) fn scaled(self, places: u8) -> Result<i64, Unfit> {
        if self.digits.are_zero() {
            return Ok(0);
        }
        let shift = self.power + i64::from(places);
        if shift < 0 {
            return Err(Unfit::Finer);
        }
        if self.digits.overflowed {
            return Err(Unfit::Larger);
        }
        usize::try_from(shift)
            .ok()
            .and_then(|shift| POWERS.get(shift))
            .and_then(|power| self.digits.value.checked_mul(*power))
            .and_then(|magnitude| signed(self.negative, magnitude))
            .ok_or(Unfit::Larger)
    }
}

/// The digits read so far, with trailing zeros counted apart so that `10.000` is as short as `1e1`.
#[derive(Clone, Copy, Debug, Default)]
struct Digits {
    value: u64,
    zeros: i64,
    overflowed: bool,
}

impl Digits {
    fn are_zero(self) -> bool {
        self.value == 0
    }

    /// Takes the digits that `text` starts with: how many, and what follows. None at all is no number.
    fn take<'a>(&mut self, text: &'a [u8]) -> Option<(i64, &'a [u8])> {
        let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = text.split_at(count);
        for byte in digits {
            self.push(byte - b'0');
        }
        (count > 0).then(|| (i64::try_from(count).unwrap_or(EXPONENT_MAX), rest))
    }

    fn push(&mut self, digit: u8) {
        if digit == 0 {
            self.zeros += i64::from(!self.are_zero());
            return;
        }
        let power = usize::try_from(self.zeros + 1).ok().and_then(|places| POWERS.get(places));
        let value = match self.value {
            0 => Some(0),
            value => power.and_then(|power| value.checked_mul(*power)),
        };
        match value.and_then(|value| value.checked_add(u64::from(digit))) {
            Some(value) => self.value = value,
            None => self.overflowed = true,
        }
        self.zeros = 0;
    }
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let power = digits.iter().fold(0_i64, |power, byte| {
        power.saturating_mul(10).saturating_add(i64::from(byte - b'0')).min(EXPONENT_MAX)
    });
    Some(if negative { -power } else { power })
}

/// The whole number of this sign and size, if an `i64` holds it.
pub(crate) fn signed(negative: bool, magnitude: u64) -> Option<i64> {
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DecimalVisitor)
    }
}

struct DecimalVisitor;

impl Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number in a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
        Decimal::parse(text).ok_or_else(|| E::custom(MoneyError::NotANumber))
    }
}

/// Room for a sign, 20 digits, a point and a currency code with its space.
const TEXT_MAX: usize = 28;

/// A number being written, last character first, on the stack.
pub(crate) struct DecimalText {
    bytes: [u8; TEXT_MAX],
    start: usize,
}

impl DecimalText {
    /// `units` of `10^-places`, all places shown, followed by `suffix` (at most 4 bytes).
    pub(crate) fn new(units: i64, places: u8, suffix: &str) -> Self {
        let mut text = Self { bytes: [0; TEXT_MAX], start: TEXT_MAX };
        for byte in suffix.bytes().rev() {
            text.prepend(byte);
        }
        let mut rest = units.unsigned_abs();
        if places > 0 {
            for _ in 0..places {
                rest = text.prepend_digit(rest);
            }
            text.prepend(b'.');
        }
        rest = text.prepend_digit(rest);
        while rest > 0 {
            rest = text.prepend_digit(rest);
        }
        if units < 0 {
            text.prepend(b'-');
        }
        text
    }

    pub(crate) fn as_str(&self) -> &str {
        // Only ASCII was written, so this never falls back.
        str::from_utf8(&self.bytes[self.start..]).unwrap_or_default()
    }

    fn prepend_digit(&mut self, number: u64) -> u64 {
        self.prepend(b'0' + (number % 10) as u8);
        number / 10
    }

    fn prepend(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }
}
