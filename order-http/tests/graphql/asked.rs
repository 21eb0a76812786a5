//! Asking in GraphQL.

use serde_json::{Value, json};

use crate::shop::{Reply, Shop};

/// Asks, and gives the whole answer.
pub(crate) async fn asked(shop: &Shop, query: &str, variables: Value) -> Value {
    let reply = post(shop, &[], json!({"query": query, "variables": variables})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.value()
}

/// Asks what must be answered without an error, and gives the data.
#[track_caller]
pub(crate) fn data(answer: &Value) -> Value {
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"].clone()
}

/// The code of the one error of an answer.
#[track_caller]
pub(crate) fn code(answer: &Value) -> String {
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    assert_eq!(errors.len(), 1, "{answer:#}");
    errors[0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

/// Sends a body.
pub(crate) async fn post(shop: &Shop, headers: &[(&str, &str)], body: Value) -> Reply {
    shop.json("POST", "/graphql", headers, body).await
}
