//! What errors say.

use std::sync::Arc;

use order_core::{
    OrderService,
    memory::InMemoryStore,
    ports::{
        OrderPage, OrderQueries, OrderQuery, OrderView, StatsQuery, StatsRow, StoreError,
        SystemClock,
    },
};
use order_http::{Cause, Options, router};
use serde_json::{Value, json};

use crate::{
    asked::{asked, code, post},
    shop::Shop,
};

#[tokio::test]
async fn an_error_says_what_the_problem_of_rest_does() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let query = "mutation($id: ID!, $status: OrderStatus!) { setOrderStatus(id: $id, input: {status: $status}) { replayed } }";
    let answer = asked(&shop, query, json!({"id": id, "status": "COMPLETED"})).await;
    let error = &answer["errors"][0];
    let rest =
        shop.patch(&format!("/orders/{id}/status"), json!({"status": "completed"})).await.value();
    assert_eq!(error["message"], rest["detail"]);
    assert_eq!(error["path"], json!(["setOrderStatus"]));
    assert_eq!(error["extensions"]["code"], "order.transition_not_allowed");
    assert_eq!(error["extensions"]["status"], 409);
    let allowed: Vec<String> = rest["allowed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action.as_str().unwrap().to_uppercase())
        .collect();
    assert_eq!(error["extensions"]["allowedActions"], json!(allowed));

    let query = "mutation { placeOrder(input: {items: [{productId: \"a b\", quantity: 0}], tags: [\"\"]}) { replayed } }";
    let answer = asked(&shop, query, json!({})).await;
    let body = json!({"items": [{"productId": "a b", "quantity": 0}], "tags": [""]});
    let rest = shop.post("/orders", body).await.value();
    assert_eq!(answer["errors"][0]["extensions"]["code"], rest["code"]);
    assert_eq!(answer["errors"][0]["extensions"]["errors"], rest["errors"]);
    assert!(rest["errors"].as_array().unwrap().len() > 1);
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let query =
        "mutation($id: ID!) { cancelOrder(id: $id, options: {expectedVersion: 7}) { replayed } }";
    let answer = asked(&shop, query, json!({"id": id})).await;
    assert_eq!(code(&answer), "order.stale");
    assert_eq!(answer["errors"][0]["extensions"]["status"], 412);
}

/// No text, no value and no body is answered with a fault of the server, and each with a code.
#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_code() {
    let shop = Shop::new();
    for query in [
        "",
        "{",
        "}",
        "{ nothing }",
        "{ order }",
        "{ order(id: \"x\") }",
        "{ order(id: {}) { id } }",
        "{ order(id: \"x\", version: -1) { id } }",
        "{ order(id: \"x\", version: 99999999999999999999999) { id } }",
        "{ orders(first: 1e3) { nodes { id } } }",
        "{ orders(sort: SIDEWAYS) { nodes { id } } }",
        "{ orders(filter: {placedFrom: \"yesterday\"}) { nodes { id } } }",
        "{ orders(filter: {nothing: 1}) { nodes { id } } }",
        "query A { orders { nodes { id } } } query B { orders { nodes { id } } }",
        "query($x: ID!) { order(id: $x) { id } }",
        "query($x: Nothing) { order(id: $x) { id } }",
        "{ order(id: \"x\") { ...A } }",
        "fragment A on Order { id }",
        "{ order(id: \"x\") { ...A } } fragment A on Order { id ...A }",
        "{ order(id: \"x\") { ...A } } fragment A on Order { id ...B } fragment B on Order { ...A }",
        "mutation { placeOrder(input: {}) { nothing } }",
        "mutation { addProduct(input: {name: \"x\", price: 1.5}) { id } }",
        "{ _entities(representations: [{}]) { __typename } }",
        "{ _entities(representations: [{__typename: \"Order\"}]) { __typename } }",
        "{ _entities(representations: [{__typename: \"Order\", id: {}}]) { __typename } }",
        "{ _entities(representations: [{__typename: \"Nothing\", id: 1}]) { __typename } }",
        "type A { b: C }",
        "subscription { events { id } }",
        "{ order(id: \"\\u0000\") { id } }",
        "\u{feff}{ order }",
    ] {
        let answer = asked(&shop, query, json!({})).await;
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
        for error in errors {
            let extensions = &error["extensions"];
            assert!(extensions["code"].is_string(), "{query}: {answer}");
            assert!(extensions["status"].as_u64().unwrap() < 500, "{query}: {answer}");
            assert!(!error["message"].as_str().unwrap().is_empty(), "{query}: {answer}");
        }
    }
    // Not every store can look for what has it.
    let answer = asked(&shop, "{ order(id: \"\\u0000\") { id } }", json!({})).await;
    assert_eq!(code(&answer), "request.nul");
    let answer = asked(&shop, "subscription { events { id } }", json!({})).await;
    assert_eq!(code(&answer), "graphql.stream_needed");
}

