//! What happens to orders by itself, and what waits for somebody.

use order_core::{
    Attention, Call, Label, Operation, OrderId, PaymentId, Reason, RefundId, Timestamp,
    ports::{AgendaEntry, KeptNotice, NoticeState},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decimal::Decimal;

/// Why somebody has to look at an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttentionBody {
    /// The stable code, such as `payment.request_refused`.
    #[schema(value_type = String, example = "payment.request_refused")]
    pub code: Label,
    /// What there is to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub detail: Option<Reason>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Whether nothing more happens to the order by itself until then.
    pub stops: bool,
}

impl From<&Attention> for AttentionBody {
    fn from(attention: &Attention) -> Self {
        Self {
            code: attention.code.clone(),
            detail: attention.detail.clone(),
            since: attention.since,
            stops: attention.stops(),
        }
    }
}

/// Something that a payment provider was asked and has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingCallBody {
    /// `authorize`, `capture`, `void` or `refund`.
    #[schema(value_type = String, example = "refund")]
    pub operation: Operation,
    /// Of which payment.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// How much.
    #[schema(value_type = String)]
    pub amount: Decimal,
    /// The refund's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub refund_id: Option<RefundId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

impl From<&Call> for PendingCallBody {
    fn from(call: &Call) -> Self {
        Self {
            operation: call.operation,
            payment_id: call.payment_id.clone(),
            amount: call.amount.into(),
            refund_id: call.refund_id.clone(),
            since: call.at,
        }
    }
}

/// Orders that something is to happen to, or that somebody has to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProcessListBody {
    /// By order id.
    pub processes: Vec<ProcessBody>,
    /// The last order of a full page: `after` of the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next: Option<OrderId>,
}

/// An order that something is to happen to, or that somebody has to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessBody {
    /// Which order.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// When something is to happen next; absent if it waits for somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// How often it was tried since the order last changed.
    pub tries: u32,
    /// What went wrong last, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub trouble: Option<Label>,
    /// Why somebody has to look at it, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub attention: Option<Label>,
}

impl From<AgendaEntry> for ProcessBody {
    fn from(entry: AgendaEntry) -> Self {
        let AgendaEntry { order_id, version: _, next_at, tries, trouble, attention } = entry;
        Self { order_id, next_at, tries, trouble, attention }
    }
}

/// Notices of payment providers that are in no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeListBody {
    /// The oldest first.
    pub notices: Vec<NoticeBody>,
}

/// A notice of a payment provider that is in no order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeBody {
    /// Which provider.
    #[schema(value_type = String)]
    pub provider: Label,
    /// The provider's id of what happened.
    #[schema(value_type = String)]
    pub id: Label,
    /// What it was, in the provider's words.
    #[schema(value_type = String)]
    pub kind: Label,
    /// The order it is about.
    #[schema(value_type = String)]
    pub order_id: OrderId,
    /// The payment it is about.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// `waiting` or `refused`.
    #[schema(value_type = String, example = "waiting")]
    pub state: NoticeState,
    /// Why, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub code: Option<Label>,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// When it is tried next; absent if not by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// How often it was tried.
    pub tries: u32,
}

impl From<KeptNotice> for NoticeBody {
    fn from(kept: KeptNotice) -> Self {
        Self {
            provider: kept.notice.provider,
            id: kept.notice.id,
            kind: kept.notice.kind,
            order_id: kept.notice.facts.order_id,
            payment_id: kept.notice.facts.payment_id,
            state: kept.state,
            code: kept.code,
            received_at: kept.received_at,
            next_at: kept.next_at,
            tries: kept.tries,
        }
    }
}

/// Whether a callback was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackBody {
    /// `false` if it was known already, which is as good.
    pub new: bool,
}
