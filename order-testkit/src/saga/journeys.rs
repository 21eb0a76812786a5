//! Lives of an order, each through every behaviour of the provider and every crash.

use std::collections::BTreeMap;

use order_core::{
    Collection, Command, Label, Meta, Orders as _, Rejection, ServiceError, Shipping, Status,
    catalog::STOCK_MAX,
    ports::{Clock, Operation, PaymentCall, Payments},
};

use super::{
    check::{End, check_stock, end_of},
    stage::{EXPIRES, Stage},
};
use crate::{
    CrashPoint, HoldFault,
    contract::Fixture,
    provider::{Behaviour, Rule, Scripted},
    sample::{order_of, pounds, product, text, units},
};

/// What becomes of an order, if nothing hinders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Journey {
    /// It is confirmed, shipped, delivered and completed.
    Fulfilled(Collection),
    /// It is confirmed, then somebody cancels it.
    Cancelled(Collection),
}

impl Journey {
    const fn collect(self) -> Collection {
        match self {
            Self::Fulfilled(collect) | Self::Cancelled(collect) => collect,
        }
    }

    /// What the provider is asked on the way.
    const fn operations(self) -> &'static [Operation] {
        use Operation::{Authorize, Capture, Refund, Void};
        match self {
            Self::Fulfilled(_) => &[Authorize, Capture],
            Self::Cancelled(Collection::OnShipment) => &[Authorize, Void],
            Self::Cancelled(_) => &[Authorize, Capture, Refund],
        }
    }

    async fn go(self, stage: &Stage, id: &str, crash: &CrashPoint) {
        stage.place(id).await;
        stage.drive(id, crash).await;
        match self {
            Self::Fulfilled(_) => {
                let ship = Command::Ship(Shipping::default());
                for command in [ship, Command::Deliver { shipment_id: None }] {
                    go_on(stage.run(id, command).await);
                    stage.drive(id, crash).await;
                }
            }
            Self::Cancelled(_) => {
                go_on(stage.run(id, Command::Cancel { reason: None }).await);
                stage.drive(id, crash).await;
            }
        }
    }
}

/// What was cancelled on its way is not shipped; that is as it should be.
fn go_on<T>(done: Result<T, ServiceError>) {
    match done {
        Ok(_) | Err(ServiceError::Rejected(Rejection::TransitionNotAllowed { .. })) => {}
        Err(error) => panic!("{error}"),
    }
}

/// An order that is paid on shipment is fulfilled, through every behaviour and crash.
///
/// # Panics
/// If an order does not end as it may.
pub async fn every_way_to_fulfil_what_is_paid_on_shipment(fixture: Fixture) {
    every_behaviour_and_crash(fixture, Journey::Fulfilled(Collection::OnShipment)).await;
}

/// An order that is paid before it is confirmed is fulfilled, through every behaviour and crash.
///
/// # Panics
/// If an order does not end as it may.
pub async fn every_way_to_fulfil_what_is_paid_before(fixture: Fixture) {
    every_behaviour_and_crash(fixture, Journey::Fulfilled(Collection::BeforeConfirm)).await;
}

/// An order whose payment is authorized is cancelled, through every behaviour and crash.
///
/// # Panics
/// If an order does not end as it may.
pub async fn every_way_to_cancel_what_is_authorized(fixture: Fixture) {
    every_behaviour_and_crash(fixture, Journey::Cancelled(Collection::OnShipment)).await;
}

/// An order whose payment is captured is cancelled, through every behaviour and crash.
///
/// # Panics
/// If an order does not end as it may.
pub async fn every_way_to_cancel_what_is_paid(fixture: Fixture) {
    every_behaviour_and_crash(fixture, Journey::Cancelled(Collection::BeforeConfirm)).await;
}

/// A journey with every behaviour of the provider for each of its calls, each with a crash before every
/// call that writes to the store, before and after every call of provider and inventory, and with none.
async fn every_behaviour_and_crash(fixture: Fixture, journey: Journey) {
    let mut stage = Stage::over(fixture, journey.collect());
    let (mut ids, mut ends) = (Vec::new(), BTreeMap::new());
    let behaviours = || Behaviour::ALL.into_iter();
    for (behaviour, operation) in journey
        .operations()
        .iter()
        .flat_map(|operation| behaviours().map(move |behaviour| (behaviour, *operation)))
    {
        for call in 0.. {
            let crash = CrashPoint::before(call);
            let id = format!("{behaviour}-{operation}-{call}");
            // Books of its own for each, so that adding them up stays quick.
            stage.provider = Scripted::default();
            stage.provider.rule(Rule::always(behaviour).operation(operation));
            journey.go(&stage, &id, &crash).await;
            let end = end_of(&stage, &id).await;
            if end == End::NeedsAttention {
                let order = stage.order(&id).await;
                let code = order.attention().map(|attention| attention.code.to_string());
                // Not by patience running out: the provider said so.
                assert_eq!(code.as_deref(), Some("payment.request_refused"), "{order:?}");
                stage.resolve(&id).await;
            }
            *ends.entry(format!("{end:?}")).or_insert(0) += 1;
            ids.push(id);
            if !crash.is_dead() {
                break;
            }
        }
    }
    check_stock(&stage, &ids);
    println!("{journey:?}: {} orders: {ends:?}", ids.len());
    assert!(ids.len() > 300, "only {} orders: the runner has lost its steps", ids.len());
    let wanted = match journey {
        Journey::Fulfilled(_) => End::Completed,
        Journey::Cancelled(_) => End::GivenBack,
    };
    assert!(ends.contains_key(&format!("{wanted:?}")), "{ends:?}");
}

