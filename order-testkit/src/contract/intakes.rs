//! What other systems tell of the catalogue: done once, and only if it can be done.

use std::sync::Arc;

use order_core::{
    Incoming, Intake, NewProduct, Product, ServiceError, Told,
    ports::{
        CatalogChange, NoticeFate, NoticeState, Origin, PaymentFacts, PaymentNotice, StoreError,
    },
};

use super::{Fixture, World};
use crate::sample::{pounds, product, product_on_backorder, text, time};

fn origin(source: &str, id: &str) -> Origin {
    Origin { source: text(source), id: text(id) }
}

fn moved(world: &World, id: &str, delta: i64) -> CatalogChange {
    CatalogChange::MoveStock { id: text(id), delta, at: world.now() }
}

async fn take(world: &World, origin: &Origin, change: &CatalogChange) -> Result<bool, StoreError> {
    world.store.take_change(origin, change, world.now()).await
}

/// What an event told is done once, by source and id together.
pub async fn c212_a_told_change_is_done_once(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("mug", Some(5))).await;
    for (source, id, is_new, level) in [
        ("/warehouse", "1", true, 7),
        ("/warehouse", "1", false, 7),
        ("/shop", "1", true, 9),
        ("/warehouse", "2", true, 11),
        ("/shop", "1", false, 11),
    ] {
        let origin = origin(source, id);
        let done = take(&world, &origin, &moved(&world, "mug", 2)).await;
        assert_eq!(done.unwrap(), is_new, "{origin:?}");
        assert_eq!(world.stock("mug").await, Some(level), "{origin:?}");
    }
    assert!(take(&world, &origin("/shop", "2"), &CatalogChange::Nothing).await.unwrap());
    let late = take(&world, &origin("/shop", "2"), &moved(&world, "mug", 2)).await;
    assert!(!late.unwrap(), "an event that changed nothing is known too");
    assert_eq!(world.stock("mug").await, Some(11));
}

/// A change that cannot be done leaves nothing, and its event can be taken later.
pub async fn c213_a_told_change_that_is_refused_is_not_remembered(fixture: Fixture) {
    let world = World::over(fixture);
    let mug = world.sell(product("mug", Some(5))).await;
    world.sell(product_on_backorder("owed", -1)).await;
    let owed = world.store.products(&[text("owed")]).await.unwrap().remove(0);
    let event = origin("/warehouse", "1");
    let put = |product: &Product, version| CatalogChange::Put {
        product: Box::new(Product { version, ..product.clone() }),
        with_stock: true,
    };
    let remove = |id: &str, version| CatalogChange::Remove { id: text(id), version };
    for change in [
        moved(&world, "mug", -6),
        moved(&world, "mug", i64::MAX),
        moved(&world, "none", 1),
        put(&mug, 1),
        put(&mug, 3),
        remove("mug", 2),
        remove("none", 1),
        remove("owed", owed.version),
        put(&Product { backorder: false, stock: Some(-1), ..owed.clone() }, 2),
    ] {
        let refused = take(&world, &event, &change).await;
        assert!(refused.is_err(), "{change:?}: {refused:?}");
        if let CatalogChange::MoveStock { delta: 1, .. } = change {
            assert!(matches!(refused, Err(StoreError::ProductConflict)), "{refused:?}");
        }
    }
    assert_eq!(world.known_product("mug").await, Some(mug.clone()));
    assert!(take(&world, &event, &put(&mug, 2)).await.unwrap());
    assert!(take(&world, &origin("/warehouse", "2"), &remove("mug", 2)).await.unwrap());
    assert_eq!(world.store.products(&[text("mug")]).await.unwrap(), []);
}

/// Of those who take one event at once, one does.
pub async fn c214_a_change_told_to_many_at_once_is_done_once(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("mug", Some(0))).await;
    for round in 1..=10 {
        let tell = |_| {
            let (store, change) = (Arc::clone(&world.store), moved(&world, "mug", 1));
            let event = origin("/warehouse", &round.to_string());
            async move { store.take_change(&event, &change, time("2025-01-29T12:00:00Z")).await }
        };
        let done = world.race((0..12).map(tell)).await;
        let new = done.into_iter().map(Result::unwrap).filter(|is_new| *is_new).count();
        assert_eq!((new, world.stock("mug").await), (1, Some(round)));
    }
}

async fn tell(world: &World, id: &str, told: Told) -> Result<bool, ServiceError> {
    let (origin, kind) = (origin("/warehouse", id), text("told"));
    world.orders.take(Incoming { origin, kind, at: world.now(), told }).await
}

