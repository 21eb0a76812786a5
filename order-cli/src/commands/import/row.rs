//! One row as a source gives it, and why a row is refused.

use std::ops::ControlFlow;

use order_core::{MoneyError, RefusedRow, TextError, TimestampError};

use super::{
    exact::Exact,
    exported::Exported,
    field::{FIELDS, Field, moment, whole_number},
};

/// The longest text of a source that is repeated in a refusal, in characters.
const QUOTED_MAX: usize = 200;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Unlike that of any other row of the source: the line in a CSV file, else the number of the row.
    pub(super) key: u64,
    /// The line of the file, from 1.
    pub(super) line: u64,
    /// The item within the line, from 1, if a line can have several.
    pub(super) item: Option<u32>,
}

/// Why a row is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The stable code.
    pub(super) code: &'static str,
    /// The reason in words.
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// A document that cannot be read. What its texts say is left out: they may be of a person, and
    /// refused rows are kept.
    pub(super) fn json(what: &str, error: &serde_json::Error) -> Self {
        let said = error.to_string();
        let quoted = said.find('"').zip(said.rfind('"'));
        let said = match quoted {
            Some((first, last)) => format!("{}…{}", &said[..first], &said[last + 1..]),
            None => said,
        };
        Self::new("import.json", format!("{what}: {said}"))
    }
}

impl From<TextError> for Fault {
    fn from(error: TextError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<MoneyError> for Fault {
    fn from(error: MoneyError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<TimestampError> for Fault {
    fn from(error: TimestampError) -> Self {
        let detail = "the time is not a date, or a date and time, such as 2010-12-01 08:26:00";
        Self::new(error.code(), detail)
    }
}

/// One row: texts without white space around them, empty where there is none.
#[derive(Debug)]
pub(super) struct RawRow<'a> {
    pub(super) place: Place,
    pub(super) fields: [&'a str; FIELDS],
    /// What was wrong with it already when it was read.
    pub(super) fault: Option<Fault>,
}

impl<'a> RawRow<'a> {
    pub(super) const fn new(place: Place) -> Self {
        Self { place, fields: [""; FIELDS], fault: None }
    }

    pub(super) const fn get(&self, field: Field) -> &'a str {
        self.fields[field.index()]
    }

    pub(super) fn set(&mut self, field: Field, text: &'a str) {
        self.fields[field.index()] = text.trim();
    }

    /// What is kept of the row when it is refused: all of it that can be read.
    pub(super) fn refused(
        &self,
        source: &str,
        number: &str,
        default: Option<order_core::Currency>,
        fault: &Fault,
    ) -> RefusedRow {
        let quoted = |text: &str| (!text.is_empty()).then(|| shortened(text));
        let currency = match self.get(Field::Currency) {
            "" => default,
            code => code.parse().ok(),
        };
        let quantity = whole_number(self.get(Field::Quantity));
        let amount = quantity.and_then(|quantity| {
            Some(Exact::parse(self.get(Field::Price))?.times(quantity)?.to_string())
        });
        RefusedRow {
            source: source.to_owned(),
            line: self.place.key,
            number: quoted(number),
            code: fault.code.to_owned(),
            detail: self.place.tell(&fault.detail),
            at: moment(self.get(Field::At)).ok(),
            country: quoted(self.get(Field::Country)),
            currency,
            quantity,
            amount,
        }
    }
}

impl Place {
    /// A detail that says where in the file it is, unless the line alone does.
    pub(super) fn tell(self, detail: &str) -> String {
        match self.item {
            Some(item) => format!("line {}, item {item}: {detail}", self.line),
            None => detail.to_owned(),
        }
    }
}

/// The beginning of a text.
pub(super) fn shortened(text: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().take(QUOTED_MAX).map(shown).collect()
}

/// Who takes rows as they are read; [`ControlFlow::Break`] ends the reading.
pub(super) trait Sink {
    /// Takes the next row.
    fn row(&mut self, row: &RawRow<'_>) -> ControlFlow<()>;

    /// Takes an order that was exported.
    fn exported(&mut self, order: Exported) -> ControlFlow<()>;
}
