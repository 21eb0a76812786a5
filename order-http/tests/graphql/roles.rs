//! Every field asked by everybody: who is let in, and what the others hear. It is what REST says.

mod fields;
mod left_out;

use std::{collections::BTreeSet, fmt::Write as _};

use axum::http::StatusCode;
use order_core::RoleKind;
use order_http::{ApiError, Attempts, RULES};
use serde_json::{Value, json};

use self::{
    fields::{FIELDS, Field},
    left_out::LEFT_OUT,
};
use crate::{
    asked::{asked, code, data, post},
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

/// Whether a path is one of a route.
fn is_of(path: &str, route: &str) -> bool {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let (mut segments, mut parts) = (path.split('/'), route.split('/'));
    let all_fit = parts.by_ref().all(|part| {
        segments.next().is_some_and(|segment| segment == part || part.starts_with('{'))
    });
    all_fit && segments.next().is_none()
}

/// Whatever REST does GraphQL does too.
#[test]
fn every_route_has_a_field_or_is_left_out_by_name() {
    for rule in RULES {
        let route = format!("{} {}", rule.method, rule.path);
        let mut fields = FIELDS.iter();
        let has_field = fields.any(|it| it.method == rule.method && is_of(it.path, rule.path));
        assert_ne!(has_field, LEFT_OUT.contains(&route.as_str()), "{route}");
    }
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

/// As over REST, and nothing else beside it, however it is written.
#[tokio::test]
async fn who_is_not_signed_in_may_sign_in_make_an_account_and_see_the_moves() {
    let (shop, ..) = stocked().await;
    let account = "email: \"new@x.example\", password: \"long enough\"";
    let add = format!("mutation {{ addAccount(input: {{{account}}}) {{ id role }} }}");
    let made = post(&shop, &[], json!({"query": add})).await.ok()["data"]["addAccount"].clone();
    assert_eq!(made["role"], "CUSTOMER");
    let sign_in = format!(
        "mutation {{ signIn(input: {{{account}}}) {{ token expiresAt account {{ id }} }} }}"
    );
    let answer = post(&shop, &[], json!({"query": sign_in})).await.ok();
    let signed_in = data(&answer)["signIn"].clone();
    assert_eq!(signed_in["account"]["id"], made["id"]);
    let token = format!("Bearer {}", signed_in["token"].as_str().unwrap());
    let own = json!({"query": "query($id: ID!) { account(id: $id) { email } }",
        "variables": {"id": made["id"]}});
    let account = post(&shop, &[("authorization", &token)], own).await.ok();
    assert_eq!(data(&account)["account"]["email"], "new@x.example");

    let moves = "{ all: orderTransitions { from action to } }";
    let moves = post(&shop, &[], json!({"query": moves})).await.ok();
    let rest = shop.get("/transitions").await.ok()["transitions"].clone();
    assert_eq!(data(&moves)["all"].as_array().unwrap().len(), rest.as_array().unwrap().len());
    assert_eq!(data(&moves)["all"][0], json!({"from": null, "action": "DRAFT", "to": "DRAFT"}));

    for query in [
        "{ orderTransitions { to } orders { nodes { id } } }",
        "{ orderTransitions: orders { nodes { id } } }",
        "{ ...F } fragment F on Query { orderTransitions { to } }",
        "{ ... { orderTransitions { to } } }",
        "{ __schema { queryType { name } } }",
        "query A { orderTransitions { to } } query B { orders { nodes { id } } }",
        "subscription { events { id } }",
        "{ orderTransitions { to }",
    ] {
        for accept in ["application/json", "text/event-stream"] {
            let reply = post(&shop, &[("accept", accept)], json!({"query": query})).await;
            assert_eq!(reply.problem(401), "auth.required", "{query}");
        }
    }
    let both =
        json!([{"query": "{ orderTransitions { to } }"}, {"query": "{ orders { nodes { id } } }"}]);
    assert_eq!(post(&shop, &[], both).await.problem(401), "auth.required");
    let named = json!({"operationName": "A",
        "query": "query A { orderTransitions { to } } query B { orders { nodes { id } } }"});
    data(&post(&shop, &[], named).await.ok());
    let wrong = sign_in.replace("long enough", "long enough, but wrong");
    let refused = post(&shop, &[], json!({"query": wrong})).await.ok();
    let rest = json!({"email": "new@x.example", "password": "long enough, but wrong"});
    let expected = shop.json("POST", "/auth", &[], rest).await.problem(401);
    assert_eq!(code(&refused), expected);
}

/// Each attempt may be a guess, so each is counted, however many a request carries.
#[tokio::test]
async fn a_host_counts_attempts_to_sign_in() {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    let (shop, ..) = stocked().await;
    let left = AtomicU32::new(3);
    let shop = shop.with_extension(Attempts::new(move || {
        let taken = left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        let refused = || ApiError::new(StatusCode::TOO_MANY_REQUESTS, "request.rate_limited", "");
        taken.map(drop).map_err(|_| refused())
    }));
    let guess = "signIn(input: {email: \"a@x.example\", password: \"long enough\"}) { token }";
    let query = format!("mutation {{ a: {guess} b: {guess} }}");
    let answer = post(&shop, &[], json!([{"query": query}, {"query": query}])).await.ok();
    let errors = answer.as_array().unwrap().iter();
    let errors = errors.flat_map(|said| said["errors"].as_array().unwrap());
    let refused = errors.filter(|it| it["extensions"]["code"] == "request.rate_limited");
    assert_eq!(refused.count(), 1, "{answer}");
}
