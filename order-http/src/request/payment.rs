//! Money that moves.

use order_core::{
    Collection, Command, Currency, Label, PayWith, PaymentId, Reason, RefundId, ReturnId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Read,
    action::read_reason,
    item::{Pick, PickRequest, read_picks},
    order::read_currency,
};
use crate::{
    error::ApiError,
    extract::{Call, Fields, Value},
};

/// A payment to record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequest {
    /// Names the payment; the next number if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `captured` (if absent), `authorized` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "captured")]
    pub state: Option<String>,
    /// How much, as a decimal string or a number; all that is due if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "29.99")]
    pub amount: Option<String>,
    /// The amount's currency; the order's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// How it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "card")]
    pub method: Option<String>,
    /// The provider's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An amount before the order's currency is known.
#[derive(Debug)]
pub(crate) struct Amount {
    pub(crate) text: String,
    pub(crate) currency: Option<Currency>,
}

fn read_amount(fields: Fields<'_>) -> Option<Amount> {
    let currency = fields.get(&["currency"]).and_then(|value| read_currency(&value));
    let text = fields.get(&["amount"])?.decimal()?;
    Some(Amount { text, currency })
}

/// What a payment came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PayState {
    Authorized,
    Captured,
    Failed,
}

/// A payment to record.
#[derive(Debug)]
pub(crate) struct Pay {
    id: Option<PaymentId>,
    state: PayState,
    amount: Option<Amount>,
    method: Option<Label>,
    reference: Option<Label>,
    reason: Option<Reason>,
}

impl Read for Pay {
    type Doc = PaymentRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let state = fields.get(&["state"]).and_then(|value| read_state(&value));
        Some(Self {
            id: fields.text(&["id"]),
            state: state.unwrap_or(PayState::Captured),
            amount: read_amount(fields),
            method: fields.typed(&["method"]),
            reference: fields.typed(&["reference"]),
            reason: read_reason(fields),
        })
    }
}

impl Pay {
    /// What is to be done.
    pub(crate) async fn command(self, call: &Call) -> Result<Command, ApiError> {
        let Self { id, state, amount, method, reference, reason } = self;
        let amount = call.money(amount).await?;
        Ok(match state {
            PayState::Captured => Command::Capture { id, amount, method, reference },
            PayState::Authorized => Command::Authorize { id, amount, method, reference },
            PayState::Failed => Command::FailPayment { id, method, reason },
        })
    }
}

fn read_state(value: &Value<'_>) -> Option<PayState> {
    let state = |word: &str| match word {
        "authorized" => Some(PayState::Authorized),
        "captured" => Some(PayState::Captured),
        "failed" => Some(PayState::Failed),
        _ => None,
    };
    value.word(state, "request.word", "this must be authorized, captured or failed")
}

/// How much to capture of an authorization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaptureRequest {
    /// How much, as a decimal string or a number; all that is open if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The amount's currency; the order's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// How much to capture.
#[derive(Debug)]
pub(crate) struct Capture(Option<Amount>);

impl Read for Capture {
    type Doc = CaptureRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self(read_amount(fields)))
    }
}

impl Capture {
    /// What is to be done with the payment of the path.
    pub(crate) async fn command(self, call: &Call) -> Result<Command, ApiError> {
        let id = call.part("paymentId", "payment")?;
        // A capture of a payment that is not there would begin one.
        call.require_payment(&id).await?;
        let (id, amount) = (Some(id), call.money(self.0).await?);
        Ok(Command::Capture { id, amount, method: None, reference: None })
    }
}

/// Money to give back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundRequest {
    /// Names the refund; the next number if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// From which payment; from the oldest that still hold money if absent. Also read as
    /// `payment_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<String>,
    /// How much, as a decimal string or a number; what the items are worth, else all that is left, if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The amount's currency; the order's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The units whose worth goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<PickRequest>>,
    /// The return it belongs to. Also read as `return_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_id: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Money to give back.
#[derive(Debug)]
pub(crate) struct Refund {
    id: Option<RefundId>,
    payment_id: Option<PaymentId>,
    amount: Option<Amount>,
    items: Option<Vec<Pick>>,
    return_id: Option<ReturnId>,
    reason: Option<Reason>,
}

impl Read for Refund {
    type Doc = RefundRequest;
    const OPTIONAL: bool = true;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.text(&["id"]),
            payment_id: fields.text(&["paymentId", "payment_id"]),
            amount: read_amount(fields),
            items: read_picks(fields),
            return_id: fields.text(&["returnId", "return_id"]),
            reason: read_reason(fields),
        })
    }
}

impl Refund {
    /// What is to be done.
    pub(crate) async fn command(self, call: &Call) -> Result<Command, ApiError> {
        let Self { id, payment_id, amount, items, return_id, reason } = self;
        let amount = call.money(amount).await?;
        let items = call.lines(items).await?;
        Ok(Command::Refund { id, payment_id, amount, items, return_id, reason })
    }
}

/// What the customer pays with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayWithRequest {
    /// How: `card`, `sepa`, …
    #[schema(example = "card")]
    pub method: String,
    /// A token that the payment provider gave to the customer's side. Also read as `token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When the provider is asked: `on_invoice` (never), `before_confirm` or `on_shipment`; as the
    /// server is set if absent. Only staff may choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect: Option<String>,
}

/// Reads what the customer pays with, and when.
pub(super) fn read_pay_with(value: &Value<'_>) -> Option<(Option<PayWith>, Option<Collection>)> {
    let fields = value.object()?;
    let source = fields.typed(&["source", "token"]);
    let method = fields.typed(&["method"]);
    let collect = fields.get(&["collect"]).and_then(|value| read_collection(&value));
    if method.is_none() && source.is_some() {
        fields.missing("method");
    }
    Some((method.map(|method| PayWith { method, source }), collect))
}

fn read_collection(value: &Value<'_>) -> Option<Collection> {
    let collection = |word: &str| Collection::ALL.into_iter().find(|it| it.as_str() == word);
    let detail = "this must be on_invoice, before_confirm or on_shipment";
    value.word(collection, "request.word", detail)
}
