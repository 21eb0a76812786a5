//! The provider inside a test: each behaviour, and that its books cannot be broken.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use order_core::{
    Currency, Money, OrderId, PaymentId, RefundId,
    ports::{Operation, Outcome, PaymentAnswer, PaymentCall, PaymentNotice, Payments, RemoteError},
};
use order_testkit::provider::{Behaviour, Receiver, Rule, Scripted};
use proptest::prelude::*;

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn order() -> OrderId {
    "order-1".parse().unwrap()
}

fn payment() -> PaymentId {
    "pay-1".parse().unwrap()
}

fn call(operation: Operation, minor: i64, key: &str) -> PaymentCall {
    let refund_id = (operation == Operation::Refund).then(|| format!("re-{key}").parse().unwrap());
    PaymentCall {
        key: key.parse().unwrap(),
        order_id: order(),
        payment_id: payment(),
        operation,
        amount: gbp(minor),
        refund_id,
        method: "card".parse().unwrap(),
        source: None,
        reference: None,
    }
}

fn paid_with(behaviour: Behaviour) -> PaymentCall {
    PaymentCall { source: Some(behaviour.source()), ..call(Operation::Authorize, 500, "auth") }
}

fn kinds(notices: &[PaymentNotice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.kind.as_str()).collect()
}

async fn done(provider: &Scripted, call: &PaymentCall) -> PaymentAnswer {
    let answer = provider.call(call).await.unwrap();
    assert_eq!(answer.outcome, Outcome::Done, "{answer:?}");
    answer
}

