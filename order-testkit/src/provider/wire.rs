//! What goes over the wire: the protocol of `order-remote/openapi/payments.yaml`, read strictly.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use order_core::{
    IdempotencyKey, Label, Money, OrderId, PaymentId, RefundId,
    ports::{Operation, Outcome, PaymentCall, PaymentFacts},
};
use serde::{Deserialize, Serialize};

use super::desk::Said;

/// A call, but for its key and operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CallBody {
    order_id: OrderId,
    payment_id: PaymentId,
    amount: Money,
    #[serde(default)]
    refund_id: Option<RefundId>,
    method: Label,
    #[serde(default)]
    source: Option<Label>,
    #[serde(default)]
    reference: Option<Label>,
}

impl CallBody {
    pub(super) fn call(self, key: IdempotencyKey, operation: Operation) -> PaymentCall {
        PaymentCall {
            key,
            order_id: self.order_id,
            payment_id: self.payment_id,
            operation,
            amount: self.amount,
            refund_id: self.refund_id,
            method: self.method,
            source: self.source,
            reference: self.reference,
        }
    }
}

/// Which payment something happens to, and how much.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Happening {
    pub(super) order_id: OrderId,
    pub(super) payment_id: PaymentId,
    pub(super) amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refund_id: Option<RefundId>,
}

/// Where callbacks go; nowhere if that is not said.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receiving {
    pub(super) url: Option<String>,
}

#[derive(Debug, Serialize)]
struct AnswerBody {
    outcome: &'static str,
    facts: PaymentFacts,
}

#[derive(Debug, Serialize)]
pub(super) struct ProblemBody {
    title: &'static str,
    status: u16,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<PaymentFacts>,
}

/// The operation that a path asks for.
pub(super) fn operation(path: &str) -> Option<Operation> {
    match path {
        "authorizations" => Some(Operation::Authorize),
        "captures" => Some(Operation::Capture),
        "voids" => Some(Operation::Void),
        "refunds" => Some(Operation::Refund),
        _ => None,
    }
}

/// A key as it was before it was written into a header.
pub(super) fn key(header: &[u8]) -> Option<IdempotencyKey> {
    let mut bytes = Vec::with_capacity(header.len());
    let mut rest = header;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()?.parse().ok()
}

/// What is said, as a response; silence is none.
pub(super) fn response(said: Said) -> Option<Response> {
    let answer = match said {
        Said::Answer(answer) => answer,
        Said::Failure => {
            return Some(problem(StatusCode::INTERNAL_SERVER_ERROR, "provider.failed", None));
        }
        Said::Nothing => return None,
        Said::Wrong(code) => return Some(problem(StatusCode::UNPROCESSABLE_ENTITY, code, None)),
    };
    let facts = answer.facts;
    Some(match answer.outcome {
        Outcome::Done => Json(AnswerBody { outcome: "done", facts }).into_response(),
        Outcome::Pending => {
            let body = Json(AnswerBody { outcome: "pending", facts });
            (StatusCode::ACCEPTED, body).into_response()
        }
        Outcome::Refused(reason) => {
            let status = StatusCode::PAYMENT_REQUIRED;
            let detail = Some(reason.to_string());
            render(status, "payment.refused", detail, Some(facts))
        }
    })
}

/// A problem document.
pub(super) fn problem(status: StatusCode, code: &str, detail: Option<String>) -> Response {
    render(status, code, detail, None)
}

fn render(
    status: StatusCode,
    code: &str,
    detail: Option<String>,
    facts: Option<PaymentFacts>,
) -> Response {
    let title = status.canonical_reason().unwrap_or("Problem");
    let body = ProblemBody { title, status: status.as_u16(), code: code.to_owned(), detail, facts };
    let json = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, json, Json(body)).into_response()
}
