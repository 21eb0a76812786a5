//! Facts of a provider: doubled, late, early and reordered, they come to the same.

use order_core::{
    Collection, Command, Label, Money, Order, Orders, Status, Timestamp,
    ports::{Clock, NoticeState, PaymentFacts, PaymentNotice, RefundFact},
};

use super::{check::agree, stage::Stage};
use crate::{
    CrashPoint,
    contract::Fixture,
    sample::{pounds, text},
};

/// What a provider tells of a payment that nobody asked it for, one thing after the other.
fn story(order_id: &str, at: Timestamp) -> Vec<PaymentNotice> {
    let zero = pounds("0.00");
    let nothing = PaymentFacts::nothing(text(order_id), text("pay-1"), zero);
    let authorized = PaymentFacts { authorized: pounds("20.00"), ..nothing };
    let captured = PaymentFacts { captured: pounds("20.00"), ..authorized.clone() };
    let refund = RefundFact { id: text("r-1"), amount: pounds("5.00") };
    let refunded = PaymentFacts { refunds: vec![refund], ..captured.clone() };
    let disputed = PaymentFacts { disputed: pounds("15.00"), ..refunded.clone() };
    let told = [
        ("authorized", authorized),
        ("captured", captured),
        ("refunded", refunded),
        ("disputed", disputed),
    ];
    let notice = |(kind, facts)| PaymentNotice {
        provider: text("somewhere"),
        id: text(&format!("{order_id}-{kind}")),
        kind: text(kind),
        at,
        facts,
    };
    told.map(notice).into()
}

/// Every order of these.
fn permutations(of: usize) -> Vec<Vec<usize>> {
    if of == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in permutations(of - 1) {
        for at in 0..of {
            let mut longer = shorter.clone();
            longer.insert(at, of - 1);
            all.push(longer);
        }
    }
    all
}

/// What must be alike: the ledger and where the order stands.
fn ends(order: &Order) -> (String, Vec<[Money; 4]>, Vec<RefundFact>, Option<Label>) {
    let sums =
        order.payments().iter().map(|it| [it.authorized, it.captured, it.voided, it.refunded]);
    let refunds = order.payments().iter().flat_map(|it| it.refunds.clone()).collect();
    let words = [order.status().as_str(), order.payment_status().as_str()].join(" ");
    let attention = order.attention().map(|attention| attention.code.clone());
    (words, sums.collect(), refunds, attention)
}

/// All orders of authorized, captured, refunded and disputed, each told twice, as many of them before
/// the order is placed as there can be: the order ends alike.
///
/// # Panics
/// If it does not.
pub async fn facts_end_alike_in_every_order(fixture: Fixture) {
    let stage = Stage::over(fixture, Collection::OnInvoice);
    let mut expected = None;
    for (case, order) in permutations(4).into_iter().enumerate() {
        for early in 0..=4 {
            let id = format!("facts-{case}-{early}");
            let story = story(&id, stage.clock.now());
            let (before, after) = order.split_at(early);
            let runner = stage.runner(&CrashPoint::never());
            for at in before.iter().chain(before) {
                stage.orders.notice(story[*at].clone()).await.unwrap();
            }
            runner.step().await.unwrap();
            stage.place(&id).await;
            for at in after.iter().chain(order.iter()) {
                stage.orders.notice(story[*at].clone()).await.unwrap();
                runner.step().await.unwrap();
            }
            stage.drive(&id, &CrashPoint::never()).await;
            stage.clock.step(60_000);
            stage.drive(&id, &CrashPoint::never()).await;
            let order = stage.order(&id).await;
            let ends = ends(&order);
            assert_eq!(expected.get_or_insert_with(|| ends.clone()), &ends, "{id}: {order:?}");
        }
    }
    let (words, sums, ..) = expected.unwrap();
    assert_eq!(words, "confirmed partially_refunded");
    assert_eq!(sums, [["20.00", "20.00", "0.00", "5.00"].map(pounds)]);
}

/// Facts of an order that is not there wait, visibly, and are applied once it is.
///
/// # Panics
/// If they do not.
pub async fn facts_that_come_before_the_order_wait_for_it(fixture: Fixture) {
    let stage = Stage::over(fixture, Collection::OnInvoice);
    let runner = stage.runner(&CrashPoint::never());
    let notice = story("early", stage.clock.now()).swap_remove(1);
    assert!(stage.orders.notice(notice.clone()).await.unwrap(), "it is new");
    assert!(!stage.orders.notice(notice.clone()).await.unwrap(), "it is known");
    assert_eq!(runner.step().await.unwrap().notices, 1);
    let waiting = stage.orders.notices(&stage.admin, 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].notice, notice);
    assert_eq!(waiting[0].state, NoticeState::Waiting);
    assert_eq!(waiting[0].code.as_ref().map(Label::as_str), Some("order.not_found"));
    assert!(waiting[0].next_at.is_some_and(|at| at > stage.clock.now()));

    stage.place("early").await;
    stage.clock.step(60_000);
    stage.drive("early", &CrashPoint::never()).await;
    let order = stage.order("early").await;
    assert_eq!((order.status(), order.payment_status().as_str()), (Status::Confirmed, "paid"));
    assert!(stage.orders.notices(&stage.admin, 10).await.unwrap().is_empty());

    // What can never be in its order is kept and shown.
    let mut wrong = notice;
    wrong.id = text("wrong");
    wrong.facts.captured = Money::new(1, order_core::Currency::USD);
    stage.orders.notice(wrong).await.unwrap();
    runner.step().await.unwrap();
    let refused = stage.orders.notices(&stage.admin, 10).await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].state, NoticeState::Refused);
    assert_eq!(refused[0].code.as_ref().map(Label::as_str), Some("money.currency_mismatch"));
}

/// Hundreds of refunds of 60 % at once: one of each order goes through, on both sides.
///
/// # Panics
/// If more do, or none.
pub async fn many_refunds_at_once_never_exceed_what_was_captured(fixture: Fixture) {
    const ORDERS: usize = 100;
    const AT_ONCE: usize = 16;
    let stage = Stage::over(fixture, Collection::BeforeConfirm);
    let never = CrashPoint::never();
    for n in 0..ORDERS {
        let id = format!("refund-{n}");
        stage.place(&id).await;
    }
    stage.drive("refund-0", &never).await;
    for n in 0..ORDERS {
        let id = format!("refund-{n}");
        let refund = || Command::Refund {
            id: None,
            payment_id: None,
            amount: Some(pounds("12.00")),
            items: None,
            return_id: None,
            reason: None,
        };
        let refunds = (0..AT_ONCE).map(|_| stage.run(&id, refund()));
        let done = futures::future::join_all(refunds).await;
        let taken = done.iter().filter(|refund| refund.is_ok()).count();
        assert_eq!(taken, 1, "{done:?}");
        let exceeded = |error: &order_core::ServiceError| error.code() == "payment.amount_exceeded";
        assert!(done.iter().filter_map(|refund| refund.as_ref().err()).all(exceeded), "{done:?}");
    }
    stage.drive("refund-0", &never).await;
    let ledger = stage.provider.ledger();
    ledger.audit().unwrap();
    for n in 0..ORDERS {
        let order = stage.order(&format!("refund-{n}")).await;
        agree(&order, &ledger);
        assert_eq!((order.captured(), order.refunded()), (2_000, 1_200), "{order:?}");
        assert!(order.calls().is_empty());
    }
}
