//! Searches: every store finds the same orders by the same words.

use order_core::{
    Command, Meta, NewOrder, Orders, Revision, Shipping,
    ports::{OrderQuery, PAGE_MAX, Sort, Start},
    search::words,
};

use super::{Fixture, World};
use crate::sample::{full_order, order, order_of, priced, text};

fn query(q: &str) -> OrderQuery {
    OrderQuery { words: words(q), limit: PAGE_MAX, sort: Sort::Oldest, ..OrderQuery::default() }
}

async fn found(world: &World, q: &str) -> Vec<String> {
    world.ids(&query(q)).await
}

/// One order that has a word of its own in every part that is searched, and one that has none.
async fn place_searched(world: &World) {
    let mut item = priced("Pid-77", 1, "1.00");
    item.name = Some(text("Teapot, blue"));
    let mut new = NewOrder {
        number: Some(text("INV/2025-0042")),
        customer_id: Some(text("cust.99")),
        items: vec![item],
        tags: vec![text("vip-Tag")],
        ..order_of("oid-abc", Vec::new())
    };
    new.person.email = Some(text("Jane.Doe@Example.co.uk"));
    new.person.name = Some(text("Jane O'Neill"));
    let id = world.place(new).await.order.id().clone();
    let shipping = Shipping { tracking_number: Some(text("1Z-999AA")), ..Shipping::default() };
    world.run(&id, Command::Ship(shipping)).await;
    let note = Command::Note { id: text("n"), text: "Ring twice; gate-code 4711".to_owned() };
    world.run(&id, note).await;
    world.place(order(1)).await;
}

/// Every part that should be searched is: id, number, customer, e-mail, name, product, its name,
/// tracking number, tag and note.
pub async fn c96_an_order_is_found_by_every_part(fixture: Fixture) {
    let world = World::over(fixture);
    place_searched(&world).await;
    let by = [
        ("id", "oid-abc"),
        ("number", "INV/2025-0042"),
        ("customer", "cust.99"),
        ("e-mail", "jane.doe@example.co.uk"),
        ("name", "Jane O'Neill"),
        ("product", "Pid-77"),
        ("product's name", "teapot blue"),
        ("tracking number", "1Z-999AA"),
        ("tag", "vip-Tag"),
        ("note", "gate code 4711"),
    ];
    for (part, q) in by {
        assert_eq!(found(&world, q).await, ["oid-abc"], "by its {part}");
    }
    assert_eq!(found(&world, "nowhere").await, [""; 0]);
}

/// Every word must be found, in any order and in any part; none at all finds every order.
pub async fn c97_every_word_must_be_found(fixture: Fixture) {
    let world = World::over(fixture);
    place_searched(&world).await;
    assert_eq!(found(&world, "4711 jane teapot").await, ["oid-abc"]);
    assert_eq!(found(&world, "jane jane").await, ["oid-abc"]);
    assert_eq!(found(&world, "jane nowhere").await, [""; 0]);
    assert_eq!(found(&world, "").await, ["oid-abc", "order-1"]);
}

/// The beginning of a word finds it; its middle and its end do not, nor does more than the word.
pub async fn c98_the_beginning_of_a_word_finds_it(fixture: Fixture) {
    let world = World::over(fixture);
    place_searched(&world).await;
    for q in ["t", "tea", "teapo", "teapot", "INV 20", "47", "ex"] {
        assert!(found(&world, q).await.contains(&"oid-abc".to_owned()), "{q}");
    }
    for q in ["eapot", "pot", "teapots", "711", "7711", "xample", "tea pot"] {
        assert_eq!(found(&world, q).await, [""; 0], "{q}");
    }
}

