//! Bad input of every kind gets a problem of the client's with a stable code, never a fault of ours.

#[path = "bad_input/ask.rs"]
mod ask;
#[path = "bad_input/command.rs"]
mod command;
#[path = "bad_input/place.rs"]
mod place;

use serde_json::{Value, json};

use crate::shop::Shop;

/// One bad request and the answer that it gets.
pub(crate) struct Bad {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

impl Bad {
    fn new(method: &'static str, path: &str, status: u16, code: &'static str) -> Self {
        let (path, headers, body) = (path.to_owned(), Vec::new(), Vec::new());
        Self { method, path, headers, body, status, code }
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it and gives the problem, or how the answer is not the expected one.
    pub(crate) async fn refused(&self, shop: &Shop) -> Result<Value, String> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, &**value)).collect();
        let reply = shop.ask(self.method, &self.path, &headers, self.body.clone()).await;
        let problem: Value = serde_json::from_str(&reply.text).unwrap_or_default();
        let is_expected = reply.status == self.status
            && reply.header("content-type") == "application/problem+json"
            && problem["code"] == self.code
            && problem["status"] == self.status
            && problem["detail"].as_str().is_some_and(|detail| !detail.is_empty());
        if is_expected {
            return Ok(problem);
        }
        let body: String = String::from_utf8_lossy(&self.body).chars().take(120).collect();
        let Self { method, path, status, code, .. } = self;
        Err(format!("{method} {path} {headers:?} {body}: not {status} {code} but {}", reply.text))
    }
}

