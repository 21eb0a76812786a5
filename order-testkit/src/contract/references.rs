//! Orders are found by id or number, and only by who may see them.

use order_core::{
    Command, ErrorKind, Meta, NewOrder, OrderNumber, Orders, Principal, ports::OrderQuery,
};

use super::{Fixture, World};
use crate::sample::{full_order, keyed, order, order_of, priced, product, text, units};

/// An order is found by its id and by its number, exactly as they are written.
pub async fn c107_an_order_is_found_by_id_or_number(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(NewOrder { number: Some(text("INV-7a")), ..order(1) }).await;
    for reference in ["order-1", "INV-7a"] {
        let view = world.store.find(reference).await.unwrap().expect(reference);
        assert_eq!(view.order.id().as_str(), "order-1");
    }
    for reference in ["Order-1", "order-", "order-1 ", "order-11", "inv-7a", "INV-7", "INV-7aa"] {
        assert!(world.store.find(reference).await.unwrap().is_none(), "{reference}");
    }
}

/// Where one order's id is another's number, the id wins.
pub async fn c108_an_id_beats_a_number(fixture: Fixture) {
    let world = World::over(fixture);
    let cross = |id: &str, number: &str| NewOrder {
        number: Some(text(number)),
        ..order_of(id, vec![priced("thing", 1, "1.00")])
    };
    world.place(cross("x", "y")).await;
    world.place(cross("y", "z")).await;
    assert_eq!(world.order("y").await.id().as_str(), "y");
    assert_eq!(world.order("x").await.id().as_str(), "x");
    assert_eq!(world.order("z").await.id().as_str(), "y");
    world.place(cross("w", "x")).await;
    assert_eq!(world.order("x").await.id().as_str(), "x");
}

/// Any text can be asked for, and is no order.
pub async fn c109_any_text_can_be_asked_for(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(order(1)).await;
    let long = "x".repeat(10_000);
    for odd in ["", " ", "%", "_", "*", "'", "\"", "\u{0}", "a\u{0}b", "🦀", "' OR '1'='1", &long]
    {
        assert!(world.store.find(odd).await.unwrap().is_none(), "{odd:?}");
        let refused = world.orders.order(&world.admin, odd, None).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound, "{odd:?}");
    }
}

/// A command reaches an order by its number as well.
pub async fn c110_a_command_reaches_an_order_by_its_number(fixture: Fixture) {
    let world = World::over(fixture);
    let number = world.place(order(1)).await.order.number().clone();
    let note = Command::Note { id: text("n"), text: "hello".to_owned() };
    let meta = Meta::default();
    world.orders.execute(&world.admin, number.as_str(), note, meta).await.unwrap();
    assert_eq!(world.orders.history(&world.admin, number.as_str()).await.unwrap().len(), 3);
    assert_eq!(world.order("order-1").await.version(), 2);
}

/// Another customer's order is not there: not by id, by number, in the past, as a history, in a list
/// or in a search, and no command reaches it.
pub async fn c111_another_customers_order_is_not_there(fixture: Fixture) {
    let world = World::over(fixture);
    let placed = world.place(full_order(1)).await;
    world.place(NewOrder { customer_id: None, ..order(3) }).await;
    let stranger = Principal::customer(text("customer-2"));
    let number = placed.order.number().as_str();
    for reference in ["order-1", number, "order-3"] {
        for version in [None, Some(1)] {
            let seen = world.orders.order(&stranger, reference, version).await;
            assert_eq!(seen.unwrap_err().code(), "order.not_found", "{reference}");
        }
        let seen = world.orders.history(&stranger, reference).await;
        assert_eq!(seen.unwrap_err().code(), "order.not_found", "{reference}");
        for key in [Meta::default(), keyed("k")] {
            let cancel = Command::Cancel { reason: None };
            let done = world.orders.execute(&stranger, reference, cancel, key).await;
            assert_eq!(done.unwrap_err().code(), "order.not_found", "{reference}");
        }
    }
    let words = order_core::search::words("zoe");
    for query in [
        OrderQuery { limit: 10, ..OrderQuery::default() },
        OrderQuery { limit: 10, words, ..OrderQuery::default() },
    ] {
        assert!(world.orders.list(&stranger, query).await.unwrap().orders.is_empty());
    }
    let foreign =
        OrderQuery { customer_id: Some(text("customer-1")), limit: 10, ..OrderQuery::default() };
    let refused = world.orders.list(&stranger, foreign).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert_eq!(world.order("order-1").await.version(), 1);
}

/// Nobody takes over an order by naming its id for a new one: not placed, not drafted. A customer names
/// neither id nor number, for by either of them somebody may ask for another's order.
pub async fn c112_an_id_that_is_taken_cannot_be_taken_over(fixture: Fixture) {
    let world = World::over(fixture);
    world.sell(product("p", Some(9))).await;
    let number = Some(text("N"));
    let owned = NewOrder { customer_id: Some(text("ann")), ..order(1) };
    let drafted = world.place(NewOrder { draft: true, number: number.clone(), ..owned }).await;
    let customer = Principal::customer(text("bob"));
    let new = |id: Option<&str>, number: &Option<OrderNumber>, draft| NewOrder {
        id: id.map(text),
        number: number.clone(),
        draft,
        ..order_of("any", vec![units("p", 1)])
    };
    for draft in [true, false] {
        for number in [&None, &number] {
            for (thief, kind) in
                [(&world.admin, ErrorKind::Conflict), (&customer, ErrorKind::Forbidden)]
            {
                let new = new(Some("order-1"), number, draft);
                let refused = world.orders.place(thief, new, Meta::default()).await.unwrap_err();
                assert_eq!(refused.kind(), kind, "{refused:?}");
            }
        }
        for new in [new(Some("N"), &None, draft), new(None, &number, draft)] {
            let refused = world.orders.place(&customer, new, Meta::default()).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Forbidden, "{refused:?}");
        }
    }
    assert_eq!(world.order("order-1").await, drafted.order);
    assert_eq!(world.stock("p").await, Some(9));
}
