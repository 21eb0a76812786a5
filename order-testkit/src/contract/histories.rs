//! What comes back is exactly what was committed.

use order_core::{
    Command, Currency, ErrorKind, Meta, Money, NewOrder, Orders, Principal, Revision, Timestamp,
    ports::OrderQuery, replay,
};

use super::{Fixture, World, tour};
use crate::sample::{full_order, order, order_of, person, priced, text};

/// `OrderStore` clause 8: every kind of event comes back with all its parts, its author and its
/// time, in the order in which it happened.
pub async fn c15_every_kind_of_event_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    let receipts = tour::take(&world).await;
    for id in ["order-1", "order-2"].map(text) {
        let stored = world.store.load(&id).await.unwrap();
        assert_eq!(stored.events, tour::events_of(&receipts, &id));
    }
}

/// `OrderQueries`: after every commit, reads show the state that the history folds to.
pub async fn c16_the_state_that_serves_reads_follows_from_the_history(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    let receipts = tour::take(&world).await;
    for id in ["order-1", "order-2"].map(text::<order_core::OrderId>) {
        let view = world.store.find(id.as_str()).await.unwrap().unwrap();
        let last = receipts.iter().rfind(|receipt| *receipt.order.id() == id).unwrap();
        assert_eq!(view.order, last.order);
        let events = world.store.load(&id).await.unwrap().events;
        assert_eq!(replay(&events, None).unwrap().as_ref(), Some(&*view.order));
    }
}

/// Each version of an order can be seen as it was; one that never was cannot.
pub async fn c17_every_version_can_be_seen_as_it_was(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    let receipts = tour::take(&world).await;
    let own: Vec<_> = receipts.iter().filter(|r| r.order.id().as_str() == "order-1").collect();
    for (n, receipt) in own.iter().enumerate() {
        let version = n as u64 + 1;
        let view = world.orders.order(&world.admin, "order-1", Some(version)).await.unwrap();
        assert_eq!(view.order, receipt.order);
        assert_eq!(view.order.version(), version);
    }
    for version in [0, own.len() as u64 + 1, u64::MAX] {
        let refused = world.orders.order(&world.admin, "order-1", Some(version)).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound, "{version}");
    }
}

/// `OrderStore` clause 8: several events of one commit keep their order.
pub async fn c18_events_of_one_commit_keep_their_order(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.place(order(1)).await.order.id().clone();
    for n in 0..12 {
        let capture = Command::Capture {
            id: Some(text(&format!("payment {n}"))),
            amount: Some(Money::new(100, Currency::GBP)),
            method: None,
            reference: None,
        };
        world.run(&id, capture).await;
    }
    let refund = Command::Refund {
        id: None,
        payment_id: None,
        amount: Some(Money::new(1_200, Currency::GBP)),
        items: None,
        return_id: None,
        reason: None,
    };
    let receipt = world.run(&id, refund).await;
    assert_eq!(receipt.events.len(), 12, "the refund takes from each payment");
    let events = world.store.load(&id).await.unwrap().events;
    assert_eq!(events[events.len() - 12..], receipt.events);
    let ordinals: Vec<_> = receipt.events.iter().map(|recorded| recorded.id.ordinal).collect();
    assert_eq!(ordinals, (0..12).collect::<Vec<u32>>());
}

/// Every part of the personal data comes back, stays while commits do not touch it, and gives way
/// part by part.
pub async fn c19_personal_data_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let placed = world.place(full_order(1)).await;
    let id = placed.order.id().clone();
    let stored = world.store.load(&id).await.unwrap().person;
    assert_eq!(stored, *placed.person);
    assert_eq!(stored.billing_address, person(1).billing_address);
    world.run(&id, Command::Process).await;
    assert_eq!(world.store.load(&id).await.unwrap().person, stored);
    let long = "x".repeat(9_999) + "é";
    let odd = "line\nline\ttab \u{1f4e6} \"quoted\" \\ 'it''s'; DROP TABLE orders; --";
    for (n, note) in [odd, &long[..9_999]].into_iter().enumerate() {
        let id_of_note = text(&format!("note {n}"));
        world.run(&id, Command::Note { id: id_of_note, text: note.to_owned() }).await;
    }
    let now = world.store.load(&id).await.unwrap().person;
    assert_eq!((&now.email, &now.phone), (&stored.email, &stored.phone));
    let notes: Vec<_> = now.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, [odd, &long[..9_999]]);
    assert_eq!(world.store.find("order-1").await.unwrap().unwrap().person.notes, now.notes);
}