/// Neither case nor accents make a difference, in any script.
pub async fn c99_neither_case_nor_accents_matter(fixture: Fixture) {
    let world = World::over(fixture);
    let names = [
        ("a", "Müller Straße", &["muller", "MÜLLER", "strasse", "STRASSE", "Mü"][..]),
        ("b", "Ελληνικός Δρόμος", &["ΕΛΛΗΝΙΚΟΣ", "ελληνικ", "δρομος", "ΔΡΌΜ"]),
        ("c", "Анна Щёголева", &["анна", "АННА", "щёголева", "щеголева", "ЩЁГ"]),
        ("d", "İstanbul Çiçek", &["istanbul", "cicek", "ÇİÇEK"]),
        ("e", "Cafe\u{301} Crème", &["café", "cafe", "CREME"]),
        ("f", "Nguyễn Văn Đặng", &["nguyen", "van dang", "NGUYỄN"]),
    ];
    for (id, name, _) in names {
        let mut new = order_of(id, vec![priced("thing", 1, "1.00")]);
        new.person.name = Some(text(name));
        world.place(new).await;
    }
    for (id, name, searches) in names {
        for q in searches {
            assert_eq!(found(&world, q).await, [id], "{name} by {q}");
        }
    }
}

/// Words of scripts without case are found too.
pub async fn c100_words_of_every_script_are_found(fixture: Fixture) {
    let world = World::over(fixture);
    let names = [
        ("a", "山田太郎", "山田"),
        ("b", "שלום עולם", "עולם"),
        ("c", "مرحبا بالعالم", "مرحبا"),
        ("d", "สวัสดีชาวโลก", "สวัสดี"),
        ("e", "हिन्दी भाषा", "हिन्दी"),
        ("f", "한국어 이름", "한국"),
        ("g", "ქართული ენა", "ქართ"),
        ("h", "Հայերեն լեզու", "լեզու"),
        ("i", "𝔊𝔬𝔱𝔥𝔦𝔠 𐐀𐐁", "𐐨"),
        ("j", "٤٢ ４２ Ⅷ", "٤٢"),
    ];
    for (id, name, _) in names {
        let mut new = order_of(id, vec![priced("thing", 1, "1.00")]);
        new.person.name = Some(text(name));
        world.place(new).await;
    }
    for (id, name, q) in names {
        assert_eq!(found(&world, q).await, [id], "{name} by {q}");
    }
}

/// Signs only separate words; nothing that a search could mistake for syntax is any.
pub async fn c101_signs_only_separate_words(fixture: Fixture) {
    let world = World::over(fixture);
    place_searched(&world).await;
    let harmless = [
        "tea%",
        "%tea",
        "tea*",
        "*tea*",
        "\"tea\"",
        "'tea'",
        "tea'; DROP TABLE orders; --tea",
        "-tea",
        "+tea",
        "(tea)",
        "tea)",
        "tea~1",
        "^tea",
        "{tea}",
        "tea:",
        "tea\\",
        "tea\u{0}",
        "🫖tea🫖",
    ];
    for q in harmless {
        let expected: &[&str] = if q.contains("DROP") { &[] } else { &["oid-abc"] };
        assert_eq!(found(&world, q).await, expected, "{q:?}");
    }
    for q in ["te%ot", "te_pot", "te*ot", "tea\"pot", "name:jane"] {
        assert_eq!(found(&world, q).await, [""; 0], "{q:?}");
    }
    for q in ["%", "_", "*", "\"", "'", "🫖", "-- ;"] {
        assert_eq!(found(&world, q).await, ["oid-abc", "order-1"], "{q:?} has no word");
    }
}

/// Words that a query language might reserve are words.
pub async fn c102_no_word_is_reserved(fixture: Fixture) {
    let world = World::over(fixture);
    place_searched(&world).await;
    assert_eq!(found(&world, "OR").await, ["order-1"], "it begins so");
    for q in ["AND", "NOT", "NEAR", "jane OR nowhere", "nowhere OR jane", "NOT nowhere"] {
        assert_eq!(found(&world, q).await, [""; 0], "{q}");
    }
    let mut new = order_of("logic", vec![priced("thing", 1, "1.00")]);
    new.person.name = Some(text("And Or Not Near Null Select"));
    world.place(new).await;
    for q in ["AND", "or and", "NOT", "near and", "null", "SELECT"] {
        assert_eq!(found(&world, q).await, ["logic"], "{q}");
    }
}