async fn wrong(provider: &Scripted, call: &PaymentCall) -> String {
    match provider.call(call).await {
        Err(RemoteError::Misused { code, .. }) => code.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_accepted_call_is_done_and_told() {
    let provider = Scripted::default();
    let answer = done(&provider, &paid_with(Behaviour::Accept)).await;
    assert_eq!((answer.facts.authorized, answer.facts.captured), (gbp(500), gbp(0)));
    assert!(answer.facts.reference.is_some());
    let notices = provider.take_notices();
    assert_eq!(kinds(&notices), ["payment.authorized"]);
    assert_eq!(notices[0].facts, answer.facts);
    assert!(provider.take_notices().is_empty());
}

#[tokio::test]
async fn a_declined_payment_stays_declined() {
    let provider = Scripted::default();
    let answer = provider.call(&paid_with(Behaviour::Decline)).await.unwrap();
    assert!(matches!(answer.outcome, Outcome::Refused(_)));
    assert!(answer.facts.declined.is_some() && answer.facts.authorized.is_zero());
    let again = PaymentCall { source: None, ..call(Operation::Authorize, 500, "other") };
    assert!(matches!(provider.call(&again).await.unwrap().outcome, Outcome::Refused(_)));
    assert!(provider.ledger().effects().is_empty());
    assert_eq!(kinds(&provider.take_notices()), ["payment.declined", "payment.declined"]);
}

#[tokio::test]
async fn a_withheld_answer_hides_what_is_true_until_the_call_is_repeated() {
    let hidden = [
        (Behaviour::FailAfterEffect, 500),
        (Behaviour::TimeOutThenSuccess, 500),
        (Behaviour::TimeOutThenFailure, 0),
    ];
    for (behaviour, authorized) in hidden {
        let provider = Scripted::default();
        let call = paid_with(behaviour);
        let error = provider.call(&call).await.unwrap_err();
        assert!(matches!(error, RemoteError::Unavailable { .. }), "{behaviour}");
        let known = provider.ledger().payments()[0].clone();
        assert_eq!(known.authorized, gbp(authorized), "{behaviour}");
        let answer = provider.call(&call).await.unwrap();
        assert_eq!((answer.outcome == Outcome::Done, &answer.facts), (authorized > 0, &known));
        assert_eq!(provider.calls(), 1);
    }
}

#[tokio::test]
async fn as_many_answers_are_withheld_as_the_rule_says() {
    let provider = Scripted::default();
    provider.rule(Rule::always(Behaviour::TimeOutThenSuccess).withheld(3).calls(1));
    let first = call(Operation::Authorize, 500, "auth");
    for _ in 0..3 {
        assert!(provider.call(&first).await.is_err());
    }
    done(&provider, &first).await;
    done(&provider, &call(Operation::Capture, 500, "capture")).await;
}

#[derive(Debug, Default)]
struct Inbox {
    seen: Mutex<Vec<PaymentNotice>>,
}

#[async_trait]
impl Receiver for Inbox {
    async fn receive(&self, notice: PaymentNotice) {
        self.seen.lock().unwrap().push(notice);
    }
}

#[tokio::test]
async fn a_callback_that_comes_first_is_received_before_the_answer() {
    let provider = Scripted::default();
    let inbox = Arc::new(Inbox::default());
    provider.receiver(inbox.clone());
    done(&provider, &paid_with(Behaviour::CallbackFirst)).await;
    assert_eq!(kinds(&inbox.seen.lock().unwrap()), ["payment.authorized"]);
    assert!(provider.take_notices().is_empty());
}

#[tokio::test]
async fn a_lost_callback_leaves_the_repeat_to_tell() {
    let provider = Scripted::default();
    let call = paid_with(Behaviour::LostCallback);
    let answer = provider.call(&call).await.unwrap();
    assert_eq!((answer.outcome, answer.facts.authorized), (Outcome::Pending, gbp(0)));
    assert!(provider.take_notices().is_empty());
    assert_eq!(done(&provider, &call).await.facts.authorized, gbp(500));
    assert!(provider.take_notices().is_empty());
}

#[tokio::test]
async fn a_doubled_callback_has_one_id() {
    let provider = Scripted::default();
    let answer = provider.call(&paid_with(Behaviour::DoubledCallback)).await.unwrap();
    assert_eq!(answer.outcome, Outcome::Pending);
    let notices = provider.take_notices();
    assert_eq!(kinds(&notices), ["payment.authorized"; 2]);
    assert_eq!(notices[0], notices[1]);
}

#[tokio::test]
async fn reordered_callbacks_tell_the_older_thing_last() {
    let provider = Scripted::default();
    provider.call(&paid_with(Behaviour::ReorderedCallbacks)).await.unwrap();
    let notices = provider.take_notices();
    assert_eq!(kinds(&notices), ["payment.authorized", "payment.pending"]);
    assert_ne!(notices[0].id, notices[1].id);
    assert!(notices[1].facts.authorized.is_zero());
    // The source of the authorization decides for the capture too.
    provider.call(&call(Operation::Capture, 500, "capture")).await.unwrap();
    let notices = provider.take_notices();
    let captured: Vec<i64> = notices.iter().map(|notice| notice.facts.captured.minor()).collect();
    assert_eq!((kinds(&notices)[0], captured), ("payment.captured", vec![500, 0]));
}

#[tokio::test]
async fn no_more_is_captured_than_authorized_nor_refunded_than_captured() {
    let provider = Scripted::default();
    done(&provider, &call(Operation::Authorize, 500, "auth")).await;
    done(&provider, &call(Operation::Capture, 300, "capture-1")).await;
    let over = provider.call(&call(Operation::Capture, 201, "capture-2")).await.unwrap();
    assert!(matches!(over.outcome, Outcome::Refused(_)));
    done(&provider, &call(Operation::Capture, 200, "capture-3")).await;
    done(&provider, &call(Operation::Refund, 300, "refund-1")).await;
    let over = provider.call(&call(Operation::Refund, 201, "refund-2")).await.unwrap();
    assert!(matches!(over.outcome, Outcome::Refused(_)));
    let answer = done(&provider, &call(Operation::Refund, 200, "refund-3")).await;
    assert_eq!(answer.facts.refunds.len(), 2);
    assert!(matches!(
        provider.call(&call(Operation::Void, 1, "void")).await.unwrap().outcome,
        Outcome::Refused(_)
    ));
    provider.ledger().audit().unwrap();
}

#[tokio::test]
async fn an_authorization_that_runs_out_can_be_given_up_but_not_captured() {
    let provider = Scripted::default();
    provider.rule(Rule::always(Behaviour::Decline).operation(Operation::Capture));
    done(&provider, &call(Operation::Authorize, 500, "auth")).await;
    let answer = provider.call(&call(Operation::Capture, 500, "capture")).await.unwrap();
    assert!(matches!(answer.outcome, Outcome::Refused(_)));
    assert_eq!((answer.facts.captured, answer.facts.voided), (gbp(0), gbp(500)));
    done(&provider, &call(Operation::Void, 500, "void")).await;
    provider.ledger().audit().unwrap();
}

#[tokio::test]
async fn what_was_given_up_before_it_was_authorized_never_is() {
    let provider = Scripted::default();
    done(&provider, &call(Operation::Void, 500, "void")).await;
    let late = provider.call(&call(Operation::Authorize, 500, "auth")).await.unwrap();
    assert!(matches!(late.outcome, Outcome::Refused(_)));
    assert!(provider.ledger().effects().is_empty());
}

#[tokio::test]
async fn a_key_has_one_request() {
    let provider = Scripted::default();
    let first = done(&provider, &call(Operation::Authorize, 500, "auth")).await;
    let reference = first.facts.reference.clone();
    let repeat = PaymentCall { reference, ..call(Operation::Authorize, 500, "auth") };
    assert_eq!(done(&provider, &repeat).await, first);
    assert_eq!(wrong(&provider, &call(Operation::Authorize, 501, "auth")).await, "key.reused");
    assert_eq!(provider.ledger().effects().len(), 1);
}

#[tokio::test]
async fn a_refund_is_made_once_whatever_its_key() {
    let provider = Scripted::default();
    done(&provider, &call(Operation::Authorize, 500, "auth")).await;
    done(&provider, &call(Operation::Capture, 500, "capture")).await;
    let first = call(Operation::Refund, 200, "refund");
    done(&provider, &first).await;
    let other_key = PaymentCall { key: "another".parse().unwrap(), ..first.clone() };
    assert_eq!(done(&provider, &other_key).await.facts.refunds.len(), 1);
    let (key, amount) = ("third".parse().unwrap(), gbp(201));
    assert_eq!(wrong(&provider, &PaymentCall { key, amount, ..first }).await, "refund.exists");
    assert_eq!(provider.ledger().effects().len(), 3);
}

#[tokio::test]
async fn calls_that_make_no_sense_are_wrong_and_change_nothing() {
    let provider = Scripted::default();
    assert_eq!(wrong(&provider, &call(Operation::Capture, 1, "a")).await, "payment.unknown");
    assert_eq!(wrong(&provider, &call(Operation::Authorize, 0, "b")).await, "amount.not_positive");
    done(&provider, &call(Operation::Authorize, 500, "c")).await;
    assert_eq!(wrong(&provider, &call(Operation::Authorize, 500, "d")).await, "payment.exists");
    let euros = Money::new(1, Currency::EUR);
    let foreign = PaymentCall { amount: euros, ..call(Operation::Capture, 1, "e") };
    assert_eq!(wrong(&provider, &foreign).await, "amount.currency");
    let reference = Some("pp_99".parse().unwrap());
    let other = PaymentCall { reference, ..call(Operation::Capture, 1, "f") };
    assert_eq!(wrong(&provider, &other).await, "payment.reference");
    assert_eq!(provider.ledger().effects().len(), 1);
}

#[tokio::test]
async fn what_happens_at_the_provider_is_told() {
    let provider = Scripted::default();
    done(&provider, &call(Operation::Authorize, 500, "auth")).await;
    done(&provider, &call(Operation::Capture, 500, "capture")).await;
    provider.take_notices();
    let refund: RefundId = "dashboard-1".parse().unwrap();
    assert!(provider.refund_here(&order(), &payment(), &refund, gbp(200)));
    assert!(!provider.refund_here(&order(), &payment(), &"2".parse().unwrap(), gbp(301)));
    assert!(provider.dispute(&order(), &payment(), gbp(300)));
    assert!(!provider.dispute(&order(), &"other".parse().unwrap(), gbp(300)));
    let notices = provider.take_notices();
    assert_eq!(kinds(&notices), ["payment.refunded", "payment.disputed"]);
    assert_eq!(notices[1].facts.disputed, gbp(300));
    provider.ledger().audit().unwrap();
}

#[tokio::test]
async fn a_provider_that_is_down_hears_nothing() {
    let provider = Scripted::default();
    provider.down(true);
    let first = call(Operation::Authorize, 500, "auth");
    assert!(provider.call(&first).await.is_err());
    assert_eq!(provider.calls(), 0);
    provider.down(false);
    done(&provider, &first).await;
}

#[test]
fn names_and_behaviours_are_one_to_one() {
    for behaviour in Behaviour::ALL {
        assert_eq!(Behaviour::named(behaviour.as_str()), Some(behaviour));
    }
    assert_eq!(Behaviour::named("tok_visa"), None);
}

/// What the calls with these keys come to, asked in this order.
async fn told(seed: u64, keys: &[u32]) -> Vec<(u32, String)> {
    let mut all = Vec::new();
    let provider = Scripted::seeded(seed);
    for key in keys {
        let call = PaymentCall {
            payment_id: format!("pay-{key}").parse().unwrap(),
            ..call(Operation::Authorize, 500, &format!("key-{key}"))
        };
        let outcome = provider.call(&call).await.map(|answer| answer.outcome);
        all.push((*key, format!("{outcome:?}")));
    }
    all.sort();
    all
}

#[tokio::test]
async fn the_same_seed_treats_the_same_keys_alike_in_any_order() {
    let forward: Vec<u32> = (0..200).collect();
    let backward: Vec<u32> = (0..200).rev().collect();
    assert_eq!(told(7, &forward).await, told(7, &backward).await);
    assert_ne!(told(7, &forward).await, told(8, &forward).await);
    let seen = told(7, &forward).await;
    for word in ["Done", "Pending", "Refused", "TimedOut", "answered 500"] {
        assert!(seen.iter().any(|(_, outcome)| outcome.contains(word)), "{word}");
    }
}

proptest! {
    #[test]
    fn the_books_add_up_whatever_is_asked(
        seed in any::<u64>(),
        steps in proptest::collection::vec((0..4_usize, -5..120_i64, 0..12_u32), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let provider = Scripted::seeded(seed);
        let operations =
            [Operation::Authorize, Operation::Capture, Operation::Void, Operation::Refund];
        for (operation, minor, key) in steps {
            let _ = runtime.block_on(provider.call(&call(operations[operation], minor, &key.to_string())));
            prop_assert_eq!(provider.ledger().audit(), Ok(()));
        }
    }
}
