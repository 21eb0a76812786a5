//! The provider inside a test: the same ledger and behaviours, without clock, network or process.

use std::{
    fmt::Debug,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use order_core::{
    IdempotencyKey, Label, Money, OrderId, PaymentId, RefundId, Timestamp,
    ports::{Operation, PaymentAnswer, PaymentCall, PaymentNotice, Payments, RemoteError},
};

use super::{
    behaviour::Rule,
    desk::{Desk, Said},
    ledger::Ledger,
};

/// When the first thing happens: 2025-01-29T00:00:00Z. Every call is a second.
const BEGINNING_MS: i64 = 1_738_108_800_000;

/// Takes a callback while the call that it is about is still waiting for its answer.
#[async_trait]
pub trait Receiver: Debug + Send + Sync {
    /// Takes a notice.
    async fn receive(&self, notice: PaymentNotice);
}

/// A provider that answers at once and always the same. Clones share the ledger.
///
/// A call that is never answered is [`RemoteError::Unavailable`] at once. Notices gather until the test
/// takes them, to deliver, lose or mix them as it likes; only that of
/// [`Behaviour::CallbackFirst`](super::Behaviour::CallbackFirst) goes to the receiver, if there is one,
/// before the call is answered.
///
/// ```
/// use order_core::{Currency, Money, ports::{Operation, Outcome, PaymentCall, Payments}};
/// use order_testkit::provider::{Behaviour, Scripted};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let provider = Scripted::default();
/// let call = PaymentCall {
///     key: "order-1/pay-1/authorize".try_into()?,
///     order_id: "order-1".try_into()?,
///     payment_id: "pay-1".try_into()?,
///     operation: Operation::Authorize,
///     amount: Money::new(2999, Currency::GBP),
///     refund_id: None,
///     method: "card".try_into()?,
///     source: Some(Behaviour::TimeOutThenSuccess.source()),
///     reference: None,
/// };
/// assert!(provider.call(&call).await.is_err()); // it was done, but nobody knows
/// assert_eq!(provider.call(&call).await?.outcome, Outcome::Done);
/// assert_eq!(provider.ledger().effects().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Scripted(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    desk: Mutex<Desk>,
    notices: Mutex<Vec<PaymentNotice>>,
    receiver: Mutex<Option<Arc<dyn Receiver>>>,
    is_down: AtomicBool,
    heard: AtomicU64,
}

impl Scripted {
    /// A provider that treats every other call in one of the nine ways, which only the seed and the
    /// call's key decide. Rules and named sources go first.
    pub fn seeded(seed: u64) -> Self {
        let desk = Mutex::new(Desk::seeded(seed));
        Self(Arc::new(Inner { desk, ..Inner::default() }))
    }

    /// Adds a rule behind those that there are.
    pub fn rule(&self, rule: Rule) {
        self.desk().rule(rule);
    }

    /// Forgets all rules.
    pub fn clear_rules(&self) {
        self.desk().clear_rules();
    }

    /// Who takes the callbacks that come before an answer; without one they gather with the others.
    pub fn receiver(&self, receiver: Arc<dyn Receiver>) {
        *lock(&self.0.receiver) = Some(receiver);
    }

    /// Whether calls are lost on their way to the provider from now on, without an effect.
    pub fn down(&self, is_down: bool) {
        self.0.is_down.store(is_down, Ordering::SeqCst);
    }

    /// The notices that were sent since they were last taken, in the order of sending.
    pub fn take_notices(&self) -> Vec<PaymentNotice> {
        std::mem::take(&mut lock(&self.0.notices))
    }

    /// A copy of the books.
    pub fn ledger(&self) -> Ledger {
        self.desk().ledger().clone()
    }

    /// How many different calls reached the provider.
    pub fn calls(&self) -> usize {
        self.desk().calls()
    }

    /// The customer's bank disputes so much of a payment. Whether there is such a payment.
    pub fn dispute(&self, order_id: &OrderId, payment_id: &PaymentId, amount: Money) -> bool {
        let at = self.tick();
        let notice = self.desk().dispute(order_id, payment_id, amount, at);
        self.gather(notice)
    }

    /// Somebody refunds at the provider. Whether so much is captured.
    pub fn refund_here(
        &self,
        order_id: &OrderId,
        payment_id: &PaymentId,
        refund_id: &RefundId,
        amount: Money,
    ) -> bool {
        let call = outside(order_id, payment_id, refund_id, amount);
        let at = self.tick();
        let notice = self.desk().refund_here(&call, at);
        self.gather(notice)
    }

    fn gather(&self, notice: Option<PaymentNotice>) -> bool {
        let is_told = notice.is_some();
        lock(&self.0.notices).extend(notice);
        is_told
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        lock(&self.0.desk)
    }

    fn tick(&self) -> Timestamp {
        let seconds = self.0.heard.fetch_add(1, Ordering::SeqCst);
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Timestamp::from_millis(BEGINNING_MS).plus_millis(millis)
    }
}

#[async_trait]
impl Payments for Scripted {
    async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, RemoteError> {
        if self.0.is_down.load(Ordering::SeqCst) {
            return Err(unavailable(io::ErrorKind::ConnectionRefused, "it is down"));
        }
        let at = self.tick();
        let reply = self.desk().take(call, at);
        let receiver = lock(&self.0.receiver).clone();
        match receiver {
            Some(receiver) => {
                for notice in reply.before {
                    receiver.receive(notice).await;
                }
            }
            None => lock(&self.0.notices).extend(reply.before),
        }
        lock(&self.0.notices).extend(reply.after);
        match reply.said {
            Said::Answer(answer) => Ok(answer),
            Said::Failure => Err(unavailable(io::ErrorKind::Other, "it answered 500")),
            Said::Nothing => Err(unavailable(io::ErrorKind::TimedOut, "it did not answer")),
            Said::Wrong(code) => {
                Err(RemoteError::Misused { service: super::SERVICE, code: label(code) })
            }
        }
    }
}

/// A refund that is made at the provider.
pub(super) fn outside(
    order_id: &OrderId,
    payment_id: &PaymentId,
    refund_id: &RefundId,
    amount: Money,
) -> PaymentCall {
    let key = IdempotencyKey::try_from(format!("outside/{}", amount.minor()));
    PaymentCall {
        key: refund_id.as_str().parse().or(key).expect("an id is a key"),
        order_id: order_id.clone(),
        payment_id: payment_id.clone(),
        operation: Operation::Refund,
        amount,
        refund_id: Some(refund_id.clone()),
        method: label("dashboard"),
        source: None,
        reference: None,
    }
}

fn label(text: &str) -> Label {
    text.parse().expect("a short text is a label")
}

fn unavailable(kind: io::ErrorKind, what: &'static str) -> RemoteError {
    let source = io::Error::new(kind, what).into();
    RemoteError::Unavailable { service: super::SERVICE, source }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
