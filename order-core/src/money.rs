//! Exact money: whole minor units of one currency, always checked, never a float.

use std::cmp::{Ordering, Reverse};
use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use thiserror::Error;

use crate::currency::{Currency, UnknownCurrency};
use crate::decimal::{Decimal, DecimalText, Unfit, signed};

mod rate;

pub use rate::Rate;

/// An amount of one currency, in whole minor units.
///
/// There is no `+` and no order across currencies: every operation that can fail says so.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// The number of a [`Money`] without its currency, as text: `29.99`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount(Money);

/// Why an amount could not be read or computed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// Two currencies met in one operation.
    #[error("{left} and {right} cannot be combined")]
    CurrencyMismatch {
        /// The currency of the left operand.
        left: Currency,
        /// The currency of the right operand.
        right: Currency,
    },
    /// The result has more minor units than an `i64` holds.
    #[error("the amount is too large")]
    Overflow,
    /// The text is not a decimal number.
    #[error("the amount is not a decimal number")]
    NotANumber,
    /// The amount has digits below the currency's minor unit.
    #[error("the amount has more decimals than {currency} allows, {}", currency.exponent())]
    Precision {
        /// The currency that has fewer decimals.
        currency: Currency,
    },
    /// An amount was to be split by weights that are all zero.
    #[error("an amount cannot be split by weights that are all zero")]
    NoWeights,
    /// The currency code is not known.
    #[error("the currency is not an active ISO 4217 code of three letters")]
    UnknownCurrency,
    /// A rate is negative or above [`Rate::MAX`].
    #[error("the rate is not between 0 and 1000 percent")]
    RateOutOfRange,
    /// A rate has digits below a ten-thousandth of a percent.
    #[error("the rate has more than 4 decimals of a percent")]
    RatePrecision,
}

impl MoneyError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CurrencyMismatch { .. } => "money.currency_mismatch",
            Self::Overflow => "money.overflow",
            Self::NotANumber => "money.not_a_number",
            Self::Precision { .. } => "money.precision",
            Self::NoWeights => "money.no_weights",
            Self::UnknownCurrency => UnknownCurrency.code(),
            Self::RateOutOfRange => "money.rate_out_of_range",
            Self::RatePrecision => "money.rate_precision",
        }
    }
}

impl From<UnknownCurrency> for MoneyError {
    fn from(UnknownCurrency: UnknownCurrency) -> Self {
        Self::UnknownCurrency
    }
}

