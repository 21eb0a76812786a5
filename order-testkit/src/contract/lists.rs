//! Lists: filters, order, pages.

use std::collections::BTreeSet;

use order_core::{
    Command, FulfillmentStatus, LineQuantity, Meta, NewOrder, Orders, PaymentStatus, Revision,
    Shipping, Status,
    ports::{Cursor, OrderQuery, PAGE_MAX, Sort, Start},
};

use super::{Fixture, World, tour, world::ids};
use crate::sample::{draft, full_order, order, pounds, priced, text, time};

fn query() -> OrderQuery {
    OrderQuery { limit: PAGE_MAX, ..OrderQuery::default() }
}

fn names(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("order-{n}")).collect()
}

async fn place_all(world: &World, numbers: impl IntoIterator<Item = u32>) {
    for n in numbers {
        world.place(order(n)).await;
    }
}

/// Walks a list to its end and gives every id on the way.
async fn walk(world: &World, query: &OrderQuery) -> Vec<String> {
    let (mut query, mut all) = (query.clone(), Vec::new());
    loop {
        let page = world.list(&query).await;
        assert!(page.orders.len() <= query.limit as usize);
        all.extend(ids(&page));
        match page.next {
            Some(next) => query.start = Start::After(next),
            None => return all,
        }
        assert!(all.len() < 10_000, "the walk does not end");
    }
}

/// A list of nothing is empty and has no next page.
pub async fn c80_a_list_of_nothing_is_empty(fixture: Fixture) {
    let world = World::over(fixture);
    for start in [Start::First, Start::Offset(5)] {
        let page = world.list(&OrderQuery { start, ..query() }).await;
        assert!(page.orders.is_empty());
        assert_eq!(page.next, None);
    }
}

/// The newest come first, or the oldest if asked for.
pub async fn c81_lists_are_sorted_by_time(fixture: Fixture) {
    let world = World::over(fixture);
    place_all(&world, [3, 1, 2]).await;
    assert_eq!(world.ids(&query()).await, names([2, 1, 3]));
    let oldest = OrderQuery { sort: Sort::Oldest, ..query() };
    assert_eq!(world.ids(&oldest).await, names([3, 1, 2]));
}

/// Orders of one moment are sorted by id, byte by byte, in either direction.
pub async fn c82_ties_are_broken_by_id(fixture: Fixture) {
    let world = World::over(fixture);
    let mut sorted = ["a", "B", "b", "10", "9", "é", "z", "🦀", "Z"];
    for id in sorted {
        let new = NewOrder { id: Some(text(id)), ..order(1) };
        world.try_place(new, Meta::default()).await.unwrap();
    }
    sorted.sort_unstable();
    let oldest = OrderQuery { sort: Sort::Oldest, ..query() };
    assert_eq!(world.ids(&oldest).await, sorted);
    for limit in [1, 2, 4] {
        assert_eq!(walk(&world, &OrderQuery { limit, ..oldest.clone() }).await, sorted);
    }
    sorted.reverse();
    assert_eq!(world.ids(&query()).await, sorted);
    for limit in [1, 2, 4] {
        assert_eq!(walk(&world, &OrderQuery { limit, ..query() }).await, sorted);
    }
}

/// A page has as many as were asked for, and names a next page only if there is one.
pub async fn c83_a_limit_is_exact_and_the_last_page_names_no_next(fixture: Fixture) {
    let world = World::over(fixture);
    place_all(&world, 1..=6).await;
    for (limit, there, more) in [(1, 1, true), (5, 5, true), (6, 6, false), (7, 6, false)] {
        let page = world.list(&OrderQuery { limit, ..query() }).await;
        assert_eq!((page.orders.len(), page.next.is_some()), (there, more), "limit {limit}");
    }
    let page = world.list(&OrderQuery { limit: 2, ..query() }).await;
    let last = &page.orders[1].order;
    let expected = Cursor { at: last.listed_at(), id: last.id().clone() };
    assert_eq!(page.next, Some(expected));
}

/// `OrderQueries` clause 2: a walk gives every order once, with any page size and in both orders.
pub async fn c84_a_walk_gives_every_order_once(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..25 {
        if n % 3 != 0 {
            world.clock.step(1);
        }
        world.try_place(order(n), Meta::default()).await.unwrap();
    }
    let all: BTreeSet<_> = names(0..25).into_iter().collect();
    for sort in [Sort::Newest, Sort::Oldest] {
        let whole = world.ids(&OrderQuery { sort, ..query() }).await;
        for limit in [1, 3, 5, 24, 25, 26] {
            let walked = walk(&world, &OrderQuery { sort, limit, ..query() }).await;
            assert_eq!(walked, whole, "{sort:?} by {limit}");
            assert_eq!(walked.iter().cloned().collect::<BTreeSet<_>>(), all);
        }
    }
}

