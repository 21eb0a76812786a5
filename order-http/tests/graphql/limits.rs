//! How much may be asked at once.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    asked::{asked, code, data, post},
    shop::Shop,
};

/// A field asked for so often, each time under another name.
fn aliased(count: usize, field: &str) -> String {
    (0..count).fold(String::new(), |mut fields, at| {
        let _ = write!(fields, " a{at}: {field}");
        fields
    })
}

async fn refused(query: &str) -> String {
    let begun = Instant::now();
    let answer = asked(&Shop::new(), query, json!({})).await;
    // Long before anything of it would have been done.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(answer["data"].is_null(), "{answer}");
    code(&answer)
}

#[tokio::test]
async fn a_text_is_only_so_long() {
    let padded = |bytes: usize| format!("{{ orders {{ nodes {{ id }} }} }} #{}", " ".repeat(bytes));
    let text = padded(64 * 1024);
    assert_eq!(refused(&text).await, "graphql.too_long");
    let fits = &text[..64 * 1024];
    data(&asked(&Shop::new(), fits, json!({})).await);
}

#[tokio::test]
async fn nothing_is_nested_deeper_than_it_may_be() {
    let of_type = |depth: usize| {
        let (open, close) = ("ofType { ".repeat(depth), "}".repeat(depth));
        format!("{{ __type(name: \"Order\") {{ {open} name {close} }} }}")
    };
    data(&asked(&Shop::new(), &of_type(18), json!({})).await);
    assert_eq!(refused(&of_type(19)).await, "graphql.too_deep");
    // Deeper than a parser that calls itself has room for.
    for (open, close) in [("{a", "}"), ("{a(b:[", "])}"), ("{a(b:{c:", "}})"), ("{...{", "}}")] {
        let levels = 60_000 / (open.len() + close.len());
        let closed = format!("{}{}", open.repeat(levels), close.repeat(levels));
        for text in [closed, open.repeat(levels)] {
            assert_eq!(refused(&text).await, "graphql.too_deep", "{open}");
        }
    }
    let lists = format!("query($a: {}ID{}) {{ a }}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(refused(&lists).await, "graphql.too_deep");
    // Brackets in texts and comments open nothing.
    let quoted =
        format!("{{ order(id: \"{}\\\"{{\") {{ id }} }} # {}", "[".repeat(99), "{".repeat(99));
    assert_eq!(code(&asked(&Shop::new(), &quoted, json!({})).await), "order.not_found");
    let block = format!("{{ order(id: \"\"\"{} \\\"\"\" {{ \"\"\") {{ id }} }}", "{".repeat(99));
    assert_eq!(code(&asked(&Shop::new(), &block, json!({})).await), "order.not_found");
}

/// Each fragment spreads the next twice: a short text, and more fields than anybody could count.
#[tokio::test]
async fn fragments_count_wherever_they_are_spread() {
    let mut text = "{ order(id: \"o\") { ...F0 } }".to_owned();
    for at in 0..60 {
        let next = at + 1;
        let _ = write!(text, " fragment F{at} on Order {{ ...F{next} ...F{next} }}");
    }
    assert_eq!(
        refused(&format!("{text} fragment F60 on Order {{ id }}")).await,
        "graphql.too_many_fields"
    );
    // Nothing is asked for in the end.
    assert_eq!(
        refused(&format!("{text} fragment F60 on Order {{ ...F61 }}")).await,
        "graphql.too_many_fields"
    );
    // The same in an operation that is not meant.
    let other = text.replacen('{', "query A { order(id: \"o\") { id } } query B {", 1);
    let body =
        json!({"query": format!("{other} fragment F60 on Order {{ id }}"), "operationName": "A"});
    let reply = post(&Shop::new(), &[], body).await;
    assert_eq!(code(&reply.value()), "graphql.too_many_fields");
}

#[tokio::test]
async fn only_so_many_fields_and_directives_are_asked_for() {
    let fields = |count: usize| {
        let fields = aliased(count, "id");
        format!("{{ order(id: \"o\") {{{fields} }} }}")
    };
    assert_eq!(code(&asked(&Shop::new(), &fields(1_999), json!({})).await), "order.not_found");
    assert_eq!(refused(&fields(2_000)).await, "graphql.too_many_fields");
    let directives = "@include(if: true) ".repeat(2_000);
    let text = format!("{{ order(id: \"o\") {{ id {directives} }} }}");
    assert_eq!(refused(&text).await, "graphql.too_many_fields");
}

#[tokio::test]
async fn only_so_many_fields_are_at_the_root() {
    let roots = |kind: &str, field: &str, count: usize| {
        let fields = aliased(count, field);
        format!(
            "{kind} {{ ...R }} fragment R on {} {{{fields} }}",
            if kind == "query" { "Query" } else { "Mutation" }
        )
    };
    let read = "order(id: \"o\") { id }";
    let answer = asked(&Shop::new(), &roots("query", read, 20), json!({})).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 20);
    assert_eq!(refused(&roots("query", read, 21)).await, "graphql.too_many_fields");
    let write = "addProduct(input: {name: \"x\", price: 1}) { id }";
    assert_eq!(refused(&roots("mutation", write, 21)).await, "graphql.too_many_fields");
}

