//! Discounts, shipping charges, fees and taxes.

use order_core::{AdjustmentInput, AdjustmentKind, AdjustmentValueInput, Rate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Fields, Value};

/// A discount, shipping charge, fee or tax: an amount or a percentage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentRequest {
    /// Names the adjustment; the next number if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `discount`, `shipping`, `fee` or `tax`.
    #[schema(example = "discount")]
    pub kind: String,
    /// What people read on the invoice; the kind if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The line it is about; the whole order if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_id: Option<String>,
    /// A fixed amount, as a decimal string or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "5.00")]
    pub amount: Option<String>,
    /// A percentage instead, as a decimal string or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7.7")]
    pub percent: Option<String>,
}

pub(super) fn read_adjustment(value: &Value<'_>) -> Option<AdjustmentInput> {
    let fields = value.object()?;
    let kind = fields.required(&["kind"]).and_then(|value| read_kind(&value));
    let id = fields.text(&["id"]);
    let label = fields.typed(&["label"]);
    let line_id = fields.text(&["lineId", "line_id"]);
    let value = read_value(fields);
    Some(AdjustmentInput { id, kind: kind?, label, line_id, value: value? })
}

fn read_kind(value: &Value<'_>) -> Option<AdjustmentKind> {
    let kind = |word: &str| match word {
        "discount" => Some(AdjustmentKind::Discount),
        "shipping" => Some(AdjustmentKind::Shipping),
        "fee" => Some(AdjustmentKind::Fee),
        "tax" => Some(AdjustmentKind::Tax),
        _ => None,
    };
    value.word(kind, "request.word", "this must be discount, shipping, fee or tax")
}

fn read_value(fields: Fields<'_>) -> Option<AdjustmentValueInput> {
    let amount = fields.get(&["amount"]);
    let percent = fields.get(&["percent"]);
    match (amount, percent) {
        (Some(amount), None) => amount.decimal().map(AdjustmentValueInput::Amount),
        (None, Some(percent)) => {
            let text = percent.decimal()?;
            match Rate::parse_percent(&text) {
                Ok(rate) => Some(AdjustmentValueInput::Percent(rate)),
                Err(error) => {
                    percent.fault(error.code(), error.to_string());
                    None
                }
            }
        }
        (Some(_), Some(percent)) => {
            percent.fault("request.ambiguous", "give an amount or a percentage, not both");
            None
        }
        (None, None) => {
            fields.missing("amount");
            None
        }
    }
}
