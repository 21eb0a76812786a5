//! Every field asked by everybody: who is let in, and what the others hear. It is what REST says.

mod fields;

use std::{collections::BTreeSet, fmt::Write as _};

use order_core::RoleKind;
use serde_json::{Value, json};

use self::fields::{FIELDS, Field};
use crate::{
    asked::{asked, data, post},
    shop::{Shop, token},
};

/// The fields of subscriptions, which subscription.rs of this test opens.
const LISTENED: [&str; 2] = ["events", "orderChanged"];

fn callers() -> Vec<(&'static str, String)> {
    vec![
        ("stranger", token("bob", RoleKind::Customer)),
        ("owner", token("alice", RoleKind::Customer)),
        ("staff", token("sam", RoleKind::Staff)),
        ("service", token("svc", RoleKind::Service)),
        ("admin", token("root", RoleKind::Admin)),
    ]
}

/// A shop with a product, and an order of alice's that is paid for and has a parcel and a return; the order's
/// id and number.
async fn stocked() -> (Shop, String, String) {
    let shop = Shop::new();
    shop.post("/products", json!({"id": "p", "name": "P", "price": 1, "stock": 9})).await;
    let id = shop.order_of("alice").await;
    let at = |what: &str| format!("/orders/{id}/{what}");
    shop.act(&at("payments"), json!({"state": "authorized"})).await;
    shop.act(&at("shipments"), json!({"items": [{"productId": "pen", "quantity": 1}]})).await;
    shop.act(&at("shipments/1/deliver"), json!({})).await;
    shop.act(&at("returns"), json!({})).await;
    let number = shop.get(&format!("/orders/{id}")).await.ok()["number"].clone();
    (shop.signing_in(), id, number.as_str().unwrap().to_owned())
}

/// What a field answers: the code of its error, or `ok`.
async fn answered(shop: &Shop, who: &str, field: &Field, id: &str) -> (String, String) {
    let declared = if field.text.contains("$id") { "($id: ID!)" } else { "" };
    let query = format!("{}{declared} {{ {}{} }}", field.kind, field.name, field.text);
    let body = json!({"query": query, "variables": {"id": id}});
    let reply = post(shop, &[("authorization", who)], body).await;
    let answer = reply.ok();
    let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("ok").to_owned();
    (code, reply.text)
}

/// The same of REST.
async fn rest(shop: &Shop, who: &str, field: &Field, id: &str) -> String {
    let headers = [("authorization", who)];
    let path = field.path.replace("{id}", id);
    let body = (field.body)();
    let reply = if body.is_null() {
        shop.ask(field.method, &path, &headers, "").await
    } else {
        shop.json(field.method, &path, &headers, body).await
    };
    let code = serde_json::from_str::<Value>(&reply.text).unwrap_or_default()["code"].clone();
    code.as_str().unwrap_or("ok").to_owned()
}

/// The whole matrix, as a file to be read; and nobody may, or hears, anything else than over REST.
#[tokio::test]
async fn who_may_do_what_is_as_it_was_and_as_over_rest() {
    let mut matrix = String::new();
    for field in FIELDS {
        let _ = writeln!(matrix, "{} {}", field.kind, field.name);
        for (name, who) in callers() {
            let (shop, id, number) = stocked().await;
            let (code, _) = answered(&shop, &who, field, &id).await;
            // What was refused has changed nothing.
            let (shop, id, _) = if code == "ok" { stocked().await } else { (shop, id, number) };
            assert_eq!(code, rest(&shop, &who, field, &id).await, "{} by {name}", field.name);
            let _ = writeln!(matrix, "    {name:<9} {code}");
        }
    }
    insta::assert_snapshot!("matrix", matrix);
}

/// By id and by number: a stranger hears what they would of an order that is not there, and nothing of
/// alice's is in any answer.
#[tokio::test]
async fn nothing_of_another_customer_is_ever_answered() {
    let bob = token("bob", RoleKind::Customer);
    let root = token("root", RoleKind::Admin);
    for field in FIELDS {
        let (shop, id, number) = stocked().await;
        let headers = [("authorization", root.as_str())];
        let before = shop.ask("GET", &format!("/orders/{id}"), &headers, "").await.text;
        for name in [&id, &number] {
            let (code, text) = answered(&shop, &bob, field, name).await;
            assert!(!text.contains(id.as_str()), "{}: {text}", field.name);
            if field.text.contains("$id") {
                assert_eq!(code, "order.not_found", "{}", field.name);
                let (_, nothing) = answered(&shop, &bob, field, "nothing").await;
                assert_eq!(text, nothing, "{}", field.name);
            }
        }
        let after = shop.ask("GET", &format!("/orders/{id}"), &headers, "").await.text;
        assert_eq!(before, after, "{}", field.name);
    }
}

#[tokio::test]
async fn every_field_at_the_root_is_asked_here() {
    let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } \
                 subscriptionType { fields { name } } } }";
    let schema = data(&asked(&Shop::new(), query, json!({})).await)["__schema"].clone();
    let names = |root: &str| -> BTreeSet<String> {
        let fields = schema[root]["fields"].as_array().unwrap().iter();
        let names = fields.map(|field| field["name"].as_str().unwrap().to_owned());
        names.filter(|name| !name.starts_with('_')).collect()
    };
    let tried = |kind: &str| -> BTreeSet<String> {
        FIELDS.iter().filter(|it| it.kind == kind).map(|it| it.name.to_owned()).collect()
    };
    assert_eq!(names("queryType"), tried("query"));
    assert_eq!(names("mutationType"), tried("mutation"));
    assert_eq!(names("subscriptionType"), LISTENED.map(str::to_owned).into());
}

#[tokio::test]
async fn nobody_asks_without_a_token_that_counts() {
    let (shop, ..) = stocked().await;
    let body = json!({"query": "{ products { nodes { id } } }"});
    for (shown, code) in [
        (None, "auth.required"),
        (Some("Bearer garbage"), "auth.token_invalid"),
        (Some("Bearer admin root 1"), "auth.token_expired"),
    ] {
        for accept in ["application/json", "text/event-stream"] {
            let mut headers = vec![("accept", accept)];
            headers.extend(shown.map(|it| ("authorization", it)));
            let reply = post(&shop, &headers, body.clone()).await;
            assert_eq!(reply.problem(401), code, "{shown:?}");
        }
    }
    // Not even for what a gateway asks first.
    let reply = post(&shop, &[], json!({"query": "{ _service { sdl } }"})).await;
    assert_eq!(reply.problem(401), "auth.required");
}
