//! The OpenAPI document and the page that shows it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::shop::Shop;

/// The routes that are promised.
const PROMISED: &[&str] = &[
    "POST /orders",
    "GET /orders",
    "GET /orders/{id}",
    "PUT /orders/{id}",
    "PATCH /orders/{id}/status",
    "PUT /orders/{id}/status",
    "GET /orders/{id}/events",
    "GET /orders/{id}/actions",
    "POST /orders/{id}/payments",
    "POST /orders/{id}/payments/{paymentId}/capture",
    "POST /orders/{id}/payments/{paymentId}/void",
    "POST /orders/{id}/shipments",
    "POST /orders/{id}/shipments/{shipmentId}/deliver",
    "POST /orders/{id}/deliver",
    "POST /orders/{id}/returns",
    "POST /orders/{id}/returns/{returnId}/receive",
    "POST /orders/{id}/returns/{returnId}/reject",
    "POST /orders/{id}/refunds",
    "POST /orders/{id}/cancel",
    "POST /orders/{id}/hold",
    "POST /orders/{id}/release",
    "POST /orders/{id}/notes",
    "POST /orders/{id}/confirm",
    "POST /orders/{id}/process",
    "POST /orders/{id}/complete",
    "POST /orders/{id}/archive",
    "POST /orders/{id}/unarchive",
    "POST /orders/{id}/place",
    "GET /orders/product/{productId}",
    "POST /auth",
    "POST /users",
    "GET /users",
    "GET /users/{id}",
    "PUT /users/{id}",
    "PATCH /users/{id}",
    "DELETE /users/{id}",
    "GET /users/{userId}/orders",
    "GET /orders/history/{customerId}",
    "GET /orders/search",
    "GET /events",
    "GET /products",
    "POST /products",
    "GET /products/{id}",
    "PUT /products/{id}",
    "PATCH /products/{id}",
    "DELETE /products/{id}",
    "PUT /products/{id}/stock",
    "GET /credit-notes",
    "GET /stats",
    "GET /analytics/summary",
    "GET /analytics/revenue",
    "GET /analytics/products",
    "GET /analytics/customers",
    "GET /analytics/countries",
    "GET /analytics/funnel",
    "POST /admin/analytics/recount",
    "GET /transitions",
    "POST /admin/import",
    "GET /admin/verify",
    "POST /admin/erase",
    "GET /admin/audit",
    "GET /admin/doctor",
    "GET /admin/refused-rows",
    "GET /admin/processes",
    "GET /admin/notices",
    "GET /admin/outbox",
    "POST /admin/outbox/{relay}/retry",
    "POST /admin/outbox/{relay}/{orderId}/retry",
    "POST /admin/outbox/{relay}/{orderId}/skip",
    "POST /orders/{id}/retry",
    "POST /orders/{id}/resolve",
    "POST /payments/callbacks/{provider}",
    "POST /webhooks",
    "GET /webhooks",
    "GET /webhooks/{id}",
    "PATCH /webhooks/{id}",
    "DELETE /webhooks/{id}",
    "POST /webhooks/{id}/rotate",
    "POST /webhooks/{id}/test",
    "GET /webhooks/{id}/deliveries",
    "POST /webhooks/{id}/deliveries/{deliveryId}/replay",
    "POST /webhooks/{id}/replay",
    "GET /health",
    "GET /livez",
    "GET /readyz",
    "GET /openapi.json",
    "GET /docs",
    #[cfg(feature = "graphql")]
    "POST /graphql",
    #[cfg(feature = "graphql")]
    "GET /graphql",
    #[cfg(feature = "graphql")]
    "GET /graphql/schema",
];

async fn document() -> Value {
    Shop::new().get("/openapi.json").await.ok()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    all
}

#[tokio::test]
async fn the_document_has_the_promised_routes_and_no_others() {
    let document = document().await;
    assert_eq!(
        document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(),
        ["3", "1"]
    );
    let documented = operations(&document);
    let documented = documented.iter().map(|(method, path, _)| format!("{method} {path}"));
    let documented: BTreeSet<_> = documented.collect();
    let promised: BTreeSet<_> = PROMISED.iter().map(|route| (*route).to_owned()).collect();
    assert_eq!(documented, promised);
}

#[tokio::test]
async fn the_router_answers_what_the_document_says_and_nothing_else() {
    let shop = Shop::new();
    let document = document().await;
    for base in ["", "/api"] {
        for (path, item) in document["paths"].as_object().unwrap() {
            let asked = format!("{base}{}", path.replace(['{', '}'], ""));
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
                let reply = shop.ask(method, &asked, &[], "").await;
                if item.get(method.to_lowercase()).is_some() {
                    assert!(!reply.text.contains("route."), "{method} {asked}: {}", reply.text);
                } else {
                    assert_eq!(reply.problem(405), "route.method_not_allowed", "{method} {asked}");
                    let allowed: BTreeSet<_> = reply.header("allow").split(',').collect();
                    let mut known: BTreeSet<_> =
                        item.as_object().unwrap().keys().map(|name| name.to_uppercase()).collect();
                    if known.contains("GET") {
                        known.insert("HEAD".to_owned());
                    }
                    assert_eq!(allowed, known.iter().map(String::as_str).collect(), "{asked}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_document_is_whole() {
    let document = document().await;
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id), "{method} {path}");
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string());
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status < &"400".to_owned()), "{method} {path}");
        for (status, response) in responses {
            let problem = response["$ref"] == "#/components/responses/Problem";
            assert_eq!(status >= &"400".to_owned(), problem, "{method} {path} {status}");
        }
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|one| one["name"] == name && one["in"] == "path"));
        }
    }
    for schema in document["components"]["schemas"].as_object().unwrap().values() {
        assert!(schema["description"].is_string(), "{schema}");
    }
}