/// `OrderQueries` clause 2: orders that arrive, and orders that change, while a list is walked
/// neither hide nor double any that was there.
pub async fn c85_a_walk_is_stable_while_orders_arrive(fixture: Fixture) {
    let world = World::over(fixture);
    for sort in [Sort::Newest, Sort::Oldest] {
        let base = if sort == Sort::Newest { 0 } else { 1_000 };
        place_all(&world, base..base + 10).await;
        let before: BTreeSet<_> = world.ids(&query()).await.into_iter().collect();
        let (mut walked, mut next) = (Vec::new(), Some(Start::First));
        let mut arriving = base + 100;
        while let Some(start) = next.take() {
            let page = world.list(&OrderQuery { sort, start, limit: 3, ..query() }).await;
            walked.extend(ids(&page));
            next = page.next.map(Start::After);
            if arriving < base + 105 {
                world.place(order(arriving)).await;
                let changed = text(&format!("order-{base}"));
                let id = text(&format!("n{arriving}"));
                world.run(&changed, Command::Note { id, text: "changed".to_owned() }).await;
                arriving += 1;
            }
        }
        let distinct: BTreeSet<_> = walked.iter().cloned().collect();
        assert_eq!(distinct.len(), walked.len(), "{sort:?}: an order came twice");
        assert!(before.is_subset(&distinct), "{sort:?}: an order was hidden");
    }
}

/// A cursor is a place in the order, also where no order stands.
pub async fn c86_a_cursor_is_a_place_not_an_order(fixture: Fixture) {
    let world = World::over(fixture);
    place_all(&world, 1..=4).await;
    let second = world.order("order-2").await.listed_at();
    let after = |at, id: &str, sort| OrderQuery {
        start: Start::After(Cursor { at, id: text(id) }),
        sort,
        ..query()
    };
    let between = second.plus_millis(1);
    assert_eq!(world.ids(&after(between, "x", Sort::Newest)).await, names([2, 1]));
    assert_eq!(world.ids(&after(between, "x", Sort::Oldest)).await, names([3, 4]));
    assert_eq!(world.ids(&after(second, "order-2", Sort::Newest)).await, names([1]));
    assert_eq!(world.ids(&after(second, "order-1", Sort::Newest)).await, names([1]));
    assert_eq!(world.ids(&after(second, "order-1", Sort::Oldest)).await, names([2, 3, 4]));
}

/// An offset skips so many, and its page names the next one as any other does.
pub async fn c87_an_offset_skips_so_many(fixture: Fixture) {
    let world = World::over(fixture);
    place_all(&world, 1..=5).await;
    let from = |skip, limit| OrderQuery { start: Start::Offset(skip), limit, ..query() };
    assert_eq!(world.ids(&from(0, 2)).await, names([5, 4]));
    assert_eq!(world.ids(&from(3, 2)).await, names([2, 1]));
    assert_eq!(world.ids(&from(4, 2)).await, names([1]));
    assert_eq!(world.ids(&from(5, 2)).await, [""; 0]);
    let page = world.list(&from(1, 2)).await;
    let rest = OrderQuery { start: Start::After(page.next.unwrap()), ..query() };
    assert_eq!(world.ids(&rest).await, names([2, 1]));
    assert_eq!(world.list(&from(3, 2)).await.next, None);
}

/// Those of one customer: exactly that customer, and no guest.
pub async fn c88_a_list_can_be_of_one_customer(fixture: Fixture) {
    let world = World::over(fixture);
    place_all(&world, 1..=3).await;
    for (id, customer) in [("x", Some("customer-2")), ("y", Some("Customer-2")), ("z", None)] {
        let customer_id = customer.map(text);
        world.place(NewOrder { id: Some(text(id)), customer_id, ..order(1) }).await;
    }
    let of = |id: &str| OrderQuery { customer_id: Some(text(id)), ..query() };
    assert_eq!(world.ids(&of("customer-2")).await, ["x", "order-2"]);
    assert_eq!(world.ids(&of("customer-")).await, [""; 0]);
    assert_eq!(walk(&world, &OrderQuery { limit: 1, ..of("customer-2") }).await, ["x", "order-2"]);
}

