//! Every field asked by everybody: who is let in, and what the others hear. It is what REST says.

use std::{collections::BTreeSet, fmt::Write as _};

use order_core::RoleKind;
use serde_json::{Value, json};

use crate::{
    asked::{asked, data, post},
    shop::{Shop, token},
};

/// A field at the root: how it is asked about an order, and the request of REST that it stands for.
struct Field {
    kind: &'static str,
    name: &'static str,
    /// Its arguments and what is asked of it.
    text: &'static str,
    method: &'static str,
    path: &'static str,
    body: fn() -> Value,
}

const fn field(
    kind: &'static str,
    name: &'static str,
    text: &'static str,
    (method, path): (&'static str, &'static str),
    body: fn() -> Value,
) -> Field {
    Field { kind, name, text, method, path, body }
}

fn nothing() -> Value {
    json!({})
}

const FIELDS: &[Field] = &[
    field("query", "order", "(id: $id) { id }", ("GET", "/orders/{id}"), || Value::Null),
    field("query", "orders", " { nodes { id } }", ("GET", "/orders"), || Value::Null),
    field("query", "orderEvents", "(id: $id) { id }", ("GET", "/orders/{id}/events"), || {
        Value::Null
    }),
    field(
        "query",
        "events",
        "(filter: {orderId: $id}) { next }",
        ("GET", "/events?order={id}"),
        || Value::Null,
    ),
    field("query", "product", "(id: \"p\") { id }", ("GET", "/products/p"), || Value::Null),
    field("query", "products", " { nodes { id } }", ("GET", "/products"), || Value::Null),
    field(
        "mutation",
        "placeOrder",
        "(input: {items: [{productId: \"p\", quantity: 1}]}) { order { id } }",
        ("POST", "/orders"),
        || json!({"items": [{"productId": "p", "quantity": 1}]}),
    ),
    field(
        "mutation",
        "updateOrder",
        "(id: $id, input: {tags: [\"x\"]}) { order { id } }",
        ("PUT", "/orders/{id}"),
        || json!({"tags": ["x"]}),
    ),
    field(
        "mutation",
        "setOrderStatus",
        "(id: $id, input: {status: CANCELLED}) { order { id } }",
        ("PATCH", "/orders/{id}/status"),
        || json!({"status": "cancelled"}),
    ),
    field(
        "mutation",
        "placeDraft",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/place"),
        nothing,
    ),
    field(
        "mutation",
        "confirmOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/confirm"),
        nothing,
    ),
    field(
        "mutation",
        "processOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/process"),
        nothing,
    ),
    field(
        "mutation",
        "completeOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/complete"),
        nothing,
    ),
    field(
        "mutation",
        "archiveOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/archive"),
        nothing,
    ),
    field(
        "mutation",
        "unarchiveOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/unarchive"),
        nothing,
    ),
    field(
        "mutation",
        "holdOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/hold"),
        nothing,
    ),
    field(
        "mutation",
        "releaseOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/release"),
        nothing,
    ),
    field(
        "mutation",
        "cancelOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/cancel"),
        nothing,
    ),
    field(
        "mutation",
        "noteOnOrder",
        "(id: $id, text: \"hello\") { order { id } }",
        ("POST", "/orders/{id}/notes"),
        || json!({"text": "hello"}),
    ),
    field(
        "mutation",
        "retryProcess",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/retry"),
        nothing,
    ),
    field(
        "mutation",
        "resolveProcess",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/resolve"),
        nothing,
    ),
    field(
        "mutation",
        "recordPayment",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/payments"),
        nothing,
    ),
    field(
        "mutation",
        "capturePayment",
        "(id: $id, paymentId: \"1\") { order { id } }",
        ("POST", "/orders/{id}/payments/1/capture"),
        nothing,
    ),
    field(
        "mutation",
        "voidPayment",
        "(id: $id, paymentId: \"1\") { order { id } }",
        ("POST", "/orders/{id}/payments/1/void"),
        nothing,
    ),
    field(
        "mutation",
        "refundOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/refunds"),
        nothing,
    ),
    field(
        "mutation",
        "shipOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/shipments"),
        nothing,
    ),
    field(
        "mutation",
        "deliverOrder",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/deliver"),
        nothing,
    ),
    field(
        "mutation",
        "requestReturn",
        "(id: $id) { order { id } }",
        ("POST", "/orders/{id}/returns"),
        nothing,
    ),
    field(
        "mutation",
        "receiveReturn",
        "(id: $id, returnId: \"1\") { order { id } }",
        ("POST", "/orders/{id}/returns/1/receive"),
        nothing,
    ),
    field(
        "mutation",
        "rejectReturn",
        "(id: $id, returnId: \"1\") { order { id } }",
        ("POST", "/orders/{id}/returns/1/reject"),
        nothing,
    ),
    field(
        "mutation",
        "addProduct",
        "(input: {name: \"Q\", price: 1}) { id }",
        ("POST", "/products"),
        || json!({"name": "Q", "price": 1}),
    ),
    field(
        "mutation",
        "updateProduct",
        "(id: \"p\", input: {price: 2}) { id }",
        ("PATCH", "/products/p"),
        || json!({"price": 2}),
    ),
    field("mutation", "removeProduct", "(id: \"p\")", ("DELETE", "/products/p"), || Value::Null),
    field(
        "mutation",
        "changeStock",
        "(id: \"p\", quantity: 1) { id }",
        ("PUT", "/products/p/stock"),
        || json!({"quantity": 1}),
    ),
    field("query", "account", "(id: \"alice\") { id }", ("GET", "/users/alice"), || Value::Null),
    field("query", "accounts", " { nodes { id } }", ("GET", "/users"), || Value::Null),
    field(
        "mutation",
        "addAccount",
        "(input: {email: \"n@x.example\", password: \"long enough\"}) { id }",
        ("POST", "/users"),
        || json!({"email": "n@x.example", "password": "long enough"}),
    ),
    field(
        "mutation",
        "updateAccount",
        "(id: \"alice\", input: {firstName: \"Al\"}) { id }",
        ("PATCH", "/users/alice"),
        || json!({"firstName": "Al"}),
    ),
    field("mutation", "removeAccount", "(id: \"alice\")", ("DELETE", "/users/alice"), || {
        Value::Null
    }),
    field("query", "webhook", "(id: \"w\") { id }", ("GET", "/webhooks/w"), || Value::Null),
    field("query", "webhooks", " { id }", ("GET", "/webhooks"), || Value::Null),
    field(
        "query",
        "webhookDeliveries",
        "(id: \"w\") { nodes { id } }",
        ("GET", "/webhooks/w/deliveries"),
        || Value::Null,
    ),
    field(
        "mutation",
        "addWebhook",
        "(input: {url: \"https://example.com/hook\"}) { id }",
        ("POST", "/webhooks"),
        || json!({"url": "https://example.com/hook"}),
    ),
    field(
        "mutation",
        "updateWebhook",
        "(id: \"w\", input: {description: \"d\"}) { id }",
        ("PATCH", "/webhooks/w"),
        || json!({"description": "d"}),
    ),
    field("mutation", "removeWebhook", "(id: \"w\")", ("DELETE", "/webhooks/w"), || Value::Null),
    field(
        "mutation",
        "rotateWebhookSecret",
        "(id: \"w\") { id }",
        ("POST", "/webhooks/w/rotate"),
        nothing,
    ),
    field("mutation", "testWebhook", "(id: \"w\") { at }", ("POST", "/webhooks/w/test"), nothing),
    field(
        "mutation",
        "replayDelivery",
        "(id: \"w\", deliveryId: \"1\")",
        ("POST", "/webhooks/w/deliveries/1/replay"),
        nothing,
    ),
    field(
        "mutation",
        "replayFailed",
        "(id: \"w\", since: \"2025-01-29T00:00:00Z\")",
        ("POST", "/webhooks/w/replay"),
        || json!({"since": "2025-01-29T00:00:00Z"}),
    ),
    field(
        "query",
        "orderSummary",
        " { totals { currency } }",
        ("GET", "/analytics/summary"),
        || Value::Null,
    ),
    field("query", "orderRevenue", " { periods { label } }", ("GET", "/analytics/revenue"), || {
        Value::Null
    }),
    field(
        "query",
        "productRanking",
        " { rows { currency } }",
        ("GET", "/analytics/products"),
        || Value::Null,
    ),
    field(
        "query",
        "customerRanking",
        " { rows { currency } }",
        ("GET", "/analytics/customers"),
        || Value::Null,
    ),
    field(
        "query",
        "countryRanking",
        " { rows { currency } }",
        ("GET", "/analytics/countries"),
        || Value::Null,
    ),
    field("query", "orderFunnel", " { statuses { orders } }", ("GET", "/analytics/funnel"), || {
        Value::Null
    }),
    field("query", "processes", " { next }", ("GET", "/admin/processes"), || Value::Null),
    field("query", "paymentNotices", " { id }", ("GET", "/admin/notices"), || Value::Null),
    field("query", "outbox", " { next }", ("GET", "/admin/outbox"), || Value::Null),
    field("mutation", "retryParked", "(relay: \"r\")", ("POST", "/admin/outbox/r/retry"), nothing),
    field(
        "mutation",
        "retryHeld",
        "(relay: \"r\", orderId: \"o\")",
        ("POST", "/admin/outbox/r/o/retry"),
        nothing,
    ),
    field(
        "mutation",
        "skipHeld",
        "(relay: \"r\", orderId: \"o\", position: 1)",
        ("POST", "/admin/outbox/r/o/skip"),
        || json!({"position": 1}),
    ),
    field("query", "auditLog", " { next }", ("GET", "/admin/audit"), || Value::Null),
    field(
        "mutation",
        "erasePerson",
        "(input: {customerId: \"nobody\"}) { orders }",
        ("POST", "/admin/erase"),
        || json!({"customerId": "nobody"}),
    ),
];

/// The fields of subscriptions, which streams.rs of this test opens.
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
