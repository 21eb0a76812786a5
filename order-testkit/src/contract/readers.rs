//! The feed as its readers see it: by order, by customer, by kind.

use order_core::{
    CustomerId, FeedPage, FeedQuery, Meta, NewOrder, OrderId, Orders, Principal, ports::FeedOrder,
};

use super::{
    Fixture, World,
    feeds::{ALL, note, settle, walk},
};
use crate::sample::{draft, full_order, order, text};

/// `EventFeed` clause 9: the events of one order with their positions, as a whole walk has them.
pub async fn c205_the_events_of_an_order_have_their_positions(fixture: Fixture) {
    let world = World::over(fixture);
    let none = text::<OrderId>("order-none");
    for n in 0..4 {
        world.place(full_order(n)).await;
    }
    for round in 0..5 {
        // What is written together has its positions from one another.
        let runs = (0..4).map(|n| {
            let (orders, admin) = (world.orders.clone(), world.admin.clone());
            async move {
                let id = format!("order-{n}");
                orders.execute(&admin, &id, note(round), Meta::default()).await.unwrap();
            }
        });
        world.race(runs).await;
        if round == 2 {
            settle(&*world.store).await;
        }
    }
    let id = text::<OrderId>("order-0");
    let unsettled = world.store.of_order(&id, 0, ALL).await.unwrap();
    settle(&*world.store).await;
    let whole = walk(&*world.store, ALL).await;
    for n in 0..4 {
        let id = text::<OrderId>(&format!("order-{n}"));
        let own = whole.iter().filter(|event| event.recorded.id.order_id == id);
        let own: Vec<_> = own.cloned().collect();
        assert_eq!(world.store.of_order(&id, 0, ALL).await.unwrap(), own);
        for (at, event) in own.iter().enumerate() {
            let page = world.store.of_order(&id, event.position, 2).await.unwrap();
            assert_eq!(page, own[at + 1..own.len().min(at + 3)], "after {}", event.position);
        }
        assert_eq!(world.store.of_order(&id, u64::MAX, 1).await.unwrap(), []);
    }
    assert_eq!(world.store.of_order(&none, 0, ALL).await.unwrap(), []);
    let settled = world.store.of_order(&id, 0, ALL).await.unwrap();
    assert_eq!(unsettled, settled[..unsettled.len()], "only what has a position is given");
}

/// `EventFeed` clause 8: the end is the last position that was given.
pub async fn c206_the_end_of_the_feed_is_its_last_position(fixture: Fixture) {
    let world = World::over(fixture);
    assert_eq!(world.store.end().await.unwrap(), 0);
    for n in 0..5 {
        world.place(if n % 2 == 0 { order(n) } else { draft(n) }).await;
        settle(&*world.store).await;
        let last = walk(&*world.store, ALL).await.last().map(|event| event.position);
        assert_eq!(Some(world.store.end().await.unwrap()), last);
    }
}

/// `EventFeed` clause 10: what orders are called and whose they are.
pub async fn c207_the_feed_knows_whose_an_order_is(fixture: Fixture) {
    let world = World::over(fixture);
    let guest = NewOrder { customer_id: None, ..order(7) };
    for order in [full_order(1), guest, order(8)] {
        world.place(order).await;
    }
    let ids = ["order-8", "order-1", "nothing", "order-7", "order-1"].map(text::<OrderId>);
    let mut found = world.store.orders(&ids).await.unwrap();
    found.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let mut wanted = Vec::new();
    for id in ["order-1", "order-7", "order-8"] {
        wanted.push(FeedOrder::from(&*world.order(id).await));
    }
    assert_eq!(found, wanted);
    assert_eq!(wanted[1].customer_id, None);
    assert!(wanted[0].customer_id.is_some());
    assert_eq!(world.store.orders(&[]).await.unwrap(), []);
}

/// All that a reader sees, so many at a time, and where it is then.
async fn read(world: &World, who: &Principal, query: FeedQuery) -> FeedPage {
    let mut all = FeedPage { events: Vec::new(), next: query.after };
    loop {
        let page = FeedQuery { after: all.next, ..query.clone() };
        let page = world.orders.feed(who, page).await.unwrap();
        assert!(page.events.len() <= query.limit as usize);
        let positions = page.events.iter().map(|event| event.position);
        assert!(positions.is_sorted() && page.next >= all.next);
        all.events.extend(page.events);
        if page.next == all.next {
            return all;
        }
        all.next = page.next;
    }
}

fn positions(page: &FeedPage) -> Vec<u64> {
    page.events.iter().map(|event| event.position).collect()
}

/// Two customers' orders and a guest's, in turns.
async fn mixed(world: &World) {
    for n in 0..9 {
        let customer_id: Option<CustomerId> = match n % 3 {
            0 => None,
            1 => Some(text("alice")),
            _ => Some(text("bob")),
        };
        world.place(NewOrder { customer_id, ..order(n) }).await;
        if n > 3 {
            world.run(&text(&format!("order-{}", n - 3)), note(n)).await;
        }
    }
}

/// What was committed before a read began is in it, though nobody else gives positions.
pub async fn c208_who_reads_the_feed_sees_what_was_committed(fixture: Fixture) {
    let world = World::over(fixture);
    let query = FeedQuery { limit: 10, ..FeedQuery::default() };
    assert_eq!(read(&world, &world.admin, query.clone()).await, FeedPage::default());
    world.place(draft(1)).await;
    let seen = read(&world, &world.admin, query.clone()).await;
    assert_eq!(positions(&seen), [1]);
    world.run(&text("order-1"), note(0)).await;
    assert_eq!(world.orders.feed_end().await.unwrap(), 2, "the end is settled too");
    world.run(&text("order-1"), note(1)).await;
    for (order, after) in [(None, 0), (Some("order-1"), 0), (None, 2), (Some("order-1"), 2)] {
        let order = order.map(str::to_owned);
        let query = FeedQuery { order, after, ..query.clone() };
        let seen = read(&world, &world.admin, query).await;
        assert_eq!((positions(&seen), seen.next), ((after + 1..=3).collect(), 3));
    }
    let old = FeedQuery { until: Some(2), ..query };
    assert_eq!(positions(&read(&world, &world.admin, old).await), [1, 2]);
}

