//! Pages of things.

use order_core::{CreditNote, CreditNoteId, ImportOutcome, RefusedRow, ports::Finding};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{order::OrderBody, product::ProductBody};

/// A page of orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderListBody {
    /// The orders.
    pub orders: Vec<OrderBody>,
    /// The number of the page, from 1, if it was asked for by number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// The most orders on a page.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// The `cursor` of the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// A page of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductListBody {
    /// The products.
    pub products: Vec<ProductBody>,
    /// The most products on a page.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// The `cursor` of the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// A page of credit notes that belong to no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditNoteListBody {
    /// The credit notes, by id.
    #[schema(value_type = Vec<Object>)]
    pub credit_notes: Vec<CreditNote>,
    /// The `after` of the next page; `null` on the last.
    #[schema(value_type = Option<String>)]
    pub next: Option<CreditNoteId>,
}

/// The rows that imports refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedRowListBody {
    /// The rows, by source and line.
    #[schema(value_type = Vec<Object>)]
    pub refused_rows: Vec<RefusedRow>,
}

/// What an operator should know of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorBody {
    /// What was found.
    #[schema(value_type = Vec<FindingBody>)]
    pub findings: Vec<Finding>,
}

/// Something worth telling an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingBody {
    /// `info`, `warning` or `error`.
    pub severity: String,
    /// The stable code.
    pub code: String,
    /// What it is about.
    pub subject: String,
    /// What was found.
    pub detail: String,
}

/// What a verification of some orders found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyBody {
    /// How many orders were verified.
    pub orders: u64,
    /// How many events they have.
    pub events: u64,
    /// What is wrong.
    pub findings: Vec<FindingBody>,
    /// The `after` of the next page; `null` when there are no more.
    pub next: Option<String>,
}

/// What became of each record of an import, in order: `"taken"`, `"known"` or
/// `{"refused": {"code": …, "detail": …}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = Vec<Object>)]
pub struct ImportOutcomeListBody(pub Vec<ImportOutcome>);