impl Money {
    /// So many minor units: `Money::new(2999, Currency::GBP)` is 29.99 pounds.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, of a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether this is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether this is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether this is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Reads an exact decimal, such as `29.99`, `-3` or `1e2`, in the grammar of a JSON number.
    ///
    /// Zeros at the end are exact, so `10.000` is ten pounds; `0.001` is no amount of pounds.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::Precision`] or [`MoneyError::Overflow`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::from_decimal(Decimal::parse(text).ok_or(MoneyError::NotANumber)?, currency)
    }

    /// The number as text, with all decimals of the currency: `29.99`, `-0.05`, `5`.
    pub fn amount(self) -> String {
        self.text("").as_str().to_owned()
    }

    /// The same text as [`Money::amount`], to be written where it is needed, without the heap.
    pub const fn decimal(self) -> Amount {
        Amount(self)
    }

    /// The sum of both.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.or_overflow(self.minor.checked_add(other.minor))
    }

    /// This less the other.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.or_overflow(self.minor.checked_sub(other.minor))
    }

    /// This so many times.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn checked_mul(self, quantity: i64) -> Result<Self, MoneyError> {
        self.or_overflow(self.minor.checked_mul(quantity))
    }

    /// The same amount of the other sign.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for the one amount whose opposite does not fit.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.or_overflow(self.minor.checked_neg())
    }

    /// The sum of all parts; nothing, when there are none. Their order does not matter, not even for overflow.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::Overflow`].
    pub fn try_sum(
        currency: Currency,
        parts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        let zero = Self::zero(currency);
        let mut sum = 0_i128;
        for part in parts {
            zero.same_currency(part)?;
            sum += i128::from(part.minor);
        }
        zero.or_overflow(i64::try_from(sum).ok())
    }

    /// A percentage of this, rounded by [`round_half_away`].
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn share(self, rate: Rate) -> Result<Self, MoneyError> {
        let numerator = i128::from(self.minor) * i128::from(rate.millionths());
        self.or_overflow(round_half_away(numerator, Rate::WHOLE.into()))
    }

    /// Splits this in proportion to the weights so that the parts sum to the whole.
    ///
    /// Each part is its exact share cut to the minor unit; the units left over go to the parts that lost most
    /// (largest remainder), to the first of equals. A negative amount is split like its opposite.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] when no weight is above zero.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        if total == 0 {
            return Err(MoneyError::NoWeights);
        }
        let whole = self.minor.unsigned_abs();
        let mut left = whole;
        let mut parts = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let share = u128::from(whole) * u128::from(*weight);
            let part = u64::try_from(share / total).map_err(|_| MoneyError::Overflow)?;
            left -= part;
            parts.push(part);
            remainders.push((Reverse(share % total), index));
        }
        if left > 0 {
            remainders.sort_unstable();
        }
        for (_, index) in remainders {
            if left == 0 {
                break;
            }
            parts[index] += 1;
            left -= 1;
        }
        parts.into_iter().map(|part| self.or_overflow(signed(self.is_negative(), part))).collect()
    }

    /// Which of both is more.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn compare(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// The lesser of both.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        Ok(if self.compare(other)?.is_gt() { other } else { self })
    }

    /// The greater of both.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn max(self, other: Self) -> Result<Self, MoneyError> {
        Ok(if self.compare(other)?.is_lt() { other } else { self })
    }

    fn from_decimal(decimal: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        match decimal.scaled(currency.exponent()) {
            Ok(minor) => Ok(Self { minor, currency }),
            Err(Unfit::Finer) => Err(MoneyError::Precision { currency }),
            Err(Unfit::Larger) => Err(MoneyError::Overflow),
        }
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    fn or_overflow(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor.map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }

    fn text(self, suffix: &str) -> DecimalText {
        DecimalText::new(self.minor, self.currency.exponent(), suffix)
    }
}

/// The one rounding rule: to the nearest whole number, halves away from zero (2.5 is 3, -2.5 is -3).
///
/// `None` when the denominator is zero or the result does not fit.
pub fn round_half_away(numerator: i128, denominator: i128) -> Option<i64> {
    let (top, bottom) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let cut = top.checked_div(bottom)?;
    let lost = top % bottom;
    let magnitude = cut + u128::from(lost >= bottom - lost);
    signed((numerator < 0) != (denominator < 0), u64::try_from(magnitude).ok()?)
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.currency.code().as_bytes();
        let suffix = [b' ', code[0], code[1], code[2]];
        f.pad(self.text(str::from_utf8(&suffix).unwrap_or_default()).as_str())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.text("").as_str())
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text("").as_str())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Money", 2)?;
        fields.serialize_field("amount", &self.decimal())?;
        fields.serialize_field("currency", &self.currency)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { amount, currency } = Fields::deserialize(deserializer)?;
        Self::from_decimal(amount, currency).map_err(serde::de::Error::custom)
    }
}

#[derive(serde::Deserialize)]
#[serde(rename = "Money")]
struct Fields {
    amount: Decimal,
    currency: Currency,
}

/// The share of `part` out of `whole` equal parts, rounded half away from zero.
pub(crate) fn share_of(amount: Money, part: u32, whole: u32) -> Result<Money, MoneyError> {
    if whole == 0 {
        return Err(MoneyError::NoWeights);
    }
    let product = i128::from(amount.minor) * i128::from(part);
    let minor = round_half_away(product, i128::from(whole)).ok_or(MoneyError::Overflow)?;
    Ok(Money::new(minor, amount.currency))
}
