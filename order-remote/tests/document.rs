//! The documents in `openapi/` say what the clients do: every path and every field, both ways.

use order_core::{
    Product,
    ports::{
        CustomerLookup, Inventory, Operation, PaymentCall, PaymentFacts, Payments, ProductLookup,
        RefundFact, StockHold, Units,
    },
};
use order_remote::{HttpCustomers, HttpInventory, HttpPayments, HttpProducts};
use order_testkit::provider::{Behaviour, Provider};
use serde_json::{Value, json};

use crate::service::{Reply, Seen, Service, call, done, gbp, settings};

fn document(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn payments() -> Value {
    document(include_str!("../openapi/payments.yaml"))
}

fn products() -> Value {
    document(include_str!("../openapi/products.yaml"))
}

fn customers() -> Value {
    document(include_str!("../openapi/customers.yaml"))
}

fn inventory() -> Value {
    document(include_str!("../openapi/inventory.yaml"))
}

/// What a value stands for, if it is a reference.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value.get("$ref").and_then(Value::as_str).map_or(value, |reference| {
        document
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap_or_else(|| panic!("{reference}"))
    })
}

/// The schema of a body.
fn schema<'a>(document: &'a Value, described: &'a Value) -> &'a Value {
    let content = &resolve(document, described)["content"];
    let media = content.as_object().unwrap().values().next().unwrap();
    resolve(document, &media["schema"])
}

/// Whether a value is of one of the types that a schema names.
fn is_of_type(schema: &Value, value: &Value) -> bool {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(kind) => kind == name,
        Value::Array(kinds) => kinds.iter().any(|kind| kind == name),
        _ => false,
    }
}

/// That a value has nothing that the schema does not know, and all that it demands. A strict reader:
/// the documents promise more to people, this is what a drift would break.
fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolve(document, schema);
    assert!(is_of_type(schema, value), "{at}: {value} is no {}", schema["type"]);
    if let Some(words) = schema.get("enum") {
        assert!(words.as_array().unwrap().contains(value), "{at}: {value}");
    }
    if let Value::Object(fields) = value {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(fields.contains_key(name.as_str().unwrap()), "{at}: {name} is missing");
        }
        for (name, field) in fields {
            let known = schema["properties"].get(name);
            let known = known.unwrap_or_else(|| panic!("{at}: {name} is not in the document"));
            check(document, known, field, &format!("{at}.{name}"));
        }
    }
    for entry in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], entry, &format!("{at}[]"));
    }
}

/// That a value shows every property of a schema.
fn shows_all(schema: &Value, value: &Value) {
    for name in schema["properties"].as_object().unwrap().keys() {
        assert!(value.get(name).is_some(), "{name} is in the document, but not in {value}");
    }
}

/// The operation of a document that a request is for.
fn operation<'a>(document: &'a Value, request: &Seen) -> &'a Value {
    let matches = |template: &str| {
        let (wanted, got) = (template.split('/'), request.path.split('/'));
        wanted.clone().count() == got.clone().count()
            && wanted.zip(got).all(|(wanted, got)| wanted.starts_with('{') || wanted == got)
    };
    let paths = document["paths"].as_object().unwrap();
    let path = paths.iter().find(|(template, _)| matches(template));
    let (_, path) = path.unwrap_or_else(|| panic!("{request:?} is not in the document"));
    &path[request.method.to_lowercase()]
}

/// That a request is in the document, with its headers and body.
fn check_request(document: &Value, request: &Seen) {
    let operation = operation(document, request);
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters: Vec<&Value> = parameters.map(|value| resolve(document, value)).collect();
    let is_known = |name: &str| {
        parameters.iter().any(|known| known["in"] == "header" && known["name"] == name)
    };
    for name in parameters.iter().filter(|known| known["in"] == "header") {
        assert!(request.header(name["name"].as_str().unwrap()).is_some(), "{name}");
    }
    let usual = ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];
    for name in request.headers.keys().map(reqwest::header::HeaderName::as_str) {
        assert!(
            usual.contains(&name) || is_known(name),
            "the header {name} is not in the document"
        );
    }
    assert!(operation.is_object(), "{request:?} is not in the document");
    if operation.get("requestBody").is_some() {
        check(document, schema(document, &operation["requestBody"]), &request.json(), "request");
    } else {
        assert!(request.body.is_empty());
    }
}

