//! The use cases within a transaction of the host.

use std::time::Duration;

use order_core::{
    Command, ErrorKind, Meta, NewOrder, OrderService, Orders, Principal, Shipping, Status,
    ports::{
        Catalog, EventFeed, OrderPage, OrderQueries, OrderQuery, OrderStore, StatsQuery, StoreError,
    },
};
use order_store_postgres::PgJoined;
use order_testkit::sample::{full_order, keyed, order, order_of, product, text, time, units};
use sqlx::Executor;
use tokio::time::timeout;

use crate::host::{Host, PUT_BASKET, service};

/// A host in the middle of a transaction in which it has put a row.
struct Inside {
    host: Host,
    joined: PgJoined,
    orders: OrderService,
    me: Principal,
}

impl Inside {
    async fn new() -> Self {
        let host = Host::new().await;
        let (orders, me) = service(&host.store);
        let mut transaction = host.pool.begin().await.unwrap();
        transaction.execute(PUT_BASKET).await.unwrap();
        let joined = host.store.join(transaction);
        Self { orders: orders.within(joined.clone()), joined, me, host }
    }

    async fn place(&self, order: NewOrder) {
        self.orders.place(&self.me, order, Meta::default()).await.unwrap();
    }

    async fn commit(&self) {
        self.joined.leave().await.unwrap().commit().await.unwrap();
    }

    async fn list(&self) -> OrderPage {
        let query = OrderQuery { limit: 10, ..OrderQuery::default() };
        self.orders.list(&self.me, query).await.unwrap()
    }
}

#[tokio::test]
async fn the_hosts_row_and_a_placed_order_land_together() {
    let inside = Inside::new().await;
    inside.place(full_order(1)).await;
    assert_eq!(inside.host.store.find("order-1").await.unwrap(), None, "nobody sees it before");
    inside.commit().await;
    assert_eq!(inside.host.baskets().await, 1);
    let view = inside.host.store.find("No. 1/2025").await.unwrap().unwrap();
    assert_eq!(view.order.status(), Status::Confirmed);
}

#[tokio::test]
async fn the_hosts_row_and_a_placed_order_vanish_together() {
    let inside = Inside::new().await;
    inside.place(full_order(1)).await;
    inside.joined.leave().await.unwrap().rollback().await.unwrap();
    assert_eq!(inside.host.baskets().await, 0);
    inside.host.holds_no_order().await;
}

/// Dropping every handle is as good as a rollback.
#[tokio::test]
async fn a_transaction_that_nobody_leaves_is_rolled_back() {
    let Inside { host, joined, orders, me } = Inside::new().await;
    orders.place(&me, full_order(1), Meta::default()).await.unwrap();
    drop((joined, orders));
    assert_eq!(host.baskets().await, 0);
    host.holds_no_order().await;
}

#[tokio::test]
async fn a_transaction_sees_its_own_orders() {
    let inside = Inside::new().await;
    let Inside { orders, me, .. } = &inside;
    orders.add_product(me, product("vase", Some(5))).await.unwrap();
    inside.place(order_of("order-1", vec![units("vase", 2)])).await;
    let ship = Command::Ship(Shipping::default());
    let shipped = orders.execute(me, "order-1", ship, Meta::default()).await.unwrap();
    let view = orders.order(me, "order-1", None).await.unwrap();
    assert_eq!(view.order, shipped.order);
    assert_eq!(view.order.status(), Status::Shipped);
    assert_eq!(orders.order(me, view.order.number().as_str(), None).await.unwrap(), view);
    assert_eq!(inside.list().await.orders, std::slice::from_ref(&view));
    let history = orders.history(me, "order-1").await.unwrap();
    assert_eq!(history.len() as u64, view.order.version() + 1, "placed and confirmed at once");
    assert_eq!(orders.report(me, StatsQuery::default()).await.unwrap().rows.len(), 1);
    assert_eq!(orders.product(me, &text("vase")).await.unwrap().stock, Some(3));
    assert_eq!(inside.host.store.products(&[text("vase")]).await.unwrap(), []);
    inside.commit().await;
    assert_eq!(inside.host.store.find("order-1").await.unwrap().unwrap(), view);
    let stock = inside.host.store.products(&[text("vase")]).await.unwrap();
    assert_eq!(stock[0].stock, Some(3));
    assert_eq!(inside.host.store.sequence().await.unwrap(), history.len() as u64);
}

#[tokio::test]
async fn a_repeated_request_is_answered_within_the_transaction() {
    let inside = Inside::new().await;
    let Inside { orders, me, .. } = &inside;
    let first = orders.place(me, order(1), keyed("once")).await.unwrap();
    let again = orders.place(me, order(1), keyed("once")).await.unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!((&again.order, &again.events), (&first.order, &first.events));
    let other = orders.place(me, order(2), keyed("once")).await.unwrap_err();
    assert_eq!(other.code(), "request.key_reused");
    assert_eq!(inside.list().await.orders.len(), 1);
    inside.commit().await;
    let (orders, me) = service(&inside.host.store);
    let later = orders.place(&me, order(1), keyed("once")).await.unwrap();
    assert!(later.replayed);
    assert_eq!(later.order, first.order);
}

