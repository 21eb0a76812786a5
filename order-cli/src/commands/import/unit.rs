//! What is taken over at once, and the rows of the source that it stands for.

use order_core::{Country, Currency, CustomerId, ImportRecord, OrderNumber, RefusedRow, Timestamp};

use super::{
    exact::Exact,
    row::{Fault, Place},
};

/// The code of a record that was taken over before with other content. Its rows are refused without
/// an amount, for the books have one for them.
const KEY_REUSED: &str = "request.key_reused";

/// What all rows of one order or credit invoice share.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) number: OrderNumber,
    pub(super) at: Timestamp,
    pub(super) customer: Option<CustomerId>,
    pub(super) country: Option<Country>,
    pub(super) currency: Currency,
}

/// What is kept of a row that became part of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) place: Place,
    pub(super) quantity: i64,
    pub(super) amount: Exact,
}

/// One record and the rows it stands for.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) record: ImportRecord,
    pub(super) header: Header,
    pub(super) parts: Vec<Part>,
}

impl Unit {
    /// The exact sum of its rows.
    pub(super) fn sum(&self) -> Exact {
        self.parts.iter().fold(Exact::default(), |sum, part| sum.plus(part.amount))
    }

    /// Its rows, refused for the reason why the record was.
    pub(super) fn refused(&self, source: &str, code: &str, detail: &str) -> Vec<Refusal> {
        let parts = self.parts.iter();
        parts.map(|part| Refusal::of(source, &self.header, *part, code, detail)).collect()
    }
}

/// A row that is not taken.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) place: Place,
    pub(super) row: RefusedRow,
}

impl Refusal {
    pub(super) fn of(source: &str, header: &Header, part: Part, code: &str, detail: &str) -> Self {
        let row = RefusedRow {
            source: source.to_owned(),
            line: part.place.key,
            number: Some(header.number.to_string()),
            code: code.to_owned(),
            detail: part.place.tell(detail),
            at: Some(header.at),
            country: header.country.as_ref().map(ToString::to_string),
            currency: Some(header.currency),
            quantity: Some(part.quantity),
            amount: (code != KEY_REUSED).then(|| part.amount.to_string()),
        };
        Self { place: part.place, row }
    }

    /// The currency and the amount, as far as they are known.
    pub(super) fn sum(&self) -> Option<(Currency, Exact)> {
        Some((self.row.currency?, Exact::parse(self.row.amount.as_deref()?)?))
    }
}

/// What comes out of a source: something to take over, or a row that cannot be.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Taken(Unit),
    Refused(Refusal),
}

impl Piece {
    /// The rows of something that cannot be made a record at all.
    pub(super) fn refused(
        source: &str,
        header: &Header,
        parts: &[Part],
        fault: &Fault,
    ) -> Vec<Self> {
        let refuse = |part: &Part| Refusal::of(source, header, *part, fault.code, &fault.detail);
        parts.iter().map(|part| Self::Refused(refuse(part))).collect()
    }
}
