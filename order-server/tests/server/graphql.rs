//! GraphQL through the server's own accept loop: by hand, with a client of subscriptions, and behind a
//! gateway that others publish.

use std::time::{Duration, Instant};

use order_core::RoleKind;
use serde_json::{Value, json};

use crate::{
    accounts::{SECRET, token, with_secret},
    node::Script,
    process::{Server, Setup},
    wire::{Answer, Connection, get, request},
};

fn ask(server: &Server, token: Option<&str>, query: &str, variables: &Value) -> Answer {
    let shown = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(shown.as_deref().map(|shown| ("authorization", shown)));
    let body = json!({"query": query, "variables": variables}).to_string();
    Connection::open(server.address).ask(&request("POST", "/graphql", &headers, &body)).unwrap()
}

#[test]
fn graphql_is_asked_below_a_base_path_and_its_page_works_under_its_own_policy() {
    let server = Setup::new().flags(&["--base-path=/shop"]).start();
    let page = get(server.address, "/shop/graphql");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'self'"));
    assert_eq!(get(server.address, "/shop/graphql/page.js").status, 200);
    assert!(get(server.address, "/shop/graphql/schema").body.contains("type Order @key"));
    let body = json!({"query": "{ products { nodes { id } } }"}).to_string();
    let headers = [("content-type", "application/json")];
    let asked = request("POST", "/shop/graphql", &headers, &body);
    let answer = Connection::open(server.address).ask(&asked).unwrap();
    assert_eq!(answer.json()["data"], json!({"products": {"nodes": []}}));
}

/// Whatever the database makes of a text, it is no fault of the server.
#[test]
fn no_text_is_too_strange_for_the_database() {
    let server = Setup::new().start();
    let query = "query($id: ID!, $q: String, $t: [String!]) { order(id: $id) { id } orders(filter: {q: $q, \
                 customerId: $id}) { nodes { id } } product(id: $id) { id } orderEvents(id: $id) { id } \
                 events(filter: {orderId: $id, types: $t}) { next } _entities(representations: \
                 [{__typename: \"Order\", id: $id}, {__typename: \"Product\", id: $id}]) { __typename } }";
    for text in
        ["", " ", "%", "'", "\\", "\u{1f600}", "\u{7f}", "\u{fffd}", "x\n", &"x".repeat(50_000)]
    {
        let answer = ask(&server, None, query, &json!({"id": text, "q": text, "t": [text]}));
        assert_eq!(answer.status, 200, "{answer:?}");
        for error in answer.json()["errors"].as_array().into_iter().flatten() {
            assert!(error["extensions"]["status"].as_u64().unwrap() < 500, "{text:?}: {error}");
        }
    }
    let escaped = ask(&server, None, "{ order(id: \"a\\u0000\") { id } }", &Value::Null);
    assert_eq!(escaped.json()["errors"][0]["extensions"]["code"], "request.nul");
    let sent = ask(&server, None, query, &json!({"id": "a\u{0}"}));
    sent.assert_problem(400, "request.nul");
    assert!(!server.log().contains("failed"), "{}", server.log());
}

/// A shop with two products, an order of alice's and one of bob's, whose ids are given.
fn stocked(server: &Server, admin: &str) -> [String; 2] {
    let add = "mutation { a: addProduct(input: {id: \"pen\", name: \"Pen\", price: \"1.50\", stock: 9}) { id } \
               b: addProduct(input: {id: \"ink\", name: \"Ink\", price: \"7.00\"}) { id } }";
    let added = ask(server, Some(admin), add, &Value::Null).json();
    assert!(added.get("errors").is_none(), "{added}");
    let place = "mutation($who: ID!) { placeOrder(input: {customerId: $who, items: [{productId: \"pen\", \
                 quantity: 2}, {productId: \"ink\", quantity: 1}]}) { order { id } } }";
    ["alice", "bob"].map(|who| {
        let placed = ask(server, Some(admin), place, &json!({"who": who})).json();
        placed["data"]["placeOrder"]["order"]["id"].as_str().unwrap().to_owned()
    })
}

