//! Reads and writes by key.

use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use order_core::{
    Command, Meta, NewOrder, OrderService, Orders, Principal, Revision, Shipping,
    ports::{Catalog, EventFeed, OrderQueries, OrderStore, RequestKey},
};
use order_store_postgres::PgOrderStore;
use order_testkit::{
    CountingIds, FixedClock,
    sample::{keyed, order_of, person, text, units},
};
use sqlx::PgPool;

use crate::{Allowed, Examiner, Way};

/// What one order needs, its lines, its stock and what it is found by.
const ONE: u32 = 12;
/// How many are placed at once.
const MANY: u32 = 100;

pub(crate) async fn everything_by_key_is_looked_up(store: &PgOrderStore, examiner: &mut Examiner) {
    let allowed = Allowed::page(ONE).by(Way::Keys);
    for reference in ["order-0500000", "no-0500000"] {
        assert!(store.find(reference).await.unwrap().is_some());
        examiner.check(reference, allowed);
    }
    assert!(store.find("nothing").await.unwrap().is_none());
    examiner.check("what is not there", allowed);
    assert_eq!(store.load(&text("order-0500000")).await.unwrap().events.len(), 1);
    examiner.check("a history", allowed);
    let key = RequestKey { owner: text("tester"), key: text("key-order-0500000") };
    assert!(store.recall(&key).await.unwrap().is_some());
    examiner.check("a key", allowed);
    let products = [text("thing-50000"), text("thing-7"), text("no-thing")];
    assert_eq!(store.products(&products).await.unwrap().len(), 2);
    examiner.check("products", allowed);
}

/// The use cases, for somebody who may do everything.
fn service(store: &PgOrderStore) -> (OrderService, Principal) {
    let clock = FixedClock::at(crate::crowd::at(2 * crate::crowd::ORDERS));
    let orders = OrderService::new(store.clone(), clock, CountingIds::default());
    (orders, Principal::admin(text("tester")))
}

/// An order with every part that is looked up, under an id that no other has.
fn new_order() -> NewOrder {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let id = format!("new-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let items = vec![units("thing-7", 1), units("thing-8", 2)];
    NewOrder { customer_id: Some(text("customer-17")), person: person(1), ..order_of(&id, items) }
}

/// Places an order, changes what it is about and ships it.
async fn live_through(orders: &OrderService, me: &Principal, check: &mut impl FnMut(&str)) {
    let new = new_order();
    let id = new.id.clone().unwrap();
    orders.place(me, new, keyed(&format!("key-{id}"))).await.unwrap();
    check("placing");
    let revision = Revision { items: Some(vec![units("thing-9", 1)]), ..Revision::default() };
    orders.revise(me, id.as_str(), revision, Meta::default()).await.unwrap();
    check("revising");
    let ship = Command::Ship(Shipping::default());
    orders.execute(me, id.as_str(), ship, Meta::default()).await.unwrap();
    check("shipping");
}

pub(crate) async fn commits_touch_their_own_rows(store: &PgOrderStore, examiner: &mut Examiner) {
    let (orders, me) = service(store);
    let one = Allowed::page(ONE).by(Way::Keys);
    live_through(&orders, &me, &mut |what| examiner.check(what, one)).await;
    for text in ["WITH present AS", "order_state s SET", "order_product_index x USING"] {
        examiner.has_seen(text);
    }
    let placing = (0..MANY).map(|_| {
        let (orders, me) = (orders.clone(), me.clone());
        tokio::spawn(async move { orders.place(&me, new_order(), Meta::default()).await })
    });
    for placed in placing.collect::<Vec<_>>() {
        placed.await.unwrap().unwrap();
    }
    examiner.check("placing many", Allowed::page(ONE * MANY).by(Way::Keys));
    store.sequence().await.unwrap();
    examiner.check("sequencing", Allowed::page(ONE * MANY).by(Way::Keys));
    examiner.has_seen("WITH waiting AS");
}

/// Its connections are the host's own, so that none of our settings helps.
pub(crate) async fn the_hosts_transaction_does_so_too(
    store: &PgOrderStore,
    url: &str,
    examiner: &mut Examiner,
    repeats: usize,
) {
    let (orders, me) = service(store);
    let pool = PgPool::connect(url).await.unwrap();
    let one = Allowed::page(ONE).by(Way::Keys);
    for _ in 0..repeats {
        let joined = store.join(pool.begin().await.unwrap());
        let inside = orders.within(joined.clone());
        live_through(&inside, &me, &mut |what| examiner.check(&format!("{what} within"), one))
            .await;
        assert!(joined.find("no-0500000").await.unwrap().is_some());
        examiner.check("finding within", one);
        joined.leave().await.unwrap().commit().await.unwrap();
    }
    pool.close().await;
}