#[tokio::test]
async fn a_page_costs_what_may_be_on_it() {
    let page = |first: u32, fields: usize| {
        let fields = aliased(fields, "id");
        format!("{{ orders(first: {first}) {{ nodes {{{fields} }} }} }}")
    };
    data(&asked(&Shop::new(), &page(200, 120), json!({})).await);
    assert_eq!(refused(&page(200, 130)).await, "graphql.too_complex");
    assert_eq!(refused(&page(4_000_000_000, 1)).await, "graphql.too_complex");
    let query = "query($n: Int) { orders(first: $n) { nodes { id } } }";
    let answer = asked(&Shop::new(), query, json!({"n": 4_000_000_000_u32})).await;
    assert_eq!(code(&answer), "graphql.too_complex");
    let many = aliased(20, "events(first: 1000) { events { id } }");
    assert_eq!(refused(&format!("{{{many} }}")).await, "graphql.too_complex");
}

/// What is in an order is only known when it is read.
#[tokio::test]
async fn an_answer_has_only_so_many_values() {
    let shop = Shop::new();
    let items: Vec<_> = (0..900)
        .map(|at| json!({"productId": format!("p{at}"), "quantity": 1, "unitPrice": 1}))
        .collect();
    let id = shop.placed(json!({"currency": "EUR", "items": items})).await;
    let query = |fields: usize| {
        let fields = aliased(fields, "id");
        format!("query($id: ID!) {{ order(id: $id) {{ items {{{fields} }} }} }}")
    };
    data(&asked(&shop, &query(270), json!({"id": id})).await);
    let answer = asked(&shop, &query(280), json!({"id": id})).await;
    assert_eq!(code(&answer), "graphql.too_complex");
    let entities =
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { F } } }";
    let fields = aliased(280, "id");
    let things = json!({"r": vec![json!({"__typename": "Product", "id": "p"}); 1_000]});
    let answer = asked(&shop, &entities.replace('F', &fields), things).await;
    assert_eq!(code(&answer), "graphql.too_complex");
}

#[tokio::test]
async fn a_request_carries_so_many_operations() {
    let shop = Shop::new();
    let one = json!({"query": "{ products { nodes { id } } }"});
    let many = |count: usize| Value::from(vec![one.clone(); count]);
    let reply = post(&shop, &[], many(10)).await;
    assert_eq!(reply.ok().as_array().unwrap().len(), 10);
    assert_eq!(post(&shop, &[], many(11)).await.problem(400), "graphql.batch_too_large");
    // Each is answered in its place.
    let mixed = json!([{"query": "{ nothing }"}, one, {"query": "query A { products { nodes { id } } }", "operationName": "A"}]);
    let answers = post(&shop, &[], mixed).await.ok();
    assert_eq!(code(&answers[0]), "graphql.invalid");
    assert_eq!(data(&answers[1]), data(&answers[2]));
}

#[tokio::test]
async fn a_gateway_gives_only_so_many_representations() {
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { __typename } }";
    let things =
        |count: usize| json!({"r": vec![json!({"__typename": "Product", "id": "p"}); count]});
    data(&asked(&Shop::new(), query, things(1_000)).await);
    let answer = asked(&Shop::new(), query, things(1_001)).await;
    assert_eq!(code(&answer), "graphql.too_many_entities");
}