/// Personal data that changes replaces only what is named.
pub async fn c20_a_change_of_personal_data_is_seen_everywhere(fixture: Fixture) {
    let world = World::over(fixture);
    let placed = world.place(full_order(1)).await;
    let revision = Revision { email: Some(text("new@example.org")), ..Revision::default() };
    let meta = Meta::default();
    world.orders.revise(&world.admin, "order-1", revision, meta).await.unwrap();
    let stored = world.store.load(placed.order.id()).await.unwrap().person;
    assert_eq!(stored.email, Some(text("new@example.org")));
    assert_eq!(stored.shipping_address, placed.person.shipping_address);
    let view = world.store.find("order-1").await.unwrap().unwrap();
    assert_eq!(*view.person, stored);
    let query = OrderQuery { limit: 5, ..OrderQuery::default() };
    assert_eq!(*world.list(&query).await.orders[0].person, stored);
}

/// Personal data is in no event, whatever happens to an order.
pub async fn c21_personal_data_is_in_no_event(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    tour::take(&world).await;
    let revision = Revision {
        email: Some(text("secret@example.org")),
        phone: Some(text("555-SECRET")),
        ..Revision::default()
    };
    let placed = world.place(full_order(3)).await;
    world.orders.revise(&world.admin, "order-3", revision, Meta::default()).await.unwrap();
    for id in [text("order-1"), text("order-2"), placed.order.id().clone()] {
        let events = format!("{:?}", world.store.load(&id).await.unwrap().events);
        let canaries = ["zoe", "Zoë", "Secret", "secret", "SECRET", "7946", "Will call again"];
        for canary in canaries {
            assert!(!events.contains(canary), "{canary} is in an event of {id}");
        }
    }
}

/// Texts of every script, the longest that are allowed, and all that could be mistaken for syntax
/// come back as they are.
pub async fn c22_texts_of_every_kind_come_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let odd = [
        "🚀👩‍👩‍👧‍👦 emoji",
        "Ελληνικά Ωμέγα",
        "русский язык",
        "日本語テキスト",
        "עברית وعربي",
        "हिन्दी",
        "e\u{301} combining",
        "'; DROP TABLE orders; --",
        "\"quoted\" \\back\\slash\\",
        "100% _under_ *star*",
        "{\"json\": [null]}",
        "<b>&amp;</b>",
        "NULL",
        "\u{feff}bom",
        "zero\u{200b}width",
        "\u{10ffff}",
        "0",
        "1e5",
    ];
    for (n, odd) in odd.into_iter().enumerate() {
        let id = format!("{n} {odd}");
        let mut new = order_of(&id, vec![priced(odd, 1, "1.00")]);
        new.number = Some(text(&format!("{odd} {n}")));
        new.customer_id = Some(text(odd));
        new.tags = vec![text(odd)];
        new.metadata = [(odd.to_owned(), odd.to_owned())].into();
        new.person.name = Some(text(odd));
        let placed = world.place(new).await;
        check_comes_back(&world, &placed, &id).await;
        let of_customer =
            OrderQuery { customer_id: Some(text(odd)), limit: 200, ..OrderQuery::default() };
        assert_eq!(world.ids(&of_customer).await, [id]);
    }
}

/// Ids of 200 characters of four bytes each come back as they are.
pub async fn c23_the_longest_texts_come_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let longest = "🦀".repeat(200);
    let mut new = order_of(&longest, vec![priced(&longest, 1, "1.00")]);
    new.number = Some(text(&"数".repeat(200)));
    new.customer_id = Some(text(&longest));
    new.items[0].line_id = Some(text(&longest));
    new.items[0].name = Some(text(&"ñ".repeat(500)));
    new.tags = (0..50).map(|n| text(&format!("{n:02}{}", "é".repeat(58)))).collect();
    new.metadata =
        (0..50).map(|n| (format!("{n:02}{}", "k".repeat(98)), "v".repeat(2_000))).collect();
    let meta = crate::sample::keyed(&"🔑".repeat(200));
    world.clock.step(1_000);
    let placed = world.try_place(new, meta).await.unwrap();
    check_comes_back(&world, &placed, &longest).await;
}

/// The largest amounts, currencies without and with three or four decimals, and a total of nothing.
pub async fn c24_amounts_come_back_to_the_last_unit(fixture: Fixture) {
    let world = World::over(fixture);
    let amounts = [
        (Currency::GBP, "92233720368547758.07"),
        (Currency::JPY, "9223372036854775807"),
        (Currency::KWD, "0.001"),
        (Currency::CLF, "922337203685477.5807"),
        (Currency::USD, "0.00"),
        (Currency::USD, "0.01"),
        (Currency::EUR, "9007199254740993.01"),
    ];
    for (n, (currency, amount)) in amounts.into_iter().enumerate() {
        let id = format!("o{n}");
        let mut new = order_of(&id, vec![priced("thing", 1, amount)]);
        new.currency = Some(currency);
        let placed = world.place(new).await;
        check_comes_back(&world, &placed, &id).await;
        let total = world.order(&id).await.totals().total;
        assert_eq!(total, Money::parse(amount, currency).unwrap());
    }
}

