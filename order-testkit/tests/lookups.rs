//! Placing an order where other services know the products and the customers.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    Currency, CustomerId, ErrorKind, Meta, Money, NewOrder, OrderService, Orders, Plan, Policy,
    Principal, Product, ProductId, Role, RoleKind, ServiceError, Timestamp,
    memory::InMemoryStore,
    ports::{CustomerLookup, ProductLookup, RemoteError},
};
use order_testkit::{
    CountingIds, FixedClock,
    sample::{order_of, priced, text, units},
};

/// Knows `mug` at 7.50 with three left, and customers whose id begins with `c`; or is away.
#[derive(Debug)]
struct Service {
    away: bool,
}

fn away() -> RemoteError {
    RemoteError::Unavailable { service: "product", source: "it is away".into() }
}

#[async_trait]
impl ProductLookup for Service {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, RemoteError> {
        if self.away {
            return Err(away());
        }
        let at = Timestamp::from_millis(0);
        let mug = |id: &ProductId| Product {
            id: id.clone(),
            name: text("A mug"),
            description: None,
            price: Money::new(750, Currency::GBP),
            stock: Some(3),
            backorder: false,
            category: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        Ok(ids.iter().filter(|id| id.as_str() == "mug").map(mug).collect())
    }
}

#[async_trait]
impl CustomerLookup for Service {
    async fn exists(&self, id: &CustomerId) -> Result<bool, RemoteError> {
        if self.away { Err(away()) } else { Ok(id.as_str().starts_with('c')) }
    }
}

fn orders(is_away: bool) -> OrderService {
    let plan = Plan { hold: true, ..Plan::default() };
    let service = Arc::new(Service { away: is_away });
    OrderService::new(InMemoryStore::default(), FixedClock::default(), CountingIds::default())
        .with_policy(Policy { plan, currency: Currency::GBP, ..Policy::default() })
        .with_products(Arc::<Service>::clone(&service))
        .with_customers(service)
}

fn admin() -> Principal {
    Principal::new(text("tester"), RoleKind::Admin)
}

async fn place(orders: &OrderService, who: &Principal, quantity: u32) -> Result<i64, ServiceError> {
    let order = NewOrder { id: None, ..order_of("o", vec![units("mug", quantity)]) };
    let placed = orders.place(who, order, Meta::default()).await?;
    assert!(placed.order.lines().iter().all(|line| !line.tracked), "the service counts the stock");
    Ok(placed.order.totals().total.minor())
}

#[tokio::test]
async fn products_and_prices_come_from_the_service() {
    assert_eq!(place(&orders(false), &admin(), 2).await.unwrap(), 1_500);
    let unknown = order_of("o", vec![units("cup", 1)]);
    let refused = orders(false).place(&admin(), unknown, Meta::default()).await.unwrap_err();
    assert_eq!(refused.code(), "product.unknown");
    let customer = Principal::customer(text("c-1"));
    let cheap = NewOrder { id: None, ..order_of("o", vec![priced("mug", 1, "1.00")]) };
    let refused = orders(false).place(&customer, cheap, Meta::default()).await.unwrap_err();
    assert_eq!(refused.code(), "price_mismatch");
}

#[tokio::test]
async fn what_the_service_has_not_enough_of_is_refused_at_once() {
    assert_eq!(place(&orders(false), &admin(), 3).await.unwrap(), 2_250);
    let refused = place(&orders(false), &admin(), 4).await.unwrap_err();
    assert_eq!(refused.code(), "stock.insufficient");
    // Two lines of a product are one demand.
    let twice = order_of("o", vec![units("mug", 2), units("mug", 2)]);
    let refused = orders(false).place(&admin(), twice, Meta::default()).await.unwrap_err();
    assert_eq!(refused.code(), "stock.insufficient");
}

#[tokio::test]
async fn only_customers_that_the_service_knows_can_order() {
    let known = Principal::customer(text("c-1"));
    assert!(matches!(known.role, Role::Customer(_)));
    assert!(place(&orders(false), &known, 1).await.is_ok());
    let stranger = Principal::customer(text("stranger"));
    let refused = place(&orders(false), &stranger, 1).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.pointer().as_deref()),
        ("customer.unknown", Some("/customerId"))
    );
}

#[tokio::test]
async fn a_service_that_is_away_is_said_to_be() {
    let refused = place(&orders(true), &admin(), 1).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("remote.unavailable", ErrorKind::Unavailable));
}
