//! What must hold of an order that has come to rest.

use std::collections::BTreeMap;

use order_core::{Lifecycle, Order, Status, ports::RefundFact};

use super::stage::Stage;
use crate::{provider::Ledger, sample::text};

/// How an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All of it was done.
    Completed,
    /// All of it was given back.
    GivenBack,
    /// Somebody has to look at it, and can see so.
    NeedsAttention,
}

/// How an order ended, if it ended as it may.
///
/// # Panics
/// If it did not.
pub(super) async fn end_of(stage: &Stage, id: &str) -> End {
    let order = stage.order(id).await;
    let ledger = stage.provider.ledger();
    ledger.audit().unwrap();
    agree(&order, &ledger);
    let once = ledger.of(order.id()).iter().all(|facts| {
        facts.captured.minor() <= order.totals().total.minor() + order.totals().total.minor() % 2
    });
    assert!(once, "money was taken twice: {order:?}");
    if order.attention().is_some() {
        let entry = stage.entry(id).await.expect("who waits for somebody is on the agenda");
        assert!(entry.attention.is_some(), "{entry:?}");
        return End::NeedsAttention;
    }
    assert!(stage.entry(id).await.is_none(), "nothing is left to do: {order:?}");
    assert!(order.calls().is_empty(), "{order:?}");
    let held: u64 = stage.inventory.held(order.id()).values().sum();
    if order.lifecycle() == Lifecycle::Cancelled {
        assert_eq!((order.authorized(), order.captured() - order.refunded()), (0, 0), "{order:?}");
        assert_eq!(held, 0, "a cancelled order holds nothing");
        return End::GivenBack;
    }
    assert_eq!(order.status(), Status::Completed, "{order:?}");
    assert_eq!(order.captured() - order.refunded(), order.totals().total.minor(), "{order:?}");
    assert_eq!(order.authorized(), 0, "nothing stays set aside: {order:?}");
    assert_eq!(held, 2, "what was sold is gone");
    End::Completed
}

/// The provider's books and ours say the same of every payment of an order.
pub(super) fn agree(order: &Order, ledger: &Ledger) {
    let sums = |refunds: &[RefundFact]| -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for refund in refunds {
            let sum: &mut i64 = sums.entry(refund.id.to_string()).or_default();
            *sum = refund.amount.minor().max(*sum);
        }
        sums
    };
    for facts in ledger.of(order.id()) {
        let payment = order.payments().iter().find(|payment| payment.id == facts.payment_id);
        let asked = order.calls().iter().any(|call| call.payment_id == facts.payment_id);
        if asked && order.attention().is_some_and(order_core::Attention::stops) {
            // Nobody knows what became of the call: that is why somebody is asked for.
            continue;
        }
        let Some(payment) = payment else {
            panic!("a payment that we know nothing of: {facts:?}, {order:?}");
        };
        let ours = [payment.authorized, payment.captured, payment.voided];
        let theirs = [facts.authorized, facts.captured, facts.voided];
        assert_eq!(ours, theirs, "{order:?}");
        assert_eq!(sums(&payment.refunds), sums(&facts.refunds), "{order:?}");
    }
    for payment in order.payments().iter().filter(|payment| payment.remote) {
        let moved = payment.authorized.is_positive() || payment.captured.is_positive();
        let known = ledger.payment(order.id(), &payment.id).is_some();
        assert!(known || !moved, "a payment that the provider knows nothing of: {payment:?}");
    }
}

/// Every unit of the inventory is left or held.
pub(super) fn check_stock(stage: &Stage, ids: &[String]) {
    let held: u64 = ids.iter().flat_map(|id| stage.inventory.held(&text(id)).into_values()).sum();
    let left = stage.inventory.left(&text(super::stage::PRODUCT));
    assert_eq!(left + held, super::stage::STOCK, "units came or went");
}