/// The example of an answer, which has to keep its own schema.
fn example(document: &Value, path: &str, method: &str, status: &str) -> Value {
    let described = resolve(document, &document["paths"][path][method]["responses"][status]);
    let content = described["content"].as_object().unwrap().values().next().unwrap();
    let example = content["example"].clone();
    check(document, schema(document, described), &example, "example");
    example
}

const OPERATIONS: [Operation; 4] =
    [Operation::Authorize, Operation::Capture, Operation::Void, Operation::Refund];

#[tokio::test]
async fn every_payment_call_is_in_the_document_and_every_path_is_used() {
    let document = payments();
    let service = Service::new([Reply::Json(200, done())]).await;
    let client = HttpPayments::new(settings(&service.url).token("t").unwrap()).unwrap();
    for operation in OPERATIONS {
        let full = PaymentCall {
            refund_id: Some("re-1".parse().unwrap()),
            source: Some("tok".parse().unwrap()),
            reference: Some("pp_1".parse().unwrap()),
            ..call(operation, 500, "key")
        };
        client.call(&full).await.unwrap();
        client.call(&call(operation, 500, "key")).await.unwrap();
    }
    let seen = service.seen();
    for request in &seen {
        check_request(&document, request);
    }
    shows_all(&document["components"]["schemas"]["Call"], &seen[0].json());
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(seen.iter().any(|request| request.path == *path), "{path} is not used");
    }
}

#[tokio::test]
async fn the_facts_of_a_payment_are_those_of_the_document() {
    let document = payments();
    let call = call(Operation::Authorize, 500, "key");
    let full = PaymentFacts {
        reference: Some("pp_1".parse().unwrap()),
        refunds: vec![RefundFact { id: "re-1".parse().unwrap(), amount: gbp(1) }],
        declined: Some("no".parse().unwrap()),
        ..PaymentFacts::nothing(call.order_id.clone(), call.payment_id.clone(), gbp(0))
    };
    let facts = &document["components"]["schemas"]["Facts"];
    let value = serde_json::to_value(&full).unwrap();
    check(&document, facts, &value, "facts");
    shows_all(facts, &value);
    // What the document demands, the client does too.
    for name in facts["required"].as_array().unwrap() {
        let mut without = value.clone();
        without.as_object_mut().unwrap().remove(name.as_str().unwrap());
        assert!(serde_json::from_value::<PaymentFacts>(without).is_err(), "{name}");
    }
    let example = example(&document, "/payments/captures", "post", "200");
    let facts: PaymentFacts = serde_json::from_value(example["facts"].clone()).unwrap();
    let service = Service::new([Reply::Json(200, example)]).await;
    let client = HttpPayments::new(settings(&service.url)).unwrap();
    let (order_id, payment_id) = (facts.order_id.clone(), facts.payment_id.clone());
    let answer = client.call(&PaymentCall { order_id, payment_id, ..call }).await.unwrap();
    assert_eq!(answer.facts, facts);
}

