//! Values that GraphQL has no type for.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use order_core::{Money, Timestamp};
use serde::Serialize;

/// An exact decimal number in a string, such as "29.99". A whole number is read too.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(super) struct Decimal(String);

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        Self(money.amount())
    }
}

impl From<&String> for Decimal {
    /// A number that is written out already.
    fn from(number: &String) -> Self {
        Self(number.clone())
    }
}

impl From<&crate::body::Decimal> for Decimal {
    fn from(amount: &crate::body::Decimal) -> Self {
        Self(amount.as_str().to_owned())
    }
}

#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) if !number.is_f64() => Ok(Self(number.to_string())),
            // A fraction has been through a float already.
            _ => Err(InputValueError::custom("write a decimal number as a string")),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A time as RFC 3339 has it, in UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct DateTime(pub(super) Timestamp);

impl From<Timestamp> for DateTime {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else {
            return Err(InputValueError::expected_type(value));
        };
        text.parse().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A whole number of up to 64 bits.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(super) struct Long(pub(super) i64);

impl From<u64> for Long {
    fn from(number: u64) -> Self {
        Self(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

#[Scalar]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// A record of another system, as `POST /admin/import` takes it: `{"sale": …}`, `{"return": …}`,
/// `{"credit_note": …}` or `{"refused": …}`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct ImportRecord(Value);

/// A record of another system, as `POST /admin/import` takes it.
#[Scalar]
impl ScalarType for ImportRecord {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}