/// Bodies that no order can be placed with.
fn bad_orders() -> Vec<Bad> {
    const GOOD_ITEM: &str = r#"{"productId":"p","quantity":1,"unitPrice":"1.00"}"#;
    let post = |status, code, body: String| Bad::new("POST", "/orders", status, code).body(body);
    let mut bad = Vec::new();
    for (body, status, code) in place::UNREADABLE {
        bad.push(Bad::new("POST", "/orders", *status, code).body(*body));
    }
    for (fields, code) in place::FIELDS {
        bad.push(post(422, code, format!(r#"{{"items":[{GOOD_ITEM}],{fields}}}"#)));
    }
    for (items, code) in place::ITEMS {
        let status = if *code == "order.part_exists" { 409 } else { 422 };
        bad.push(post(status, code, format!(r#"{{"items":{items}}}"#)));
    }
    let long = "x".repeat(201);
    bad.push(post(422, "text.too_long", format!(r#"{{"id":"{long}","items":[{GOOD_ITEM}]}}"#)));
    let many = vec![GOOD_ITEM; 5_001].join(",");
    bad.push(post(422, "order.too_many", format!(r#"{{"items":[{many}]}}"#)));
    let many = vec!["1"; 400_000].join(",");
    bad.push(post(400, "request.too_many_values", format!(r#"{{"items":[{many}]}}"#)));
    let deep = "{\"a\":".repeat(5_000);
    bad.push(post(400, "request.too_deep", format!(r#"{{"metadata":{deep}"#)));
    bad
}

/// Queries, paths and methods that are refused.
fn bad_questions() -> Vec<Bad> {
    let mut bad = Vec::new();
    for (path, status, code) in ask::QUERIES {
        bad.push(Bad::new("GET", path, *status, code));
    }
    for (method, path, status, code) in ask::PATHS {
        bad.push(Bad::new(method, path, *status, code));
    }
    let long = format!("/orders?q={}", "x".repeat(20_000));
    bad.push(Bad::new("GET", &long, 400, "query.too_long"));
    let long = format!("/orders/{}", "x".repeat(201));
    bad.push(Bad::new("GET", &long, 404, "order.not_found"));
    bad
}

/// Other commands that are refused.
fn bad_commands() -> Vec<Bad> {
    let rows = command::COMMANDS.iter();
    let bad = rows.map(|(method, path, body, status, code)| {
        Bad::new(method, path, *status, code).body(*body)
    });
    bad.collect()
}

/// Headers that are refused.
fn bad_headers() -> Vec<Bad> {
    let put = |code| Bad::new("PUT", "/orders/o1", 400, code).body(r#"{"tags":["x"]}"#);
    let mut bad: Vec<_> = ["1", "\"\"", "W/\"1\"", "\"x\"", "\"1\",", "\"-1\"", ""]
        .into_iter()
        .map(|tag| put("request.if_match").header("if-match", tag))
        .collect();
    for key in ["", "a b", "ключ", "a\tb"] {
        bad.push(put("request.idempotency_key").header("idempotency-key", key));
    }
    bad.push(put("request.idempotency_key").header("idempotency-key", "x".repeat(201)));
    let twice = put("request.idempotency_key").header("idempotency-key", "a");
    bad.push(twice.header("idempotency-key", "a"));
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"]
    {
        let post = Bad::new("POST", "/orders", 415, "request.content_type").body("{}");
        bad.push(post.header("content-type", kind));
    }
    let coded = Bad::new("POST", "/orders", 415, "request.content_encoding").body("{}");
    bad.push(coded.header("content-encoding", "gzip"));
    let declared = Bad::new("POST", "/orders", 413, "request.too_large").body("{}");
    bad.push(declared.header("content-length", (2 * 1024 * 1024 + 1).to_string()));
    let large = Bad::new("POST", "/orders", 413, "request.too_large");
    bad.push(large.body(vec![b' '; 2 * 1024 * 1024 + 1]));
    let stale = Bad::new("POST", "/orders/o1/hold", 412, "order.stale");
    bad.push(stale.header("if-match", "\"18446744073709551615\""));
    bad
}

/// A shop with one order and one product, and every bad request to it.
pub(crate) async fn shop_and_table() -> (Shop, Vec<Bad>) {
    let shop = Shop::new();
    let product = json!({"id": "p1", "name": "P", "price": "1.00", "stock": 4});
    shop.post("/products", product).await;
    let owing = json!({"id": "owing", "name": "O", "price": 1, "stock": -2, "backorder": true});
    shop.post("/products", owing).await;
    let item = json!({"productId": "p1", "quantity": 1});
    shop.placed(json!({"id": "o1", "number": "N1", "items": [item]})).await;
    let families = [bad_orders(), bad_questions(), bad_headers(), bad_commands()];
    (shop, families.into_iter().flatten().collect())
}

#[tokio::test]
async fn bad_input_of_every_kind_is_refused_with_a_stable_code() {
    let (shop, table) = shop_and_table().await;
    assert!(table.len() >= 200, "only {} rows", table.len());
    let mut wrong = Vec::new();
    for bad in &table {
        wrong.extend(bad.refused(&shop).await.err());
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
    println!("{} bad requests were refused", table.len());
    assert_eq!(shop.get("/orders").await.ok()["orders"].as_array().unwrap().len(), 1);
    assert_eq!(shop.get("/orders/o1").await.ok()["version"], 1);
    assert_eq!(shop.get("/products/p1").await.ok()["stock"], 3);
}

#[tokio::test]
async fn all_faults_of_a_request_are_told_at_once() {
    let shop = Shop::new();
    let body = json!({
        "customer_id": "", "currency": "??",
        "products": [{"_id": "p", "quantity": 0}, {"quantity": "x", "price": []}],
        "shipping_address": {"zip": 5},
        "metadata": {"a/b~c": 1},
    });
    let reply = shop.post("/orders", body).await;
    assert_eq!(reply.problem(422), "text.empty");
    let errors = reply.value()["errors"].clone();
    let pointers: Vec<_> =
        errors.as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect();
    let expected = [
        "/customer_id",
        "/currency",
        "/products/0/quantity",
        "/products/1/productId",
        "/products/1/quantity",
        "/products/1/price",
        "/metadata/a~1b~0c",
        "/shipping_address/zip",
    ];
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn the_content_type_is_taken_leniently() {
    let shop = Shop::new();
    let body = r#"{"items":[{"productId":"p","quantity":1,"price":1}],"surprise":{"a":[]}}"#;
    for kind in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/json",
        "application/vnd.x+json",
    ] {
        let reply = shop.ask("POST", "/orders", &[("content-type", kind)], body).await;
        assert_eq!(reply.status, 201, "{kind}: {}", reply.text);
    }
    assert_eq!(shop.ask("POST", "/orders", &[], body).await.status, 201);
}