#[tokio::test]
async fn a_body_that_is_no_operation_is_a_problem() {
    let shop = Shop::new();
    for (body, status, code) in [
        ("", 400, "request.json"),
        ("{", 400, "request.json"),
        ("7", 422, "request.type"),
        ("[7]", 422, "request.type"),
        ("{}", 422, "request.missing"),
        ("{\"query\": 7}", 422, "request.type"),
        ("{\"query\": \"{ a }\", \"variables\": []}", 422, "request.type"),
        ("{\"query\": \"{ a }\", \"operationName\": {}}", 422, "request.type"),
        ("{\"query\": \"{ a }\", \"query\": \"{ b }\"}", 400, "request.duplicate_key"),
        ("[]", 400, "graphql.batch_too_large"),
    ] {
        let headers = [("content-type", "application/json")];
        let reply = shop.ask("POST", "/graphql", &headers, body).await;
        assert_eq!(reply.problem(status), code, "{body}");
    }
}

/// A page of another origin can have a browser send forms and plain text, with whatever the browser adds.
#[tokio::test]
async fn only_what_says_that_it_is_json_is_read() {
    let shop = Shop::new();
    let body = json!({"query": "mutation { addProduct(input: {name: \"x\", price: 1}) { id } }"})
        .to_string();
    let forms =
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""];
    for kind in forms.map(Some).into_iter().chain([None]) {
        let headers: Vec<_> = kind.map(|kind| ("content-type", kind)).into_iter().collect();
        let reply = shop.ask("POST", "/graphql", &headers, body.clone()).await;
        assert_eq!(reply.problem(415), "request.content_type", "{kind:?}");
    }
    let products = shop.get("/products").await.ok();
    assert_eq!(products["products"], json!([]));
    let accept = [("accept", "application/graphql-response+json, application/json;q=0.9")];
    let reply = post(&shop, &accept, json!({"query": "{ products { nodes { id } } }"})).await;
    assert_eq!(reply.header("content-type"), "application/graphql-response+json");
}

/// Reads that fail.
#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl OrderQueries for Broken {
    async fn find(&self, _reference: &str) -> Result<Option<OrderView>, StoreError> {
        let disk = std::io::Error::other("the disk /dev/sda1 is on fire");
        Err(StoreError::Unavailable(Box::new(disk)))
    }

    async fn list(&self, _query: &OrderQuery) -> Result<OrderPage, StoreError> {
        Err(StoreError::Overloaded)
    }

    async fn stats(&self, _query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        Err(StoreError::Overloaded)
    }
}

#[tokio::test]
async fn faults_of_the_server_tell_the_log_and_not_the_client() {
    let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
    let service = service.with_queries(Arc::new(Broken));
    let shop = Shop::over(router(Arc::new(service), Options::default()));
    let entities =
        "{ _entities(representations: [{__typename: \"Order\", id: \"o\"}]) { __typename } }";
    for query in ["{ order(id: \"o\") { id } }", entities] {
        let reply = post(&shop, &[], json!({"query": query})).await;
        let error = reply.value()["errors"][0].clone();
        assert_eq!(error["message"], "Service Unavailable");
        assert_eq!(error["extensions"], json!({"code": "store.unavailable", "status": 503}));
        assert!(!reply.text.contains("disk"), "{}", reply.text);
        let cause = reply.extensions.get::<Cause>().unwrap().to_string();
        assert_eq!(cause, "the store is unavailable: the disk /dev/sda1 is on fire");
    }
    let refused = post(&shop, &[], json!({"query": "{ product(id: \"p\") { id } }"})).await;
    assert_eq!(refused.value()["data"], json!({"product": Value::Null}));
    assert!(refused.extensions.get::<Cause>().is_none());
}
