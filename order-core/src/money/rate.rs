//! Percentages.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::decimal::{Decimal, DecimalText, Unfit};
use crate::money::MoneyError;

/// A share of an amount, such as a tax rate, exact to a ten-thousandth of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// 1000 percent.
    pub const MAX: Self = Self(10_000_000);

    /// 100 percent, in millionths.
    pub(super) const WHOLE: u32 = 1_000_000;

    /// A rate in millionths: 77,000 is 7.7 percent.
    ///
    /// # Errors
    /// [`MoneyError::RateOutOfRange`] above [`Rate::MAX`].
    pub const fn from_millionths(millionths: u32) -> Result<Self, MoneyError> {
        if millionths > Self::MAX.0 {
            Err(MoneyError::RateOutOfRange)
        } else {
            Ok(Self(millionths))
        }
    }

    /// Reads a percentage, such as `7.7`, of at most 4 decimals.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::RatePrecision`] or [`MoneyError::RateOutOfRange`].
    pub fn parse_percent(text: &str) -> Result<Self, MoneyError> {
        let decimal = Decimal::parse(text).ok_or(MoneyError::NotANumber)?;
        Self::from_decimal(decimal)
    }

    /// The rate in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    fn from_decimal(decimal: Decimal) -> Result<Self, MoneyError> {
        let millionths = decimal.scaled(4).map_err(|unfit| match unfit {
            Unfit::Finer => MoneyError::RatePrecision,
            Unfit::Larger => MoneyError::RateOutOfRange,
        })?;
        u32::try_from(millionths)
            .map_err(|_| MoneyError::RateOutOfRange)
            .and_then(Self::from_millionths)
    }

    fn with_text<T>(self, write: impl FnOnce(&str) -> T) -> T {
        let text = DecimalText::new(self.0.into(), 4, "");
        write(text.as_str().trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The percentage without zeros at the end: `7.7`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_decimal(Decimal::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
