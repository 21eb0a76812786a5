//! The file's index knows the same words as the core, in every script.

#![expect(clippy::unwrap_used, reason = "a test speaks by panicking")]

use order_core::{
    NewOrder,
    ports::OrderQuery,
    search::{matches, order_words, words},
};
use order_store_sqlite::SqliteStore;
use order_testkit::{
    contract::{Fixture, World},
    sample::{order_of, priced},
};

const NAMES: &[&str] = &[
    "Käserad GROẞ",
    "Ångström",
    "İstanbul çayı",
    "Матрёшка Большая",
    "東京タワー 模型",
    "한국어 책",
    "हिन्दी किताब",
    "ภาษาไทย",
    "ΣΊΣΥΦΟΣ",
    "٣٤٥ درهم",
    "Ⓐ½ Ⅷ ª",
    "e\u{301}clair decomposed",
    "a_b-c.d/e\u{200d}f",
    "4711 007",
    "😀 smile",
];

fn named(n: usize) -> NewOrder {
    let mut item = priced("thing", 1, "1.00");
    item.name = Some(NAMES[n].try_into().unwrap());
    order_of(&format!("order-{n}"), vec![item])
}

#[tokio::test]
async fn the_index_finds_what_the_core_says_matches() {
    let store = SqliteStore::in_memory().await.unwrap();
    let world = World::over(Fixture::new(store));
    let mut texts = Vec::new();
    for n in 0..NAMES.len() {
        let placed = world.place(named(n)).await;
        texts.push((placed.order.id().to_string(), order_words(&placed.order, &placed.person)));
    }
    let mut sought: Vec<String> = NAMES.iter().flat_map(|name| words(name)).collect();
    // Every beginning of every word, and words that are only part of one.
    for word in sought.clone() {
        let ends = word.char_indices().map(|(at, _)| at).skip(1);
        sought.extend(ends.flat_map(|at| [word[..at].to_owned(), word[at..].to_owned()]));
    }
    assert!(sought.len() > 100);
    for word in sought {
        let wanted = vec![word];
        let mut expected: Vec<_> = texts
            .iter()
            .filter(|(_, text)| matches(text, &wanted))
            .map(|(id, _)| id.clone())
            .collect();
        let query = OrderQuery { words: wanted.clone(), limit: 100, ..OrderQuery::default() };
        let mut found = world.ids(&query).await;
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{wanted:?}");
    }
}
