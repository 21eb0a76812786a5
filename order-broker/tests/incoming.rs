//! What other services may send, and what is made of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use order_broker::{
    incoming::{Unreadable, read},
    schema::asyncapi,
};
use order_core::{Currency, Incoming, NewProduct, Timestamp, Told};
use order_testkit::sample::{pounds, text};
use serde_json::{Value, json};

const JSON: &str = "application/cloudevents+json; charset=UTF-8";

fn now() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

fn event(kind: &str, data: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"7","source":"/shop","type":"{kind}","data":{data}}}"#)
}

fn structured(body: &str) -> Result<Incoming, Unreadable> {
    read(Some(JSON), |_| None, body.as_bytes(), now())
}

fn told(kind: &str, data: &str) -> Told {
    structured(&event(kind, data)).unwrap().told
}

fn mug() -> NewProduct {
    NewProduct {
        id: Some(text("mug")),
        name: text("Mug"),
        description: None,
        price: "9.50".to_owned(),
        currency: None,
        stock: None,
        backorder: false,
        category: None,
    }
}

#[test]
fn products_are_read_as_other_services_write_them() {
    let whole = NewProduct {
        description: Some("Blue".to_owned()),
        currency: Some(Currency::EUR),
        stock: Some(3),
        backorder: true,
        category: Some(text("kitchen")),
        ..mug()
    };
    for (data, product) in [
        (r#"{"id":"mug","name":"Mug","price":"9.50"}"#, mug()),
        (r#"{"_id":"mug","name":"Mug","price":9.50,"colour":"blue"}"#, mug()),
        (r#"{"product_id":"mug","name":"Mug","price":"9.50","stock":null}"#, mug()),
        (
            r#"{"productId":"mug","name":"Mug","price":"9.50","description":"Blue","currency":"EUR",
                "stock_quantity":3,"backorder":true,"category":"kitchen"}"#,
            whole,
        ),
    ] {
        for kind in ["product.created", "product.updated"] {
            assert_eq!(told(kind, data), Told::Product(product.clone()), "{data}");
        }
    }
    let exact = r#"{"id":"mug","name":"Mug","price":90071992547409.93}"#;
    let price = "90071992547409.93".to_owned();
    assert_eq!(told("product.created", exact), Told::Product(NewProduct { price, ..mug() }));
    assert_eq!(told("product.deleted", r#"{"id":"mug"}"#), Told::ProductRemoved(text("mug")));
}

#[test]
fn stock_and_payments_are_read() {
    let product_id = text("mug");
    let moved = Told::StockMoved { product_id, quantity: -2 };
    assert_eq!(told("stock.changed", r#"{"productId":"mug","quantity":-2}"#), moved);
    assert_eq!(told("stock.changed", r#"{"product_id":"mug","quantity":-2}"#), moved);
    let counted = Told::StockCounted { product_id: text("mug"), level: 40 };
    assert_eq!(told("stock.counted", r#"{"productId":"mug","stock":40}"#), counted);
    let nothing = r#"{"amount":"0.00","currency":"GBP"}"#;
    let facts = format!(
        r#"{{"orderId":"order-1","paymentId":"1","authorized":{nothing},"voided":{nothing},
            "captured":{{"amount":"9.99","currency":"GBP"}},"disputed":{nothing}}}"#
    );
    let Told::Payment(facts) = told("payment.captured", &facts) else { panic!("it is a payment") };
    assert_eq!((facts.order_id.as_str(), facts.captured), ("order-1", pounds("9.99")));
}

#[test]
fn an_event_is_named_by_its_source_and_id_and_has_its_time() {
    let body = event("product.deleted", r#"{"id":"mug"}"#);
    let incoming = structured(&body).unwrap();
    let origin = (incoming.origin.source.as_str(), incoming.origin.id.as_str());
    assert_eq!((origin, incoming.kind.as_str()), (("/shop", "7"), "product.deleted"));
    assert_eq!(incoming.at, now(), "one without a time happened now");
    let timed = body.replace(r#""id":"7""#, r#""id":"7","time":"2025-01-29T12:00:00+01:00""#);
    assert_eq!(structured(&timed).unwrap().at.to_string(), "2025-01-29T11:00:00Z");
    let unnamed = read(None, |_| None, timed.as_bytes(), now()).unwrap();
    assert_eq!(unnamed.origin, incoming.origin, "a sender may forget the media type");
}

#[test]
fn attributes_may_come_beside_the_data() {
    let attribute = |name: &str| {
        let value = match name {
            "specversion" => "1.0",
            "id" => "7",
            "source" => "/shop",
            "type" => "stock.changed",
            "time" => "2025-01-29T11:00:00Z",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let data = br#"{"productId":"mug","quantity":5}"#;
    let incoming = read(Some("application/json"), attribute, data, now()).unwrap();
    assert_eq!(incoming.at.to_string(), "2025-01-29T11:00:00Z");
    assert_eq!(incoming.told, Told::StockMoved { product_id: text("mug"), quantity: 5 });
    let without_id = |name: &str| attribute(name).filter(|_| name != "id");
    let refused = read(Some("application/json"), without_id, data, now()).unwrap_err();
    assert_eq!(refused.code(), "event.envelope_invalid");
}

/// A value as a schema of the document wants it.
fn sample(schema: &Value, document: &Value) -> Value {
    if let Some(reference) = schema.get("$ref") {
        let pointer = reference.as_str().unwrap().trim_start_matches('#');
        return sample(document.pointer(pointer).unwrap(), document);
    }
    match schema["type"].as_str().unwrap() {
        "string" if schema.get("pattern").is_some() => json!("9.50"),
        // Also what a currency is called.
        "string" => json!("GBP"),
        "integer" => json!(3),
        "boolean" => json!(true),
        "array" => json!([sample(&schema["items"], document)]),
        _ => {
            let fields = schema["properties"].as_object().unwrap();
            fields.iter().map(|(name, schema)| (name.clone(), sample(schema, document))).collect()
        }
    }
}

/// The document says neither less nor more than what is read: all fields together are, and without one
/// that is required nothing is.
#[test]
fn the_document_says_what_is_read() {
    let document = asyncapi();
    let messages = document["channels"]["incoming"]["messages"].as_object().unwrap();
    assert_eq!(messages.len(), 6);
    for name in messages.keys() {
        let kind = name.replace('*', "captured");
        let schema = &document["components"]["schemas"][format!("incoming.data.{name}")];
        let whole = sample(schema, &document);
        let read = |data: &Value| structured(&event(&kind, &data.to_string()));
        let all = read(&whole).unwrap().told;
        for (field, _) in schema["properties"].as_object().unwrap() {
            let mut less = whole.clone();
            less.as_object_mut().unwrap().remove(field);
            let is_required = schema["required"].as_array().unwrap().contains(&json!(field));
            match read(&less) {
                Ok(incoming) => {
                    assert!(!is_required, "{kind} is read without {field}");
                    assert_ne!(incoming.told, all, "{kind} does not read {field}");
                }
                Err(error) => assert!(is_required, "{kind} without {field}: {error}"),
            }
        }
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let deleted = event("product.deleted", r#"{"id":"mug"}"#);
    for (body, code) in [
        (String::new(), "event.envelope_invalid"),
        (r#"["1.0","7","/shop","product.deleted",null]"#.to_owned(), "event.envelope_invalid"),
        ("{}".to_owned(), "event.envelope_invalid"),
        (deleted.replace("1.0", "0.3"), "event.envelope_invalid"),
        (deleted.replace(r#""7""#, r#""""#), "event.envelope_invalid"),
        (deleted.replace(r#""7""#, "7"), "event.envelope_invalid"),
        (deleted.replace(r#""7""#, &format!(r#""{}""#, "7".repeat(201))), "event.envelope_invalid"),
        (deleted.replace("mug", "\u{0}"), "event.envelope_invalid"),
        (deleted.replace("mug", "\\u0000"), "event.data_invalid"),
        (deleted.replace(r#""/shop""#, r#""/shop","time":"yesterday""#), "event.envelope_invalid"),
        (event("product.painted", "{}"), "event.type_unknown"),
        (event("product.deleted", "null"), "event.data_invalid"),
        (deleted.replace(r#","data":{"id":"mug"}"#, ""), "event.data_invalid"),
        (event("product.deleted", r#"["mug"]"#), "event.data_invalid"),
        (event("product.created", r#"{"id":"mug","name":"Mug"}"#), "event.data_invalid"),
        (
            event("product.created", r#"{"id":"mug","name":"Mug","price":true}"#),
            "event.data_invalid",
        ),
        (event("stock.changed", r#"{"productId":"mug","quantity":1.5}"#), "event.data_invalid"),
        (event("stock.changed", r#"{"productId":"mug","quantity":9e99}"#), "event.data_invalid"),
        (event("stock.counted", r#"{"productId":"mug"}"#), "event.data_invalid"),
        (event("payment.captured", r#"{"orderId":"order-1"}"#), "event.data_invalid"),
    ] {
        let refused = structured(&body).unwrap_err();
        assert_eq!(refused.code(), code, "{body}");
    }
}