/// Times come back to the millisecond, from year 1 to year 9999, before the epoch and after.
pub async fn c25_times_come_back_to_the_millisecond(fixture: Fixture) {
    let world = World::over(fixture);
    let times = [
        Timestamp::MIN,
        Timestamp::from_millis(-1),
        Timestamp::from_millis(0),
        Timestamp::from_millis(1_738_108_800_123),
        Timestamp::MAX,
    ];
    for (n, at) in times.into_iter().enumerate() {
        world.clock.set(at);
        let id = format!("o{n}");
        let placed = world.try_place(order_of(&id, order(1).items), Meta::default()).await.unwrap();
        assert_eq!(placed.events[0].at, at);
        check_comes_back(&world, &placed, &id).await;
    }
}

/// A clock that goes back spoils neither the history nor its order.
pub async fn c26_a_clock_that_goes_back_spoils_no_history(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.place(order(1)).await.order.id().clone();
    for n in 0..5 {
        world.clock.step(-86_400_000);
        let note = Command::Note { id: text(&n.to_string()), text: n.to_string() };
        world.try_run(&id, note, Meta::default()).await.unwrap();
    }
    let events = world.store.load(&id).await.unwrap().events;
    let versions: Vec<_> = events.iter().map(|recorded| recorded.id.version).collect();
    assert_eq!(versions, [1, 1, 2, 3, 4, 5, 6]);
    assert_eq!(replay(&events, None).unwrap().as_ref(), Some(&*world.order("order-1").await));
}

/// An order of 1,200 lines comes back whole, and is found by its last product.
pub async fn c27_an_order_of_1200_lines_comes_back_whole(fixture: Fixture) {
    let world = World::over(fixture);
    let items = (0..1_200).map(|n| priced(&format!("sku-{n:04}"), n + 1, "0.37")).collect();
    let placed = world.place(order_of("long", items)).await;
    assert_eq!(placed.order.lines().len(), 1_200);
    check_comes_back(&world, &placed, "long").await;
    let query =
        OrderQuery { product_id: Some(text("sku-1199")), limit: 1, ..OrderQuery::default() };
    assert_eq!(world.ids(&query).await, ["long"]);
    let cancelled = world.run(placed.order.id(), Command::Cancel { reason: None }).await;
    assert_eq!(world.order("long").await, cancelled.order);
}

/// A history of hundreds of commits comes back whole.
pub async fn c28_a_long_history_comes_back_whole(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.place(order(1)).await.order.id().clone();
    for n in 0..300 {
        let command = if n % 2 == 0 {
            Command::Hold { reason: Some(text(&format!("reason {n}"))) }
        } else {
            Command::Release
        };
        world.run(&id, command).await;
    }
    let events = world.store.load(&id).await.unwrap().events;
    assert_eq!(events.len(), 302);
    assert_eq!(world.order("order-1").await.version(), 301);
    assert_eq!(replay(&events, Some(100)).unwrap().unwrap().version(), 100);
}

/// Who did it stays with what was done.
pub async fn c29_events_name_their_author(fixture: Fixture) {
    let world = World::over(fixture);
    let customer = Principal::customer(text("customer-1"));
    let new = NewOrder { customer_id: None, ..order(1) };
    let unpriced = world.orders.place(&customer, new, Meta::default()).await;
    assert!(unpriced.is_err(), "a customer names no price");
    world.place(order(1)).await;
    let note = Command::Note { id: text("n"), text: "hello".to_owned() };
    world.orders.execute(&customer, "order-1", note, Meta::default()).await.unwrap();
    let stored = world.store.load(&text("order-1")).await.unwrap();
    let authors: Vec<_> = stored.events.iter().map(|recorded| recorded.actor.as_str()).collect();
    assert_eq!(authors, ["tester", "tester", "customer-1"]);
    assert_eq!(stored.person.notes[0].author.as_str(), "customer-1");
}

async fn check_comes_back(world: &World, placed: &order_core::Receipt, id: &str) {
    let view = world.store.find(id).await.unwrap().expect("the order is found by its id");
    assert_eq!(view.order, placed.order);
    assert_eq!(view.person, placed.person);
    let number = placed.order.number().as_str();
    let by_number = world.store.find(number).await.unwrap().expect("it is found by its number");
    assert_eq!(by_number.order, placed.order);
    let stored = world.store.load(placed.order.id()).await.unwrap();
    assert_eq!(stored.events, placed.events);
    assert_eq!(stored.person, *placed.person);
}