/// A reader sees each event of the feed once, however many at a time, and none beyond what it asks for.
pub async fn c209_a_reader_sees_every_event_once(fixture: Fixture) {
    let world = World::over(fixture);
    mixed(&world).await;
    settle(&*world.store).await;
    let whole = walk(&*world.store, ALL).await;
    for limit in [1, 3, 1_000] {
        let seen = read(&world, &world.admin, FeedQuery { limit, ..FeedQuery::default() }).await;
        let recorded = seen.events.iter().map(|event| (event.position, &event.recorded));
        let wanted = whole.iter().map(|event| (event.position, &event.recorded));
        assert!(recorded.eq(wanted), "by {limit}");
        assert_eq!(seen.next, whole.len() as u64);
        let query = FeedQuery { limit, after: 3, until: Some(7), ..FeedQuery::default() };
        let seen = read(&world, &world.admin, query).await;
        assert_eq!((positions(&seen), seen.next), (vec![4, 5, 6, 7], 7));
    }
    for event in
        &read(&world, &world.admin, FeedQuery { limit: 9, ..FeedQuery::default() }).await.events
    {
        let order = world.order(event.recorded.id.order_id.as_str()).await;
        assert_eq!(event.number.as_ref(), Some(order.number()));
    }
}

/// Filters hold together, and a reader gets on where nothing is fit.
pub async fn c210_filters_of_the_feed_hold_together(fixture: Fixture) {
    let world = World::over(fixture);
    mixed(&world).await;
    settle(&*world.store).await;
    let whole = walk(&*world.store, ALL).await;
    let end = whole.len() as u64;
    let customers: Vec<Option<&str>> = vec![None, Some("alice"), Some("bob"), Some("nobody")];
    let kinds: Vec<&[&str]> =
        vec![&[], &["order.noted"], &["order.placed", "order.noted"], &["order.cancelled"]];
    for customer in &customers {
        for kinds in &kinds {
            for order in [None, Some("order-4"), Some("order-2")] {
                let mut wanted = Vec::new();
                for event in &whole {
                    let id = event.recorded.id.order_id.as_str();
                    let owner = world.order(id).await.customer_id().cloned();
                    let fits = customer.is_none_or(|it| owner.is_some_and(|owner| owner == *it))
                        && (kinds.is_empty() || kinds.contains(&event.recorded.event.name()))
                        && order.is_none_or(|it| it == id);
                    if fits {
                        wanted.push(event.position);
                    }
                }
                for limit in [2, 1_000] {
                    let query = FeedQuery {
                        limit,
                        customer_id: customer.map(text),
                        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                        order: order.map(str::to_owned),
                        ..FeedQuery::default()
                    };
                    let seen = read(&world, &world.admin, query.clone()).await;
                    assert_eq!((positions(&seen), seen.next), (wanted.clone(), end), "{query:?}");
                }
            }
        }
    }
    let query =
        FeedQuery { limit: 1, kinds: vec!["order.gone".to_owned()], ..FeedQuery::default() };
    let refused = world.orders.feed(&world.admin, query).await.unwrap_err();
    assert_eq!(refused.code(), "event.unknown_type");
    for limit in [0, 1_001] {
        let query = FeedQuery { limit, ..FeedQuery::default() };
        let refused = world.orders.feed(&world.admin, query).await.unwrap_err();
        assert_eq!(refused.code(), "page.limit_out_of_range");
    }
}

/// A customer sees the events of orders of their own and no others, whatever they ask for.
pub async fn c211_a_customer_sees_only_events_of_their_own(fixture: Fixture) {
    let world = World::over(fixture);
    mixed(&world).await;
    let alice = Principal::customer(text("alice"));
    let own = read(&world, &alice, FeedQuery { limit: 4, ..FeedQuery::default() }).await;
    assert!(!own.events.is_empty());
    for event in &own.events {
        let order = world.order(event.recorded.id.order_id.as_str()).await;
        assert_eq!(order.customer_id(), Some(&text::<CustomerId>("alice")));
    }
    let all = FeedQuery { limit: 4, customer_id: Some(text("alice")), ..FeedQuery::default() };
    assert_eq!(read(&world, &world.admin, all.clone()).await, own, "and all of them");
    assert_eq!(read(&world, &alice, all).await, own);
    let foreign = FeedQuery { limit: 4, customer_id: Some(text("bob")), ..FeedQuery::default() };
    assert_eq!(world.orders.feed(&alice, foreign).await.unwrap_err().code(), "not_found");
    for order in ["order-2", "order-3", "nothing"] {
        let query = FeedQuery { limit: 4, order: Some(order.to_owned()), ..FeedQuery::default() };
        assert_eq!(world.orders.feed(&alice, query).await.unwrap_err().code(), "order.not_found");
    }
    let query = FeedQuery { limit: 9, order: Some("order-1".to_owned()), ..FeedQuery::default() };
    let seen = read(&world, &alice, query).await;
    assert!(seen.events.iter().all(|event| event.recorded.id.order_id == "order-1"));
    assert_eq!((seen.events.len(), seen.next), (3, own.next));
}
