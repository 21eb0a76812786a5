//! Payments against the provider of the test kit, over HTTP: its nine behaviours and their callbacks.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use order_core::ports::{
    CallbackReader, Clock, Operation, Outcome, PaymentAnswer, PaymentCall, PaymentNotice, Payments,
    SystemClock,
};
use order_remote::{HttpPayments, Trouble, WebhookReader};
use order_testkit::provider::{Behaviour, Provider, Rule};
use tokio::net::TcpListener;

use crate::service::{call, fault, gbp, settings, trouble};

/// Takes callbacks as a host would: reads them, or refuses them.
#[derive(Debug)]
struct Inbox {
    reader: WebhookReader,
    taken: Mutex<Vec<PaymentNotice>>,
}

async fn take(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        Some(values.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
    };
    match inbox.reader.read("main", &header, &body, SystemClock.now()) {
        Ok(notice) => {
            inbox.taken.lock().unwrap().push(notice);
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::UNAUTHORIZED,
    }
}

struct World {
    provider: Provider,
    payments: HttpPayments,
    inbox: Arc<Inbox>,
}

impl World {
    /// A provider, a client that asks so often, and an inbox that knows one of the provider's secrets.
    async fn new(attempts: u32) -> Self {
        let provider = Provider::within().unwrap();
        let payments = HttpPayments::new(settings(&provider.url()).attempts(attempts)).unwrap();
        let reader = WebhookReader::default().provider("main", [provider.secrets()[1]]).unwrap();
        let inbox = Arc::new(Inbox { reader, taken: Mutex::default() });
        let router = Router::new().route("/callbacks", post(take)).with_state(inbox.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callbacks", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider.callbacks_to(&url).await;
        Self { provider, payments, inbox }
    }

    fn kinds(&self) -> Vec<String> {
        let taken = self.inbox.taken.lock().unwrap();
        taken.iter().map(|notice| notice.kind.to_string()).collect()
    }

    async fn ask(&self, call: &PaymentCall) -> PaymentAnswer {
        self.payments.call(call).await.unwrap()
    }
}

fn paid_with(behaviour: Behaviour) -> PaymentCall {
    PaymentCall { source: Some(behaviour.source()), ..call(Operation::Authorize, 500, "auth") }
}

#[tokio::test]
async fn a_payment_is_authorized_captured_and_refunded() {
    let world = World::new(1).await;
    let answer = world.ask(&paid_with(Behaviour::Accept)).await;
    let reference = answer.facts.reference.clone();
    let with = |call: PaymentCall| PaymentCall { reference: reference.clone(), ..call };
    world.ask(&with(call(Operation::Capture, 300, "capture"))).await;
    world.ask(&with(call(Operation::Void, 200, "void"))).await;
    let answer = world.ask(&with(call(Operation::Refund, 100, "refund"))).await;
    assert_eq!(answer.outcome, Outcome::Done);
    let ledger = world.provider.ledger().await;
    ledger.audit().unwrap();
    assert_eq!(ledger.payments(), std::slice::from_ref(&answer.facts));
    let sums = (answer.facts.authorized, answer.facts.captured, answer.facts.voided);
    assert_eq!(sums, (gbp(500), gbp(300), gbp(200)));
    world.provider.delivered(4).await;
    let kinds =
        ["authorized", "captured", "voided", "refunded"].map(|kind| format!("payment.{kind}"));
    assert_eq!(world.kinds(), kinds);
    assert_eq!(world.inbox.taken.lock().unwrap()[3].facts, answer.facts);
}

#[tokio::test]
async fn a_decline_is_an_answer() {
    let world = World::new(3).await;
    let answer = world.ask(&paid_with(Behaviour::Decline)).await;
    let Outcome::Refused(reason) = answer.outcome else { panic!("{answer:?}") };
    assert_eq!(
        (reason.as_str(), answer.facts.declined.as_ref()),
        ("the card was declined", Some(&reason))
    );
    assert_eq!(world.provider.attempts().await.len(), 1);
    world.provider.delivered(1).await;
    assert_eq!(world.kinds(), ["payment.declined"]);
}

#[tokio::test]
async fn a_failure_after_the_effect_is_asked_again_with_the_same_key() {
    let world = World::new(3).await;
    let answer = world.ask(&paid_with(Behaviour::FailAfterEffect)).await;
    assert_eq!(answer.outcome, Outcome::Done);
    let attempts = world.provider.attempts().await;
    assert_eq!((attempts.len(), &attempts[0]), (2, &attempts[1]));
    assert_eq!(world.provider.ledger().await.effects().len(), 1);
}

#[tokio::test]
async fn a_call_that_is_not_answered_is_unavailable_and_told_later() {
    let truths = [
        (Behaviour::TimeOutThenSuccess, Outcome::Done),
        (Behaviour::TimeOutThenFailure, Outcome::Refused("the card was declined".parse().unwrap())),
    ];
    for (behaviour, truth) in truths {
        let world = World::new(1).await;
        let call = paid_with(behaviour);
        let error = world.payments.call(&call).await.unwrap_err();
        assert!(matches!(trouble(&error), Trouble::TimedOut), "{error:?}");
        assert_eq!(world.ask(&call).await.outcome, truth);
        // A client that is more patient hides it.
        let world = World::new(2).await;
        assert_eq!(world.ask(&call).await.outcome, truth);
        assert!(world.provider.ledger().await.effects().len() <= 1);
    }
}

#[tokio::test]
async fn more_silence_than_attempts_is_unavailable() {
    let world = World::new(3).await;
    world.provider.rule(Rule::always(Behaviour::FailAfterEffect).withheld(3).calls(1)).await;
    let call = call(Operation::Authorize, 500, "auth");
    let error = world.payments.call(&call).await.unwrap_err();
    assert!(matches!(trouble(&error), Trouble::Status(500)), "{error:?}");
    assert_eq!(world.ask(&call).await.outcome, Outcome::Done);
}

#[tokio::test]
async fn a_callback_can_be_there_before_the_answer() {
    let world = World::new(1).await;
    world.ask(&paid_with(Behaviour::CallbackFirst)).await;
    assert_eq!(world.kinds(), ["payment.authorized"]);
}

#[tokio::test]
async fn a_lost_callback_is_replaced_by_a_repeat() {
    let world = World::new(1).await;
    let call = paid_with(Behaviour::LostCallback);
    let answer = world.ask(&call).await;
    assert_eq!((answer.outcome, answer.facts.authorized), (Outcome::Pending, gbp(0)));
    assert_eq!(world.ask(&call).await.outcome, Outcome::Done);
    assert!(world.provider.deliveries().await.is_empty());
}

#[tokio::test]
async fn a_doubled_callback_has_the_same_id_twice() {
    let world = World::new(1).await;
    assert_eq!(world.ask(&paid_with(Behaviour::DoubledCallback)).await.outcome, Outcome::Pending);
    world.provider.delivered(2).await;
    let taken = world.inbox.taken.lock().unwrap();
    assert_eq!((taken.len(), &taken[0]), (2, &taken[1]));
    assert_eq!((taken[0].provider.as_str(), taken[0].facts.authorized), ("main", gbp(500)));
}

#[tokio::test]
async fn reordered_callbacks_come_newest_first() {
    let world = World::new(1).await;
    world.ask(&paid_with(Behaviour::ReorderedCallbacks)).await;
    world.provider.delivered(2).await;
    assert_eq!(world.kinds(), ["payment.authorized", "payment.pending"]);
}

#[tokio::test]
async fn what_happens_at_the_provider_is_told() {
    let world = World::new(1).await;
    let authorized = call(Operation::Authorize, 500, "auth");
    world.ask(&authorized).await;
    world.ask(&call(Operation::Capture, 500, "capture")).await;
    let (order, payment) = (&authorized.order_id, &authorized.payment_id);
    world.provider.refund_here(order, payment, &"dash-1".parse().unwrap(), gbp(200)).await;
    world.provider.dispute(order, payment, gbp(300)).await;
    world.provider.delivered(4).await;
    assert_eq!(world.kinds()[2..], ["payment.refunded", "payment.disputed"]);
}

#[tokio::test]
async fn a_call_that_makes_no_sense_is_misused() {
    let world = World::new(3).await;
    world.ask(&call(Operation::Authorize, 500, "auth")).await;
    let reused = world.payments.call(&call(Operation::Authorize, 501, "auth")).await.unwrap_err();
    assert_eq!(fault(&reused), "key.reused");
    assert_eq!(world.provider.attempts().await.len(), 2);
}

#[tokio::test]
async fn any_key_arrives_as_it_is() {
    let world = World::new(1).await;
    for key in ["plain", "50%/\"ä\" \\ €", "%41"] {
        let payment_id = key.parse().unwrap();
        let call = PaymentCall { payment_id, ..call(Operation::Authorize, 500, key) };
        world.ask(&call).await;
        assert_eq!(world.provider.attempts().await.last().unwrap().key.as_str(), key);
    }
}
