//! Taking messages apart: all that is amiss is noted, and told at once.

use std::fmt::Display;

use order_core::{Currency, TextError, Timestamp, UnknownCurrency};
use prost_types::Timestamp as ProtoTime;
use tonic::Status;

use crate::status::{Violation, invalid};

/// How many violations are told of one message.
const VIOLATIONS_MAX: usize = 100;
/// Milliseconds of a second, and nanoseconds of a millisecond.
const SECOND_MS: i64 = 1_000;
const MS_NANOS: i32 = 1_000_000;

/// A text with a rule.
pub(crate) trait Ruled: for<'t> TryFrom<&'t str, Error = TextError> {}

impl<T: for<'t> TryFrom<&'t str, Error = TextError>> Ruled for T {}

/// What was found amiss with a message.
#[derive(Debug, Default)]
pub(crate) struct Reading(Vec<Violation>);

impl Reading {
    /// Notes a field that breaks a rule.
    pub(crate) fn fault(&mut self, field: impl Into<String>, code: &str, detail: impl Display) {
        if self.0.len() < VIOLATIONS_MAX {
            let (code, detail) = (code.to_owned(), detail.to_string());
            self.0.push(Violation { field: field.into(), code, detail });
        }
    }

    /// The answer, if nothing was amiss.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, Status> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            _ => Err(invalid(&self.0)),
        }
    }

    /// An id: it is as it is.
    pub(crate) fn id<T: Ruled>(&mut self, field: &str, text: &str) -> Option<T> {
        match T::try_from(text) {
            Ok(id) => Some(id),
            Err(error) => {
                self.fault(field, error.code(), error);
                None
            }
        }
    }

    /// A text that people type: white space around it is dropped.
    pub(crate) fn typed<T: Ruled>(&mut self, field: &str, text: &str) -> Option<T> {
        self.id(field, text.trim())
    }

    /// An id that may be absent.
    pub(crate) fn any_id<T: Ruled>(&mut self, field: &str, text: Option<&String>) -> Option<T> {
        text.and_then(|text| self.id(field, text))
    }

    /// A text that people type, that may be absent.
    pub(crate) fn any_typed<T: Ruled>(&mut self, field: &str, text: Option<&String>) -> Option<T> {
        text.and_then(|text| self.typed(field, text))
    }

    /// A word out of a set, that may be absent.
    pub(crate) fn any_word<T>(
        &mut self,
        field: &str,
        word: Option<&String>,
        read: impl FnOnce(&str) -> Option<T>,
        code: &str,
        rule: &str,
    ) -> Option<T> {
        let read = read(word?);
        if read.is_none() {
            self.fault(field, code, rule);
        }
        read
    }

    /// A currency that may be absent.
    pub(crate) fn any_currency(&mut self, field: &str, code: Option<&String>) -> Option<Currency> {
        let rule = UnknownCurrency.to_string();
        self.any_word(field, code, |code| code.parse().ok(), UnknownCurrency.code(), &rule)
    }

    /// How many units: from 1.
    pub(crate) fn units(&mut self, field: impl Into<String>, units: u32) -> Option<u32> {
        if units > 0 {
            return Some(units);
        }
        let rule = format!("a quantity must be between 1 and {}", order_core::order::QUANTITY_MAX);
        self.fault(field, "order.quantity_out_of_range", rule);
        None
    }

    /// A time that may be absent, to the millisecond.
    pub(crate) fn any_time(&mut self, field: &str, time: Option<ProtoTime>) -> Option<Timestamp> {
        let ProtoTime { seconds, nanos } = time?;
        let millis = seconds.checked_mul(SECOND_MS).and_then(|millis| {
            let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
            millis.checked_add(i64::from(nanos) / i64::from(MS_NANOS))
        });
        let time = millis.and_then(|millis| Timestamp::try_from(millis).ok());
        if time.is_none() {
            self.fault(field, "time.invalid", "there is no such time");
        }
        time
    }
}

/// A time as messages have it.
pub(crate) fn time(at: Timestamp) -> ProtoTime {
    let millis = at.millis();
    let rest = i32::try_from(millis.rem_euclid(SECOND_MS)).unwrap_or_default();
    ProtoTime { seconds: millis.div_euclid(SECOND_MS), nanos: rest * MS_NANOS }
}