/// What an order is found by follows every change: edits, parcels, notes, personal data.
pub async fn c103_a_search_follows_every_change(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(full_order(1)).await;
    assert_eq!(found(&world, "gift zoe kaserad").await, ["order-1"]);
    let revision = Revision {
        tags: Some(vec![text("present")]),
        name: Some(text("Maria")),
        items: Some(vec![priced("kettle", 1, "5.00")]),
        ..Revision::default()
    };
    world.orders.revise(&world.admin, "order-1", revision, Meta::default()).await.unwrap();
    for gone in ["gift", "kaserad", "brot"] {
        assert_eq!(found(&world, gone).await, [""; 0], "{gone}");
    }
    assert_eq!(found(&world, "present maria kettle").await, ["order-1"]);
    let id = text("order-1");
    assert_eq!(found(&world, "parcelnumber").await, [""; 0]);
    let tracking_number = Some(text("parcelnumber"));
    world.run(&id, Command::Ship(Shipping { tracking_number, ..Shipping::default() })).await;
    assert_eq!(found(&world, "parcelnumber maria").await, ["order-1"]);
    world.run(&id, Command::Note { id: text("n"), text: "rang".to_owned() }).await;
    assert_eq!(found(&world, "rang parcelnumber present").await, ["order-1"]);
    world.run(&id, Command::Deliver { shipment_id: None }).await;
    assert_eq!(found(&world, "rang parcelnumber present maria").await, ["order-1"]);
}

/// A search is paged and sorted as every list is.
pub async fn c104_a_search_is_paged_as_every_list(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 0..12 {
        let tag = if n % 2 == 0 { "even" } else { "odd" };
        world.place(NewOrder { tags: vec![text(tag)], ..order(n) }).await;
    }
    let expected: Vec<_> = (0..12).rev().filter(|n| n % 2 == 0).collect();
    let expected: Vec<_> = expected.into_iter().map(|n| format!("order-{n}")).collect();
    let newest = OrderQuery { sort: Sort::Newest, limit: 4, ..query("even") };
    let first = world.list(&newest).await;
    let rest = OrderQuery { start: Start::After(first.next.clone().unwrap()), ..newest.clone() };
    let rest = world.list(&rest).await;
    assert_eq!(rest.next, None);
    let all: Vec<_> = [first, rest].iter().flat_map(super::world::ids).collect();
    assert_eq!(all, expected);
    let skipping = OrderQuery { start: Start::Offset(5), ..newest };
    assert_eq!(world.ids(&skipping).await, ["order-0"]);
}

/// As many words as may be looked for are looked for.
pub async fn c105_as_many_words_as_allowed_are_looked_for(fixture: Fixture) {
    let world = World::over(fixture);
    let all: Vec<_> =
        ('a'..).take(order_core::search::WORDS_MAX).map(|end| format!("word{end}")).collect();
    let note = all.join(" ");
    let id = world.place(order(1)).await.order.id().clone();
    world.run(&id, Command::Note { id: text("n"), text: note.clone() }).await;
    assert_eq!(found(&world, &note).await, ["order-1"]);
    let but_one = [&all[1..], &["nowhere".to_owned()]].concat();
    assert_eq!(found(&world, &but_one.join(" ")).await, [""; 0]);
}

/// The longest words are found by their beginning and as a whole.
pub async fn c106_the_longest_words_are_found(fixture: Fixture) {
    let world = World::over(fixture);
    let longest = format!("{}é", "x".repeat(199));
    world.place(NewOrder { id: Some(text(&longest)), ..order(1) }).await;
    world.place(order(2)).await;
    assert_eq!(found(&world, &longest).await, [longest.as_str()]);
    assert_eq!(found(&world, &"x".repeat(150)).await, [longest]);
    assert_eq!(found(&world, &"x".repeat(201)).await, [""; 0]);
}