/// Those with a product on some line, each once, as the lines are now.
pub async fn c89_a_list_can_be_of_one_product(fixture: Fixture) {
    let world = World::over(fixture);
    let twice = vec![priced("p", 1, "1.00"), priced("q", 1, "1.00"), priced("p", 2, "2.00")];
    world.place(NewOrder { items: twice, ..order(1) }).await;
    world.place(NewOrder { items: vec![priced("P", 1, "1.00")], ..order(2) }).await;
    world.place(NewOrder { items: vec![priced("p", 1, "1.00")], ..draft(3) }).await;
    let of = |id: &str| OrderQuery { product_id: Some(text(id)), ..query() };
    assert_eq!(world.ids(&of("p")).await, names([3, 1]));
    assert_eq!(world.ids(&of("P")).await, names([2]));
    assert_eq!(walk(&world, &OrderQuery { limit: 1, ..of("p") }).await, names([3, 1]));
    let items = Some(vec![priced("r", 1, "1.00")]);
    let revision = Revision { items, ..Revision::default() };
    world.orders.revise(&world.admin, "order-3", revision, Meta::default()).await.unwrap();
    assert_eq!(world.ids(&of("p")).await, names([1]));
    assert_eq!(world.ids(&of("r")).await, names([3]));
    world.run(&text("order-3"), Command::Place { content: None, person: None }).await;
    assert_eq!(world.ids(&of("r")).await, names([3]));
}

/// Those in a status: every order is in the list of its own status after every command, and in no
/// other.
pub async fn c90_a_list_can_be_of_one_status(fixture: Fixture) {
    let world = World::over(fixture);
    place_in_every_status(&world).await;
    let all = world.list(&query()).await;
    let mut seen = BTreeSet::new();
    for status in Status::ALL {
        let expected: Vec<_> = all.orders.iter().filter(|v| v.order.status() == *status).collect();
        let listed = world.list(&OrderQuery { status: Some(*status), ..query() }).await;
        assert_eq!(listed.orders.iter().collect::<Vec<_>>(), expected, "{status}");
        assert!(!expected.is_empty(), "no order is {status}");
        seen.extend(ids(&listed));
    }
    assert_eq!(seen.len(), all.orders.len());
}

/// Those in a payment status or in a fulfillment status, also both.
pub async fn c91_a_list_can_be_of_the_other_axes(fixture: Fixture) {
    let world = World::over(fixture);
    place_in_every_status(&world).await;
    let all = world.list(&query()).await;
    let mut found = 0;
    for payment in PaymentStatus::ALL {
        for fulfillment in FulfillmentStatus::ALL {
            let both = OrderQuery {
                payment_status: Some(*payment),
                fulfillment_status: Some(*fulfillment),
                ..query()
            };
            let fits = |order: &order_core::Order| {
                order.payment_status() == *payment && order.fulfillment_status() == *fulfillment
            };
            let expected = all.orders.iter().filter(|view| fits(&view.order));
            let expected: Vec<_> = expected.map(|view| view.order.id().to_string()).collect();
            assert_eq!(world.ids(&both).await, expected, "{payment} {fulfillment}");
            found += expected.len();
        }
        let one = OrderQuery { payment_status: Some(*payment), ..query() };
        let expected = all.orders.iter().filter(|v| v.order.payment_status() == *payment).count();
        assert_eq!(world.ids(&one).await.len(), expected, "{payment}");
    }
    assert_eq!(found, all.orders.len());
}

/// Places orders that between them are in every status and in most payment statuses.
async fn place_in_every_status(world: &World) {
    let capture = |amount: Option<&str>| Command::Capture {
        id: None,
        amount: amount.map(pounds),
        method: None,
        reference: None,
    };
    let items = |quantity| Some(vec![LineQuantity { line_id: text("1"), quantity }]);
    let ship = |quantity| Command::Ship(Shipping { items: items(quantity), ..Shipping::default() });
    let deliver = || Command::Deliver { shipment_id: None };
    let back = |quantity| {
        [
            Command::RequestReturn { id: None, items: items(quantity), reason: None },
            Command::ReceiveReturn { id: None, items: None, restock: false },
        ]
    };
    let lives: Vec<Vec<Command>> = vec![
        vec![],
        vec![capture(Some("1.00"))],
        vec![Command::Process],
        vec![ship(1)],
        vec![ship(1), deliver(), capture(None)],
        vec![ship(2), capture(None)],
        vec![ship(2), deliver()],
        vec![capture(None), ship(2), deliver(), Command::Complete],
        vec![Command::Cancel { reason: None }],
        [vec![ship(2), deliver()], back(1).into(), back(1).into()].concat(),
        vec![Command::FailPayment { id: None, method: None, reason: None }],
    ];
    for (n, life) in (10..).zip(lives) {
        let id = world.place(order(n)).await.order.id().clone();
        for command in life {
            world.run(&id, command).await;
        }
    }
    world.place(draft(1)).await;
    let by_hand = world.orders.clone().with_policy(order_core::Policy {
        confirm: order_core::Confirmation::ByHand,
        ..order_core::Policy::default()
    });
    by_hand.place(&world.admin, order(2), Meta::default()).await.unwrap();
}

