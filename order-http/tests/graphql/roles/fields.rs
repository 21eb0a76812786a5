//! Every field at the root, and the request of REST that it stands for.

use serde_json::{Value, json};

/// A field at the root: how it is asked about an order, and the request of REST that it stands for.
pub(crate) struct Field {
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    /// Its arguments and what is asked of it.
    pub(crate) text: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: fn() -> Value,
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

/// All of them but subscriptions.
pub(crate) const FIELDS: &[Field] = &[
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