/// The subgraph is composed with a second one, and one query is answered by both, each in turn.
#[test]
fn a_gateway_composes_the_orders_with_another_subgraph() {
    let server = with_secret().start();
    let admin = token(SECRET, "root", RoleKind::Admin);
    let service = token(SECRET, "gateway", RoleKind::Service);
    let alice = token(SECRET, "alice", RoleKind::Customer);
    let [alices, bobs] = stocked(&server, &admin);
    let Some(mut gateway) =
        Script::gateway(&format!("http://{}/graphql", server.address), &service)
    else {
        return;
    };
    let mut said = |line: Value| {
        gateway.send(&line);
        gateway.receive()
    };
    for (at, order) in [&alices, &bobs].into_iter().enumerate() {
        said(json!({"review": {"id": at, "text": format!("good {at}"), "author": {"id": "u7"},
                               "product": {"id": "pen"}, "order": {"id": order}}}));
    }

    // From the orders to the reviews.
    let query = "{ orders { nodes { number status total customer { name } reviews { text } \
                 items { quantity product { name price reviews { text author { name } } } } } } }";
    let answer = said(json!({"token": alice, "query": query}));
    let order = &answer["data"]["orders"]["nodes"][0];
    assert_eq!(order["total"], "10.00", "{answer:#}");
    assert_eq!(order["customer"]["name"], "user alice");
    assert_eq!(order["reviews"], json!([{"text": "good 0"}]));
    let pen = json!({"name": "Pen", "price": "1.50", "reviews": [
        {"text": "good 0", "author": {"name": "user u7"}}, {"text": "good 1", "author": {"name": "user u7"}}]});
    assert_eq!(order["items"][0], json!({"quantity": 2, "product": pen}));
    assert_eq!(answer["data"]["orders"]["nodes"].as_array().unwrap().len(), 1);

    // From the reviews to the orders: another customer's is not there.
    let query = "{ reviews { text order { id number status } product { name stock } } }";
    let answer = said(json!({"token": alice, "query": query}));
    let reviews = &answer["data"]["reviews"];
    assert_eq!(reviews[0]["order"]["id"], alices.as_str(), "{answer:#}");
    assert_eq!(reviews[0]["product"], json!({"name": "Pen", "stock": 5}));
    assert!(reviews[1]["order"]["number"].is_null(), "{answer:#}");
    let answer = said(json!({"token": admin, "query": query}));
    assert_eq!(answer["data"]["reviews"][1]["order"]["id"], bobs.as_str());

    // What is done passes through, and what is refused says why.
    let query = "mutation($id: ID!) { cancelOrder(id: $id) { order { status reviews { text } } } }";
    let answer = said(json!({"token": alice, "query": query, "variables": {"id": alices}}));
    let cancelled = json!({"status": "CANCELLED", "reviews": [{"text": "good 0"}]});
    assert_eq!(answer["data"]["cancelOrder"]["order"], cancelled, "{answer:#}");
    let answer = said(json!({"token": alice, "query": query, "variables": {"id": bobs}}));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "order.not_found", "{answer:#}");
    let answer = said(json!({"query": query, "variables": {"id": bobs}}));
    assert!(answer["data"]["cancelOrder"].is_null() && answer["errors"].is_array(), "{answer:#}");

    // A client of subscriptions.
    let listening = "subscription($id: ID!) { orderChanged(id: $id) { status version } }";
    gateway.send(
        &json!({"listen": true, "token": admin, "query": listening, "variables": {"id": bobs}}),
    );
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    let cancel = "mutation($id: ID!) { cancelOrder(id: $id) { replayed } }";
    ask(&server, Some(&admin), cancel, &json!({"id": bobs}));
    assert_eq!(gateway.receive()["data"]["orderChanged"]["status"], "CANCELLED");
    assert!(begun.elapsed() < Duration::from_secs(10));
}