#[tokio::test]
async fn the_provider_for_tests_says_what_the_document_says() {
    let document = payments();
    let provider = Provider::within().unwrap();
    let http = reqwest::Client::new();
    let ask = async |source: &str, key: &str, minor: &str| {
        let amount = json!({"amount": minor, "currency": "GBP"});
        let body = json!({
            "orderId": "o", "paymentId": key, "amount": amount, "method": "card", "source": source,
        });
        let url = format!("{}/payments/authorizations", provider.url());
        let sent = http.post(url).header("idempotency-key", key).body(body.to_string());
        let answer = sent.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let responses = &document["paths"]["/payments/authorizations"]["post"]["responses"];
    let cases = [
        (Behaviour::Accept, "5.00", "200", 200),
        (Behaviour::LostCallback, "5.00", "202", 202),
        (Behaviour::Decline, "5.00", "402", 402),
        (Behaviour::Accept, "0.00", "422", 422),
        (Behaviour::FailAfterEffect, "5.00", "default", 500),
    ];
    for (number, (behaviour, minor, described, status)) in cases.into_iter().enumerate() {
        let (got, body) = ask(behaviour.as_str(), &format!("k{number}"), minor).await;
        assert_eq!(got, status, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        check(&document, schema(&document, &responses[described]), &body, "answer");
    }
}

#[tokio::test]
async fn the_callbacks_of_the_provider_are_those_of_the_document() {
    let document = payments();
    let inbox = Service::new([Reply::Json(204, json!(null))]).await;
    let provider = Provider::within().unwrap();
    provider.callbacks_to(&inbox.url).await;
    let client = HttpPayments::new(settings(&provider.url())).unwrap();
    client.call(&call(Operation::Authorize, 500, "key")).await.unwrap();
    provider.delivered(1).await;
    let described = &document["webhooks"]["payment"]["post"];
    let seen = inbox.seen();
    let body = seen[0].json();
    check(&document, schema(&document, &described["requestBody"]), &body, "callback");
    for parameter in described["parameters"].as_array().unwrap() {
        assert!(seen[0].header(parameter["name"].as_str().unwrap()).is_some(), "{parameter}");
    }
}

#[tokio::test]
async fn a_product_is_that_of_the_document() {
    let document = products();
    let example = example(&document, "/products/{id}", "get", "200");
    shows_all(&document["components"]["schemas"]["Product"], &example);
    let service = Service::new([Reply::Json(200, example.clone())]).await;
    let client = HttpProducts::new(settings(&service.url)).unwrap();
    let found: Vec<Product> = client.products(&["tea".parse().unwrap()]).await.unwrap();
    check_request(&document, &service.seen()[0]);
    // Every field of the example reaches the product.
    let mut value = serde_json::to_value(&found[0]).unwrap();
    let price = value["price"].take();
    value["price"] = price["amount"].clone();
    value["currency"] = price["currency"].clone();
    assert_eq!(value, example);
    // And the least that the document allows is enough.
    let least = json!({"id": "tea", "name": "n", "price": "1", "currency": "GBP"});
    check(&document, &document["components"]["schemas"]["Product"], &least, "least");
    let service = Service::new([Reply::Json(200, least)]).await;
    let client = HttpProducts::new(settings(&service.url)).unwrap();
    assert_eq!(client.products(&["tea".parse().unwrap()]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_customer_is_that_of_the_document() {
    let document = customers();
    let example = example(&document, "/users/{id}", "get", "200");
    let service = Service::new([Reply::Json(200, example)]).await;
    let client = HttpCustomers::new(settings(&service.url)).unwrap();
    assert!(client.exists(&"alice".parse().unwrap()).await.unwrap());
    check_request(&document, &service.seen()[0]);
}

#[tokio::test]
async fn a_hold_is_that_of_the_document() {
    let document = inventory();
    let full = example(&document, "/holds", "post", "200");
    let lack = example(&document, "/holds", "post", "409");
    let service = Service::new([Reply::Json(200, full), Reply::Json(409, lack)]).await;
    let client = HttpInventory::new(settings(&service.url)).unwrap();
    let units = vec![Units { product_id: "tea".parse().unwrap(), quantity: 3 }];
    let hold = StockHold { order_id: "order-1".parse().unwrap(), revision: 2, units };
    client.hold(&hold).await.unwrap();
    client.hold(&hold).await.unwrap();
    for request in service.seen() {
        check_request(&document, &request);
        shows_all(&document["components"]["schemas"]["Hold"], &request.json());
    }
}

#[test]
fn every_document_is_openapi_3_1_and_names_each_operation_once() {
    for document in [payments(), products(), customers(), inventory()] {
        assert_eq!(document["openapi"], "3.1.0");
        let mut names = Vec::new();
        for path in document["paths"].as_object().unwrap().values() {
            for operation in path.as_object().unwrap().values() {
                names.push(operation["operationId"].as_str().unwrap().to_owned());
                assert!(operation["responses"].get("default").is_some());
            }
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), count > 0), (count, true));
    }
}