#[tokio::test]
async fn a_refused_order_leaves_the_transaction_usable() {
    let inside = Inside::new().await;
    let Inside { orders, me, .. } = &inside;
    inside.place(order(1)).await;
    let twice = orders.place(me, order(1), Meta::default()).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Conflict, "{twice:?}");
    let number = Some(text("no-1"));
    inside.place(NewOrder { number: number.clone(), ..order(2) }).await;
    let taken = orders.place(me, NewOrder { number, ..order(3) }, Meta::default()).await;
    assert_eq!(taken.unwrap_err().code(), "order.number_taken");
    orders.add_product(me, product("vase", Some(1))).await.unwrap();
    let sold_out = order_of("order-4", vec![units("vase", 2)]);
    let sold_out = orders.place(me, sold_out, Meta::default()).await.unwrap_err();
    assert_eq!(sold_out.code(), "stock.insufficient");
    let (vase, at) = (text("vase"), time("2025-02-01T00:00:00Z"));
    let too_much = inside.joined.change_stock(&vase, i64::MAX, at).await.unwrap_err();
    assert!(matches!(too_much, StoreError::StockOverflow { .. }), "{too_much:?}");
    inside.place(order(5)).await;
    inside.commit().await;
    assert_eq!(inside.host.baskets().await, 1);
    for (id, is_there) in [("1", true), ("2", true), ("3", false), ("4", false), ("5", true)] {
        let found = inside.host.store.find(&format!("order-{id}")).await.unwrap();
        assert_eq!(found.is_some(), is_there, "order-{id}");
    }
}

#[tokio::test]
async fn an_order_that_fails_half_way_leaves_nothing() {
    let inside = Inside::new().await;
    inside.host.veto_events().await;
    let failed = inside.orders.place(&inside.me, full_order(1), keyed("first")).await;
    assert!(failed.is_err());
    assert_eq!(inside.list().await.orders, []);
    inside.commit().await;
    assert_eq!(inside.host.baskets().await, 1);
    inside.host.holds_no_order().await;
}

#[tokio::test]
async fn after_a_dropped_call_nothing_lands() {
    let inside = Inside::new().await;
    inside.place(order(1)).await;
    let mut other = inside.host.pool.begin().await.unwrap();
    let row = inside.host.schema.sql("INSERT INTO order_store.order_number VALUES ('no-2', '')");
    sqlx::query(row).execute(&mut *other).await.unwrap();
    // Whether the number is taken is not known before the other one ends.
    let second = NewOrder { number: Some(text("no-2")), ..order(2) };
    let placing = inside.orders.place(&inside.me, second, Meta::default());
    assert!(timeout(Duration::from_millis(200), placing).await.is_err());
    let left = inside.joined.leave().await.unwrap_err();
    assert!(matches!(left, StoreError::Unavailable(_)), "{left:?}");
    let lost = inside.orders.place(&inside.me, order(3), Meta::default()).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Unavailable);
    other.rollback().await.unwrap();
    assert_eq!(inside.host.baskets().await, 0);
    inside.host.holds_no_order().await;
}

#[tokio::test]
async fn a_transaction_is_left_once() {
    let inside = Inside::new().await;
    let clone = inside.joined.clone();
    let transaction = inside.joined.leave().await.unwrap();
    assert!(matches!(clone.leave().await, Err(StoreError::Unavailable(_))));
    let late = inside.orders.place(&inside.me, order(1), Meta::default()).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Unavailable);
    assert!(inside.joined.load(&text("order-1")).await.is_err());
    transaction.commit().await.unwrap();
    assert_eq!(inside.host.baskets().await, 1);
}

#[tokio::test]
async fn tasks_may_share_the_transaction() {
    let inside = Inside::new().await;
    let tasks = (0..8).map(|n| {
        let (orders, me) = (inside.orders.clone(), inside.me.clone());
        tokio::spawn(async move { orders.place(&me, order(n), Meta::default()).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(inside.list().await.orders.len(), 8);
    assert_eq!(inside.host.store.find("order-0").await.unwrap(), None);
    inside.commit().await;
    assert!(inside.host.store.find("order-0").await.unwrap().is_some());
}

/// Numbers do not come from the host's pool, whose connections its own transactions may all have.
#[tokio::test]
async fn every_connection_of_the_host_may_be_in_a_transaction() {
    let host = Host::new().await;
    let (orders, me) = service(&host.store);
    let mut all = Vec::new();
    for _ in 0..host.pool.options().get_max_connections() {
        all.push(host.store.join(host.pool.begin().await.unwrap()));
    }
    for (n, joined) in (1..).zip(&all) {
        let order = NewOrder { id: None, number: None, ..order(n) };
        orders.within(joined.clone()).place(&me, order, Meta::default()).await.unwrap();
    }
    for joined in all {
        joined.leave().await.unwrap().commit().await.unwrap();
    }
    let query = OrderQuery { limit: 10, ..OrderQuery::default() };
    assert_eq!(orders.list(&me, query).await.unwrap().orders.len(), 4);
}
