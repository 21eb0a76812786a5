//! The whole flow with a payment provider: orders authorize, confirm, capture with their first parcel,
//! complete by themselves; one that is declined or cancelled gives back what it took. The provider is
//! that of `order-testkit`, over HTTP, and tells by itself what happens.
//!
//! `cargo run -p order-examples --example saga`

use std::{error::Error, sync::Arc, time::Duration};

use order_core::{
    Collection, Command, Currency, ItemInput, Meta, NewOrder, Operation, OrderService, Orders,
    PayWith, Plan, Policy, Principal, Shipping, ports::SystemClock, process::Runner,
};
use order_remote::{HttpPayments, Settings};
use order_store_sqlite::SqliteStore;
use order_testkit::provider::{Behaviour, Provider, Rule};
use uuid::Uuid;

/// Authorize first, capture with the first parcel, complete at once after the delivery.
const PLAN: Plan = Plan {
    collect: Collection::OnShipment,
    hold: false,
    confirm: true,
    expire_after_ms: Some(30 * 60 * 1_000),
    complete_after_ms: Some(0),
};

struct Shop {
    orders: OrderService,
    runner: Runner,
    me: Principal,
}

impl Shop {
    async fn place(&self, id: &str, token: &str) -> Result<(), Box<dyn Error>> {
        let tea = ItemInput {
            product_id: "tea".try_into()?,
            quantity: 3,
            unit_price: Some("4.95".to_owned()),
            name: None,
            line_id: None,
        };
        let pay_with = PayWith { method: "card".try_into()?, source: Some(token.try_into()?) };
        let new = NewOrder {
            id: Some(id.try_into()?),
            items: vec![tea],
            pay_with: Some(pay_with),
            ..NewOrder::default()
        };
        self.orders.place(&self.me, new, Meta::default()).await?;
        self.settle(id).await
    }

    async fn act(&self, id: &str, command: Command) -> Result<(), Box<dyn Error>> {
        self.orders.execute(&self.me, id, command, Meta::default()).await?;
        self.settle(id).await
    }

    /// A server does this in the background, again and again.
    async fn settle(&self, id: &str) -> Result<(), Box<dyn Error>> {
        for _ in 0..20 {
            self.runner.step().await?;
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let order = self.orders.order(&self.me, id, None).await?.order;
        let attention = order.attention().map(|it| format!(", needs attention: {}", it.code));
        println!(
            "{id}: {}, {}{}",
            order.status(),
            order.payment_status(),
            attention.unwrap_or_default()
        );
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = Provider::within()?;
    let payments = HttpPayments::new(Settings::new(&provider.url())?)?;

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("orders.db");
    let store = SqliteStore::open(&format!("sqlite://{}", file.display())).await?;
    let policy = Policy { plan: PLAN, currency: Currency::EUR, ..Policy::default() };
    let orders = OrderService::new(store.clone(), SystemClock, Uuid::now_v7).with_policy(policy);
    let runner = Runner::new(orders.clone()).with_payments(Arc::new(payments));
    let shop = Shop { orders, runner, me: Principal::admin("saga".try_into()?) };

    shop.place("fulfilled", "accept").await?;
    shop.act("fulfilled", Command::Ship(Shipping::default())).await?;
    shop.act("fulfilled", Command::Deliver { shipment_id: None }).await?;

    shop.place("declined", "decline").await?;

    shop.place("cancelled", "accept").await?;
    shop.act("cancelled", Command::Cancel { reason: None }).await?;

    // It is done, and answered with an error: asked again with the same key, the truth comes out.
    shop.place("doubtful", "fail_after_effect").await?;

    provider.rule(Rule::always(Behaviour::Decline).operation(Operation::Capture)).await;
    shop.act("doubtful", Command::Ship(Shipping::default())).await?;

    let ledger = provider.ledger().await;
    ledger.audit()?;
    println!(
        "the provider's books: {} payments, {} effects",
        ledger.payments().len(),
        ledger.effects().len()
    );
    store.close().await;
    Ok(())
}
