//! What problems look like: a golden file for each code.

use std::{collections::BTreeMap, error::Error, sync::Arc};

use axum::{http::StatusCode, response::IntoResponse};
use order_core::{
    OrderService,
    memory::InMemoryStore,
    ports::{
        CorruptRow, OrderPage, OrderQueries, OrderQuery, OrderView, StatsQuery, StatsRow,
        StoreError, SystemClock,
    },
};
use order_http::{ApiError, Cause};
use serde_json::json;

use crate::{bad_input::shop_and_table, shop::Shop};

#[tokio::test]
async fn problems_look_as_they_always_did() {
    let (shop, table) = shop_and_table().await;
    let mut problems = BTreeMap::new();
    for bad in &table {
        let problem = bad.refused(&shop).await.unwrap();
        let code = problem["code"].as_str().unwrap().to_owned();
        problems.entry(code).or_insert(problem);
    }
    assert!(problems.len() > 50, "only {} codes", problems.len());
    for (code, problem) in problems {
        insta::assert_json_snapshot!(code, problem);
    }
}

/// Reads that fail, each in its own way.
#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl OrderQueries for Broken {
    async fn find(&self, _reference: &str) -> Result<Option<OrderView>, StoreError> {
        let source = "the number 7 is not a letter".into();
        let row = CorruptRow { table: "orders", column: "state", id: "o1".into(), source };
        Err(StoreError::Corrupt(Box::new(row)))
    }

    async fn list(&self, _query: &OrderQuery) -> Result<OrderPage, StoreError> {
        let disk = std::io::Error::other("the disk /dev/sda1 is on fire");
        Err(StoreError::Unavailable(Box::new(disk)))
    }

    async fn stats(&self, _query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        Err(StoreError::Overloaded)
    }
}

#[tokio::test]
async fn faults_of_the_server_tell_the_log_and_not_the_client() {
    let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
    let service = service.with_queries(Arc::new(Broken));
    let shop = Shop::of_orders(Arc::new(service));
    for (path, status, code, cause) in [
        (
            "/orders/o1",
            500,
            "store.corrupt",
            "orders.state of o1 is corrupt: the number 7 is not a letter",
        ),
        (
            "/orders",
            503,
            "store.unavailable",
            "the store is unavailable: the disk /dev/sda1 is on fire",
        ),
        ("/stats", 503, "store.overloaded", "the store has too much to do"),
    ] {
        let reply = shop.get(path).await;
        assert_eq!(reply.problem(status), code);
        let expected = json!({
            "type": "about:blank", "title": reply.value()["title"], "status": status, "code": code,
        });
        assert_eq!(reply.value(), expected);
        assert_eq!(reply.header("retry-after"), if status == 503 { "1" } else { "" });
        assert_eq!(reply.extensions.get::<Cause>().unwrap().to_string(), cause);
    }
}

#[tokio::test]
async fn a_host_can_make_problems_that_look_alike() {
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "request.too_many", "slow down");
    assert_eq!(error.to_string(), "request.too_many: slow down");
    assert!(error.source().is_none());
    let response = error.into_response();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    let panic = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "server.panic", "secret");
    assert_eq!(panic.to_string(), "server.panic: Internal Server Error");
}