/// Those of a time: from its beginning on, before its end.
pub async fn c92_a_list_can_be_of_one_time(fixture: Fixture) {
    let world = World::over(fixture);
    place_all(&world, 1..=5).await;
    let (second, fourth) = (world_time(2), world_time(4));
    assert_eq!(world.order("order-2").await.listed_at(), second);
    let between = |from, to| OrderQuery { placed_from: from, placed_to: to, ..query() };
    assert_eq!(world.ids(&between(Some(second), None)).await, names([5, 4, 3, 2]));
    assert_eq!(world.ids(&between(None, Some(fourth))).await, names([3, 2, 1]));
    assert_eq!(world.ids(&between(Some(second), Some(fourth))).await, names([3, 2]));
    assert_eq!(world.ids(&between(Some(second), Some(second))).await, [""; 0]);
    assert_eq!(world.ids(&between(Some(fourth), Some(second))).await, [""; 0]);
    let after = second.plus_millis(1);
    assert_eq!(world.ids(&between(Some(after), None)).await, names([5, 4, 3]));
    for sort in [Sort::Newest, Sort::Oldest] {
        let narrow = OrderQuery { sort, limit: 1, ..between(Some(second), Some(fourth)) };
        let mut walked = walk(&world, &narrow).await;
        walked.sort_unstable();
        assert_eq!(walked, names([2, 3]));
    }
}

/// When the world's n-th order is placed.
fn world_time(n: i64) -> order_core::Timestamp {
    time("2025-01-29T00:00:00Z").plus_millis(n * 1_000)
}

/// Filters hold together, on every page.
pub async fn c93_filters_hold_together(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..24 {
        let customer_id = Some(text(if n % 2 == 0 { "ann" } else { "bob" }));
        let product = if n % 3 == 0 { "p" } else { "q" };
        let items = vec![priced(product, 1, "1.00")];
        let id = world.place(NewOrder { customer_id, items, ..order(n) }).await;
        if n % 4 == 0 {
            world.run(id.order.id(), Command::Process).await;
        }
    }
    let wanted = OrderQuery {
        customer_id: Some(text("ann")),
        product_id: Some(text("p")),
        status: Some(Status::Processing),
        placed_from: Some(world.order("order-1").await.listed_at()),
        words: order_core::search::words("ORD ann"),
        limit: 1,
        ..OrderQuery::default()
    };
    assert_eq!(walk(&world, &wanted).await, names([12]));
    let wider = OrderQuery { status: None, ..wanted.clone() };
    assert_eq!(walk(&world, &wider).await, names([18, 12, 6]));
    let none = OrderQuery { payment_status: Some(PaymentStatus::Paid), ..wider };
    assert_eq!(walk(&world, &none).await, [""; 0]);
}

/// A draft is listed at the time it was begun, and from its placement on at that time, once.
pub async fn c94_a_draft_moves_when_it_is_placed(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(draft(1)).await;
    place_all(&world, [2, 3]).await;
    assert_eq!(world.ids(&query()).await, names([3, 2, 1]));
    world.run(&text("order-1"), Command::Place { content: None, person: None }).await;
    assert_eq!(world.ids(&query()).await, names([1, 3, 2]));
    let placed = world.order("order-1").await.placed_at();
    assert!(placed.is_some());
    let since = OrderQuery { placed_from: placed, ..query() };
    assert_eq!(world.ids(&since).await, names([1]));
}

/// A list shows each order as it is now, with its personal data.
pub async fn c95_a_list_shows_orders_as_they_are_now(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    tour::take(&world).await;
    world.place(full_order(7)).await;
    let page = world.list(&query()).await;
    assert_eq!(page.orders.len(), 4);
    for listed in page.orders {
        let found = world.store.find(listed.order.id().as_str()).await.unwrap().unwrap();
        assert_eq!(listed, found);
    }
}