/// A value of a type that a property does not take.
fn unfit(property: &Value) -> Value {
    let is_list_or_text = property["type"].to_string();
    let takes_object = property.get("$ref").is_some()
        || property.get("oneOf").is_some()
        || is_list_or_text.contains("object");
    if takes_object { json!([]) } else { json!({}) }
}

#[tokio::test]
async fn every_documented_field_of_a_request_is_read() {
    let shop = Shop::new();
    let document = document().await;
    let mut fields = 0;
    for (method, path, operation) in operations(&document) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let Some(schema) = schema.as_str() else { continue };
        let schema = document.pointer(&schema[1..]).unwrap();
        let Some(properties) = schema["properties"].as_object() else { continue };
        let asked = path.replace(['{', '}'], "");
        for (name, property) in properties {
            let reply = shop.json(&method, &asked, &[], json!({name: unfit(property)})).await;
            reply.problem(422);
            let errors = reply.value()["errors"].clone();
            let pointer = json!(format!("/{name}"));
            let mut errors = errors.as_array().unwrap().iter();
            assert!(
                errors.any(|error| error["pointer"] == pointer && error["code"] == "request.type"),
                "{path} {name}: {}",
                reply.text
            );
            fields += 1;
        }
    }
    assert!(fields > 80, "only {fields} fields");
    for (outer, schema) in [("items", "ItemRequest"), ("adjustments", "AdjustmentRequest")] {
        for (name, property) in
            document["components"]["schemas"][schema]["properties"].as_object().unwrap()
        {
            let body = json!({outer: [{name: unfit(property)}]});
            let reply = shop.post("/orders", body).await;
            assert!(
                reply.text.contains(&format!("\"/{outer}/0/{name}\"")),
                "{name}: {}",
                reply.text
            );
        }
    }
    for name in
        document["components"]["schemas"]["AddressBody"]["properties"].as_object().unwrap().keys()
    {
        let reply = shop.post("/orders", json!({"shippingAddress": {name: 1}})).await;
        assert!(reply.text.contains(&format!("\"/shippingAddress/{name}\"")), "{}", reply.text);
    }
}

#[tokio::test]
async fn every_field_of_an_answer_is_documented() {
    let shop = Shop::new();
    let document = document().await;
    let id = shop.order_of("c").await;
    for (action, body) in [
        ("notes", json!({"text": "n"})),
        ("payments", json!({"amount": 1, "reference": "r"})),
        ("shipments", json!({"carrier": "c", "trackingNumber": "t"})),
        ("deliver", json!({})),
        ("returns", json!({"reason": "r"})),
    ] {
        shop.act(&format!("/orders/{id}/{action}"), body).await;
    }
    let order = shop.get(&format!("/orders/{id}")).await.ok();
    let schemas = &document["components"]["schemas"];
    let check = |schema: &str, value: &Value| {
        for name in value.as_object().unwrap().keys() {
            assert!(schemas[schema]["properties"].get(name).is_some(), "{schema}.{name}");
        }
        for name in schemas[schema]["required"].as_array().unwrap() {
            assert!(value.get(name.as_str().unwrap()).is_some(), "{schema}.{name}");
        }
    };
    check("OrderBody", &order);
    check("ItemBody", &order["items"][0]);
    check("NoteBody", &order["notes"][0]);
    check("PaymentBody", &order["payments"][0]);
    check("ShipmentBody", &order["shipments"][0]);
    check("ReturnBody", &order["returns"][0]);
    check("LineQuantityBody", &order["returns"][0]["items"][0]);
    check("OrderListBody", &shop.get("/orders?page=1").await.ok());
    check("ProblemBody", &shop.get("/nowhere").await.value());
    let finding = &shop.get("/admin/doctor").await.ok()["findings"][0];
    check("FindingBody", finding);
    check("VerifyBody", &shop.get("/admin/verify").await.ok());
}

#[tokio::test]
async fn the_document_knows_where_it_is_nested() {
    let shop = Shop::new();
    let server = |document: Value| document["servers"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(server(shop.get("/openapi.json").await.ok()), "/");
    assert_eq!(server(shop.get("/api/openapi.json").await.ok()), "/api");
    let nested = shop.nested_at("/shop/v1");
    assert_eq!(server(nested.get("/shop/v1/openapi.json").await.ok()), "/shop/v1");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let shop = Shop::new().asked_by(None);
    let moved = shop.get("/docs").await;
    assert_eq!((moved.status.as_u16(), moved.header("location")), (307, "docs/"));
    let page = shop.get("/docs/").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html"));
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    let mut files = 0;
    for quoted in page.text.split("src=\"").chain(page.text.split("href=\"")) {
        let name = quoted.split('"').next().unwrap();
        if !name.starts_with("./") && !name.contains(".css") {
            continue;
        }
        let file = shop.get(&format!("/docs/{}", name.trim_start_matches("./"))).await;
        assert_eq!(file.status, 200, "{name}");
        files += 1;
    }
    assert!(files >= 6, "only {files} files in {}", page.text);
    assert!(!page.text.contains("//"), "{}", page.text);
    let start = shop.get("/docs/swagger-initializer.js").await;
    assert!(start.text.contains("\"../openapi.json\""), "{}", start.text);
    assert!(start.text.contains("\"validatorUrl\": \"none\""), "{}", start.text);
    assert!(!start.text.contains("http"), "{}", start.text);
    assert_eq!(shop.get("/docs/nothing.js").await.problem(404), "route.not_found");
}
