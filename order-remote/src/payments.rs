//! A payment service.

use async_trait::async_trait;
use order_core::{
    Label, Money, OrderId, PaymentId, Reason, RefundId,
    ports::{Operation, Outcome, PaymentAnswer, PaymentCall, PaymentFacts, Payments, RemoteError},
};
use serde::{Deserialize, Serialize};

use crate::{
    client::{Answer, Client},
    error::{Fault, Problem, SettingsError},
    settings::Settings,
};

/// The status of a refusal.
const REFUSED: u16 = 402;

/// Payments by a service that speaks `openapi/payments.yaml`.
#[derive(Debug, Clone)]
pub struct HttpPayments(Client);

impl HttpPayments {
    /// A client of the service; nothing is sent yet.
    ///
    /// # Errors
    /// [`SettingsError::Client`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Client::new("payment", settings).map(Self)
    }
}

/// What is sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CallBody<'a> {
    order_id: &'a OrderId,
    payment_id: &'a PaymentId,
    amount: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_id: Option<&'a RefundId>,
    method: &'a Label,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a Label>,
}

/// What is read of an answer.
#[derive(Debug, Deserialize)]
struct AnswerBody {
    outcome: Word,
    facts: PaymentFacts,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Done,
    Pending,
}

/// What is read of a refusal, beside what every problem has.
#[derive(Debug, Deserialize)]
struct RefusalBody {
    facts: PaymentFacts,
}

const fn path(operation: Operation) -> &'static str {
    match operation {
        Operation::Authorize => "authorizations",
        Operation::Capture => "captures",
        Operation::Void => "voids",
        Operation::Refund => "refunds",
    }
}

fn read(call: &PaymentCall, answer: &Answer) -> Result<PaymentAnswer, Fault> {
    let (outcome, facts) = if answer.status == REFUSED {
        let RefusalBody { facts } = answer.json()?;
        let problem = Problem::read(&answer.body);
        let reason = problem.text().and_then(|text| Reason::clean(text).ok());
        let reason = reason.or_else(|| "refused".parse().ok());
        (reason.map(Outcome::Refused), facts)
    } else {
        let AnswerBody { outcome, facts } = answer.json()?;
        let outcome = match outcome {
            Word::Done => Outcome::Done,
            Word::Pending => Outcome::Pending,
        };
        (Some(outcome), facts)
    };
    if facts.order_id != call.order_id || facts.payment_id != call.payment_id {
        return Err(Fault::unreadable("it is about another payment"));
    }
    check(&facts, call.amount)?;
    let outcome = outcome.ok_or_else(|| Fault::unreadable("it has no outcome"))?;
    Ok(PaymentAnswer { outcome, facts })
}

/// That sums are in the call's currency, and none is negative.
fn check(facts: &PaymentFacts, amount: Money) -> Result<(), Fault> {
    let sums = [facts.authorized, facts.captured, facts.voided, facts.disputed];
    let refunds = facts.refunds.iter().map(|refund| refund.amount);
    if sums.into_iter().chain(refunds).any(|sum| sum.currency() != amount.currency()) {
        return Err(Fault::unreadable("it is in another currency"));
    }
    let refunds = facts.refunds.iter().map(|refund| refund.amount);
    if sums.into_iter().chain(refunds).any(Money::is_negative) {
        return Err(Fault::unreadable("it has a negative sum"));
    }
    Ok(())
}

#[async_trait]
impl Payments for HttpPayments {
    async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, RemoteError> {
        let body = CallBody {
            order_id: &call.order_id,
            payment_id: &call.payment_id,
            amount: call.amount,
            refund_id: call.refund_id.as_ref(),
            method: &call.method,
            source: call.source.as_ref(),
            reference: call.reference.as_ref(),
        };
        let path = ["payments", path(call.operation)];
        let request = self.0.post(&path, Some(&call.key), &body)?;
        self.0.send(&request, |status| status == REFUSED, |answer| read(call, answer)).await
    }
}