/// What is told of a product makes, changes and removes it; the same told again, also late, does nothing.
pub async fn c215_products_are_as_they_were_told(fixture: Fixture) {
    let world = World::over(fixture);
    let like = |price: &str, stock| {
        let new = product("mug", stock);
        Told::Product(NewProduct { price: price.to_owned(), ..new })
    };
    let counted = |level| Told::StockCounted { product_id: text("mug"), level };
    let moved = |quantity| Told::StockMoved { product_id: text("mug"), quantity };
    for (id, told, is_new, price, level, version) in [
        ("1", like("5.00", Some(3)), true, "5.00", 3, 1),
        ("2", moved(-2), true, "5.00", 1, 1),
        ("3", like("6.00", None), true, "6.00", 1, 2),
        ("1", like("5.00", Some(3)), false, "6.00", 1, 2),
        ("2", moved(-2), false, "6.00", 1, 2),
        ("4", counted(40), true, "6.00", 40, 3),
        ("5", moved(-2), true, "6.00", 38, 3),
        ("4", counted(40), false, "6.00", 38, 3),
    ] {
        assert_eq!(tell(&world, id, told).await.unwrap(), is_new, "{id}");
        let mug = world.known_product("mug").await.unwrap();
        let seen = (mug.price, mug.stock, mug.version);
        assert_eq!(seen, (pounds(price), Some(level), version), "{id}");
    }
    let short = tell(&world, "6", moved(-39)).await.unwrap_err();
    assert_eq!(short.code(), "stock.insufficient");
    assert!(tell(&world, "7", Told::ProductRemoved(text("mug"))).await.unwrap());
    assert!(world.known_product("mug").await.is_none());
    for (id, told) in
        [("5", moved(-2)), ("4", counted(40)), ("7", Told::ProductRemoved(text("mug")))]
    {
        assert!(!tell(&world, id, told).await.unwrap(), "{id} is known");
    }
    assert!(tell(&world, "8", Told::ProductRemoved(text("mug"))).await.unwrap(), "it is gone");
    for (id, told, code) in [
        ("9", moved(1), "product.not_found"),
        ("10", counted(1), "product.not_found"),
        ("11", moved(i64::MIN), "stock.out_of_range"),
        ("12", like("-1.00", None), "product.price_negative"),
        ("13", like("1.001", None), "money.precision"),
        ("14", like("1.00", Some(-1)), "stock.out_of_range"),
        (
            "15",
            Told::Product(NewProduct { id: None, ..product("mug", None) }),
            "product.id_missing",
        ),
    ] {
        let refused = tell(&world, id, told).await.unwrap_err();
        assert_eq!(refused.code(), code, "{id}: {refused:?}");
    }
}

/// What is told of a payment waits for its order, known by source and id.
pub async fn c216_a_told_payment_is_a_notice(fixture: Fixture) {
    let world = World::over(fixture);
    let facts = PaymentFacts::nothing(text("order-1"), text("1"), pounds("0.00"));
    for is_new in [true, false] {
        assert_eq!(tell(&world, "1", Told::Payment(facts.clone())).await.unwrap(), is_new);
    }
    let open = world.store.open_notices(10).await.unwrap();
    assert_eq!(open.len(), 1);
    let notice = &open[0].notice;
    assert_eq!((notice.provider.as_str(), notice.id.as_str()), ("/warehouse", "1"));
    assert_eq!(notice.facts, facts);
}

/// What is old and done with is forgotten, the oldest first; what waits is not.
pub async fn c217_what_is_done_with_is_forgotten_one_day(fixture: Fixture) {
    let world = World::over(fixture);
    let at = |millis: i64| time("2025-01-29T12:00:00Z").plus_millis(millis);
    let (open, done) = (NoticeState::Waiting, NoticeState::Applied);
    for n in 0..6_i64 {
        let event = origin("/warehouse", &n.to_string());
        assert!(world.store.take_change(&event, &CatalogChange::Nothing, at(n)).await.unwrap());
        let notice = notice(&n.to_string());
        assert!(world.store.receive(&notice, at(n)).await.unwrap());
        if n % 2 == 0 {
            let (provider, id) = (&notice.provider, &notice.id);
            world.store.settle_notice(provider, id, &NoticeFate::Applied).await.unwrap();
        }
    }
    assert_eq!(world.store.forget(at(0), 10).await.unwrap(), 0);
    assert_eq!(world.store.forget(at(4), 1).await.unwrap(), 2, "an event and a notice");
    assert_eq!(world.store.forget(at(4), 10).await.unwrap(), 4, "three events and a notice");
    assert_eq!(world.store.forget(at(4), 10).await.unwrap(), 0);
    for n in 0..6 {
        let event = origin("/warehouse", &n.to_string());
        let is_new = world.store.take_change(&event, &CatalogChange::Nothing, at(9)).await;
        assert_eq!(is_new.unwrap(), n < 4, "event {n}");
        let state = if n % 2 == 0 { done } else { open };
        let is_new = world.store.receive(&notice(&n.to_string()), at(9)).await.unwrap();
        assert_eq!(is_new, state == done && n < 4, "notice {n}");
    }
}

fn notice(id: &str) -> PaymentNotice {
    let facts = PaymentFacts::nothing(text("order-1"), text("1"), pounds("0.00"));
    let (provider, kind) = (text("one"), text("payment.captured"));
    PaymentNotice { provider, id: text(id), kind, at: time("2025-01-29T12:00:00Z"), facts }
}
