//! What stores that keep rows do about rows that do not fit.
//!
//! [`corrupt_rows_contract!`](crate::corrupt_rows_contract) makes one test of each.

use std::fmt::Debug;

use async_trait::async_trait;
use order_core::{
    Command, CreditNoteId, ErrorKind, Meta, OrderId, Orders, ProductId, RoleKind, UserId,
    ports::{OrderQuery, PAGE_MAX, ProductQuery, RequestKey, StoreError, UserQuery},
};

use super::{Fixture, World, accounts::account};
use crate::sample::{credit_note, full_order, keyed, order, product, refused_row, text};

/// A row that is to be made unreadable: its document becomes one that does not fit the domain, as a
/// broken disk or a stray hand would leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The first event of an order.
    Event(OrderId),
    /// The state of an order that serves reads.
    State(OrderId),
    /// The personal data of an order.
    Person(OrderId),
    /// A product, for example its price.
    Product(ProductId),
    /// A credit note.
    CreditNote(CreditNoteId),
    /// The refused row of this source and line.
    RefusedRow(String, u64),
    /// What is remembered of a request, for example its order's id.
    Request(RequestKey),
    /// An account, for example its profile.
    Account(UserId),
}

/// Damages rows behind a store's back.
#[async_trait]
pub trait Damager: Debug + Send + Sync {
    /// Makes a row unreadable. Past checks and triggers, if there are any.
    async fn damage(&self, what: Damage);
}

/// An empty store and a way to damage it.
pub type Damageable = (Fixture, Box<dyn Damager>);

/// Two orders, a product, a credit note, a refused row, a request; then one of them is damaged.
async fn damaged((fixture, damager): Damageable, what: Damage) -> World {
    let world = World::over(fixture);
    world.try_place(full_order(1), keyed("k")).await.unwrap();
    world.place(full_order(2)).await;
    for id in ["p1", "p2"] {
        world.sell(product(id, Some(5))).await;
    }
    world.store.issue(&credit_note("C1", 100)).await.unwrap();
    world.store.refuse(&[refused_row("a", 1)]).await.unwrap();
    for id in ["u1", "u2"] {
        world.store.put_account(&account(id, RoleKind::Admin)).await.unwrap();
    }
    damager.damage(what).await;
    world
}

fn check_corrupt<T: Debug>(result: Result<T, StoreError>, what: &str) {
    match result {
        Err(error @ StoreError::Corrupt { .. }) => {
            assert_eq!((error.code(), error.kind()), ("store.corrupt", ErrorKind::Internal));
        }
        other => panic!("{what}: {other:?}"),
    }
}

fn all() -> OrderQuery {
    OrderQuery { limit: 10, ..OrderQuery::default() }
}

/// The other order is read, listed and written as if nothing were wrong.
async fn check_other_is_well(world: &World) {
    assert!(world.store.find("order-2").await.unwrap().is_some());
    assert_eq!(world.store.load(&text("order-2")).await.unwrap().events.len(), 2);
    let customer_id = Some(text("customer-2"));
    assert_eq!(world.ids(&OrderQuery { customer_id, ..all() }).await, ["order-2"]);
    world.run(&text("order-2"), Command::Process).await;
}

/// An event that does not fit is an error of the order it belongs to, and of no other.
pub async fn d01_a_damaged_event_is_reported(fresh: Damageable) {
    let world = damaged(fresh, Damage::Event(text("order-1"))).await;
    check_corrupt(world.store.load(&text("order-1")).await, "load");
    let cancel = Command::Cancel { reason: None };
    let refused = world.try_run(&text("order-1"), cancel, Meta::default()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Internal);
    check_other_is_well(&world).await;
    let page = world.store.audit(None, 10).await.unwrap();
    assert_eq!(page.len(), 2);
    assert!(matches!(page[0].events, Err(StoreError::Corrupt { .. })), "{:?}", page[0]);
    assert!(page[0].state.is_ok() && page[1].events.is_ok());
}