/// Cancelling gives everything back: the stock, what is authorized, what is captured. So does a lack of
/// stock, and an answer of the inventory that was lost.
///
/// # Panics
/// If it does not.
pub async fn cancelling_gives_everything_back(fixture: Fixture) {
    let mut stage = Stage::over(fixture, Collection::OnShipment);
    let never = CrashPoint::never();
    for (id, collect) in [("void", Collection::OnShipment), ("refund", Collection::BeforeConfirm)] {
        stage.collect(collect);
        Journey::Cancelled(collect).go(&stage, id, &never).await;
        assert_eq!(end_of(&stage, id).await, End::GivenBack);
        let operations: Vec<_> = stage
            .provider
            .ledger()
            .effects()
            .iter()
            .filter(|effect| effect.order_id.as_str() == id)
            .map(|effect| effect.operation.as_str())
            .collect();
        assert_eq!(operations.last(), Some(&id));
    }
    stage.inventory.plan([HoldFault::LostAfter, HoldFault::LostBefore]);
    Journey::Cancelled(Collection::OnShipment).go(&stage, "lost", &never).await;
    assert_eq!(end_of(&stage, "lost").await, End::GivenBack);

    let product = text(super::stage::PRODUCT);
    let left = stage.inventory.left(&product);
    stage.inventory.set(product, 1);
    stage.place("short").await;
    stage.drive("short", &never).await;
    assert_eq!(end_of(&stage, "short").await, End::GivenBack);
    let reason = stage.order("short").await.reason().map(ToString::to_string);
    assert!(reason.is_some_and(|reason| reason.contains("only 1")), "it says why");
    stage.inventory.set(text(super::stage::PRODUCT), left);
}

/// An order that is not paid in time is cancelled and frees its stock; what is paid for it later goes
/// back by itself.
///
/// # Panics
/// If it does not.
pub async fn a_late_payment_of_an_expired_order_is_refunded(fixture: Fixture) {
    let stage = Stage::over(fixture, Collection::BeforeConfirm);
    let never = CrashPoint::never();
    // The provider does it, and nobody hears of it.
    let rule = Rule::always(Behaviour::TimeOutThenSuccess).withheld(10_000).calls(1);
    stage.provider.rule(rule);
    let placed = stage.place("late").await.order;
    let runner = stage.runner(&never);
    runner.step().await.unwrap();
    assert_eq!(stage.order("late").await.status(), Status::Pending);
    assert_eq!(stage.order("late").await.payment_status().as_str(), "pending");
    stage.clock.step(EXPIRES + 60_000);
    runner.step().await.unwrap();
    let expired = stage.order("late").await;
    assert_eq!(expired.status(), Status::Cancelled, "{expired:?}");
    assert!(stage.clock.now().millis_since(placed.created_at()) >= EXPIRES);

    // The callback comes at last.
    assert_eq!(stage.provider.ledger().effects().len(), 1, "it was authorized long ago");
    stage.deliver().await;
    stage.provider.clear_rules();
    stage.drive("late", &never).await;
    assert_eq!(end_of(&stage, "late").await, End::GivenBack);
    let after = stage.order("late").await;
    assert_eq!((after.authorized(), after.captured()), (0, 0), "{after:?}");

    // And once more, of money that the customer's side had captured there meanwhile.
    stage.place("paid-late").await;
    stage.provider.down(true);
    stage.runner(&never).step().await.unwrap();
    stage.clock.step(EXPIRES + 60_000);
    stage.runner(&never).step().await.unwrap();
    assert_eq!(stage.order("paid-late").await.status(), Status::Cancelled);
    stage.provider.down(false);
    for operation in [Operation::Authorize, Operation::Capture] {
        let call = PaymentCall {
            key: text(&format!("customer/{operation}")),
            order_id: text("paid-late"),
            payment_id: text("link"),
            operation,
            amount: pounds("20.00"),
            refund_id: None,
            method: text("card"),
            source: None,
            reference: None,
        };
        stage.provider.call(&call).await.unwrap();
    }
    stage.deliver().await;
    stage.drive("paid-late", &never).await;
    assert_eq!(end_of(&stage, "paid-late").await, End::GivenBack);
    assert_eq!(stage.order("paid-late").await.refunded(), 2_000, "all of it went back");
    check_stock(&stage, &["late", "paid-late"].map(str::to_owned));
}

/// An order that cannot give its stock back, since it fits no more, is in no other's way, and somebody can
/// see what is in its own.
///
/// # Panics
/// If the other does not go on.
pub async fn an_order_that_cannot_go_on_is_in_nobodys_way(fixture: Fixture) {
    let stage = Stage::over(fixture, Collection::BeforeConfirm);
    stage.provider.down(true);
    let ours = text("ours");
    stage.orders.add_product(&stage.admin, product("ours", Some(5))).await.unwrap();
    let stuck = order_of("stuck", vec![units("ours", 5)]);
    stage.orders.place(&stage.admin, stuck, Meta::default()).await.unwrap();
    stage.orders.change_stock(&stage.admin, &ours, STOCK_MAX).await.unwrap();
    stage.clock.step(1);
    stage.place("behind").await;

    stage.clock.step(EXPIRES + 60_000);
    stage.runner(&CrashPoint::never()).step().await.unwrap();
    assert_eq!(stage.order("behind").await.status(), Status::Cancelled);
    assert_eq!(stage.order("stuck").await.status(), Status::Pending);
    let trouble = stage.entry("stuck").await.and_then(|entry| entry.trouble);
    assert_eq!(trouble.as_ref().map(Label::as_str), Some("stock.out_of_range"));

    // Once there is room it ends by itself.
    stage.orders.change_stock(&stage.admin, &ours, -5).await.unwrap();
    stage.drive("stuck", &CrashPoint::never()).await;
    assert_eq!(stage.order("stuck").await.status(), Status::Cancelled);
}
