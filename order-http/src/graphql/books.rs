//! The books as GraphQL shows them: reports, credit notes, rows that imports refused.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};

use super::{
    caller::Caller,
    order::List,
    part::{of_text, text},
    scalar::{DateTime, Decimal, Long},
    word::ReportBy,
};
use crate::body::{CreditNoteListBody, StatsBody, StatsRowBody};

/// A report: what the books say, and beside it what imports refused.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(super) struct OrderReport {
    /// What it is grouped by.
    by: ReportBy,
    #[graphql(skip)]
    body: Vec<StatsRowBody>,
}

#[ComplexObject]
impl OrderReport {
    /// The rows, by key and currency.
    async fn rows(&self, ctx: &Context<'_>) -> List<OrderReportRow> {
        Caller::listed(ctx, &self.body)
    }
}

impl From<StatsBody> for OrderReport {
    fn from(StatsBody { by, rows }: StatsBody) -> Self {
        Self { by: by.into(), body: rows }
    }
}

/// One row of a report, in one currency.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderReportRow {
    /// The group: a month such as `2011-04`, a country or a status.
    key: String,
    /// The ISO 4217 currency.
    currency: String,
    /// How many orders.
    orders: Long,
    /// The sum of their totals.
    sales: Decimal,
    /// What went back to customers, not negative.
    refunds: Decimal,
    /// The sum of the credit notes, not positive.
    credits: Decimal,
    /// Sales less refunds and credits.
    net: Decimal,
    /// The sum of the rows that imports refused.
    refused: Decimal,
    /// The net and the refused rows together.
    all: Decimal,
}

impl From<&StatsRowBody> for OrderReportRow {
    fn from(row: &StatsRowBody) -> Self {
        Self {
            key: row.key.clone(),
            currency: row.currency.to_string(),
            orders: row.orders.into(),
            sales: (&row.sales).into(),
            refunds: (&row.refunds).into(),
            credits: (&row.credits).into(),
            net: (&row.net).into(),
            refused: (&row.refused).into(),
            all: (&row.all).into(),
        }
    }
}

/// A page of credit notes that belong to no order.
#[derive(Debug, SimpleObject)]
pub(super) struct CreditNotePage {
    /// The credit notes, by id.
    credit_notes: Vec<CreditNote>,
    /// The last one of a full page: `after` of the next one.
    next: Option<ID>,
}

impl From<CreditNoteListBody> for CreditNotePage {
    fn from(CreditNoteListBody { credit_notes, next }: CreditNoteListBody) -> Self {
        let credit_notes = credit_notes.into_iter().map(CreditNote).collect();
        Self { credit_notes, next: next.as_ref().map(of_text) }
    }
}

/// Money given back that belongs to no order.
#[derive(Debug)]
pub(super) struct CreditNote(order_core::CreditNote);

/// Money given back that belongs to no order.
#[Object]
impl CreditNote {
    /// Names the note.
    async fn id(&self) -> ID {
        of_text(&self.0.id)
    }

    /// To whom.
    async fn customer_id(&self) -> Option<ID> {
        self.0.customer_id.as_ref().map(of_text)
    }

    /// In which country.
    async fn country(&self) -> Option<String> {
        text(self.0.country.as_ref())
    }

    /// What was credited.
    async fn lines(&self, ctx: &Context<'_>) -> List<CreditLine> {
        Caller::listed(ctx, &self.0.lines)
    }

    /// What it comes to: the sum of the lines, never positive.
    async fn total(&self) -> Decimal {
        self.0.total.into()
    }

    /// The ISO 4217 currency.
    async fn currency(&self) -> String {
        self.0.total.currency().to_string()
    }

    /// When.
    async fn issued_at(&self) -> DateTime {
        self.0.issued_at.into()
    }

    /// Why.
    async fn reason(&self) -> Option<String> {
        text(self.0.reason.as_ref())
    }
}

/// One line of a credit note, as it was booked: quantity or price may be negative.
#[derive(Debug, SimpleObject)]
pub(super) struct CreditLine {
    /// What was credited.
    product_id: ID,
    /// What it was called.
    name: String,
    /// Units; negative for units that came back.
    quantity: Long,
    /// The price of one unit; negative for money written off.
    unit_price: Decimal,
}

impl From<&order_core::CreditLine> for CreditLine {
    fn from(line: &order_core::CreditLine) -> Self {
        Self {
            product_id: of_text(&line.product_id),
            name: line.name.to_string(),
            quantity: Long(line.quantity),
            unit_price: line.unit_price.into(),
        }
    }
}

/// A row that an import refused.
#[derive(Debug, SimpleObject)]
pub(super) struct RefusedRow {
    /// What was imported: the name of the source.
    source: String,
    /// The number of the row within the source, from 1.
    line: Long,
    /// The number of the order or invoice it belongs to, as far as it could be read.
    number: Option<String>,
    /// The stable code of the reason.
    code: String,
    /// The reason in words.
    detail: String,
    /// When it was booked.
    at: Option<DateTime>,
    /// In which country.
    country: Option<String>,
    /// In which currency.
    currency: Option<String>,
    /// Units.
    quantity: Option<Long>,
    /// What it comes to, which need not fit the currency.
    amount: Option<Decimal>,
}

impl From<&order_core::RefusedRow> for RefusedRow {
    fn from(row: &order_core::RefusedRow) -> Self {
        Self {
            source: row.source.clone(),
            line: row.line.into(),
            number: row.number.clone(),
            code: row.code.clone(),
            detail: row.detail.clone(),
            at: row.at.map(Into::into),
            country: row.country.clone(),
            currency: text(row.currency.as_ref()),
            quantity: row.quantity.map(Long),
            amount: row.amount.as_ref().map(Into::into),
        }
    }
}