/// A state that does not fit is never skipped: it fails every read it belongs to.
pub async fn d02_a_damaged_state_is_reported(fresh: Damageable) {
    let world = damaged(fresh, Damage::State(text("order-1"))).await;
    check_corrupt(world.store.find("order-1").await, "find");
    check_corrupt(world.store.find("No. 1/2025").await, "find by number");
    check_corrupt(world.store.list(&all()).await, "list");
    check_other_is_well(&world).await;
    let page = world.store.audit(None, 10).await.unwrap();
    assert_eq!(page.len(), 2);
    assert!(matches!(page[0].state, Err(StoreError::Corrupt { .. })), "{:?}", page[0]);
    assert!(page[0].events.is_ok() && page[1].state.is_ok());
}

/// Personal data that does not fit fails every read that shows it.
pub async fn d03_damaged_personal_data_is_reported(fresh: Damageable) {
    let world = damaged(fresh, Damage::Person(text("order-1"))).await;
    check_corrupt(world.store.load(&text("order-1")).await, "load");
    check_corrupt(world.store.find("order-1").await, "find");
    check_corrupt(world.store.list(&all()).await, "list");
    check_other_is_well(&world).await;
}

/// A product that does not fit fails every read it belongs to, and no other.
pub async fn d04_a_damaged_product_is_reported(fresh: Damageable) {
    let world = damaged(fresh, Damage::Product(text("p1"))).await;
    check_corrupt(world.store.products(&[text("p1"), text("p2")]).await, "products");
    let whole = ProductQuery { limit: 10, ..ProductQuery::default() };
    check_corrupt(world.store.list_products(&whole).await, "list_products");
    let rest = ProductQuery { after: Some(text::<order_core::ProductId>("p1").into()), ..whole };
    assert_eq!(world.store.list_products(&rest).await.unwrap().products.len(), 1);
    assert_eq!(world.stock("p2").await, Some(5));
}

/// A credit note that does not fit is reported.
pub async fn d05_a_damaged_credit_note_is_reported(fresh: Damageable) {
    let world = damaged(fresh, Damage::CreditNote(text("C1"))).await;
    check_corrupt(world.store.credit_notes(None, 10).await, "credit_notes");
    assert!(world.store.issue(&credit_note("C2", 100)).await.unwrap());
}

/// A refused row that does not fit is reported, and can be replaced.
pub async fn d06_a_damaged_refused_row_is_reported(fresh: Damageable) {
    let world = damaged(fresh, Damage::RefusedRow("a".to_owned(), 1)).await;
    check_corrupt(world.store.refused().await, "refused");
    world.store.refuse(&[refused_row("a", 1)]).await.unwrap();
    assert_eq!(world.store.refused().await.unwrap(), [refused_row("a", 1)]);
}

/// A request that cannot be read is reported: it is neither forgotten nor carried out again.
pub async fn d07_a_damaged_request_is_reported(fresh: Damageable) {
    let key = RequestKey { owner: text("tester"), key: text("k") };
    let world = damaged(fresh, Damage::Request(key.clone())).await;
    check_corrupt(world.store.recall(&key).await, "recall");
    let refused = world.try_place(full_order(1), keyed("k")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Internal);
    let again = world.try_place(order(3), keyed("k")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Internal);
    assert!(world.store.find("order-3").await.unwrap().is_none());
}

/// A verification names the damaged order, and goes on to the next.
pub async fn d08_a_verification_names_what_is_damaged(fresh: Damageable) {
    let world = damaged(fresh, Damage::State(text("order-1"))).await;
    let page = world.orders.verify(&world.admin, None, 10).await.unwrap();
    assert_eq!(page.orders, 2);
    let subjects: Vec<_> = page.findings.iter().map(|f| f.subject.as_str()).collect();
    assert!(subjects.contains(&"order-1") && !subjects.contains(&"order-2"), "{page:?}");
}

/// An account that does not fit is reported wherever it is read, and the others are well.
pub async fn d09_a_damaged_account_is_reported(fresh: Damageable) {
    let world = damaged(fresh, Damage::Account(text("u1"))).await;
    check_corrupt(world.store.account(&text("u1")).await, "account");
    check_corrupt(world.store.account_of(&text("u1@shop.example")).await, "account_of");
    let page = UserQuery { limit: PAGE_MAX, ..UserQuery::default() };
    check_corrupt(world.store.list_users(&page).await, "list_users");
    assert!(world.store.account(&text("u2")).await.unwrap().is_some());
    world.store.remove_account(&text("u1"), 1).await.unwrap();
    assert_eq!(world.store.list_users(&page).await.unwrap().users.len(), 1);
}
