//! Events in their envelope, against the samples that every event keeps for ever, and the documents that
//! tell others of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, env, fs};

use order_broker::{
    DATA_TYPE, Envelope, SOURCE_CHARS_MAX, Source,
    schema::{asyncapi, data_schema},
    schema_name,
};
use order_core::{OrderEvent, ports::Positioned};
use order_testkit::publisher::samples;
use serde_json::{Value, json};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/asyncapi.json");

fn envelope(event: &Positioned) -> Value {
    serde_json::from_slice(&Envelope::new(&Source::default(), event).json().unwrap()).unwrap()
}

/// The data of a sample, as it may be told.
fn told(event: &Positioned) -> Value {
    let mut data = serde_json::to_value(&event.recorded.event).unwrap()["data"].take();
    if let Some(pay_with) = data.get_mut("payWith").and_then(Value::as_object_mut) {
        pay_with.remove("source");
    }
    data
}

#[test]
fn an_event_in_its_envelope_is_a_cloud_event() {
    let (_, event) = samples().into_iter().find(|(name, _)| name == "order.cancelled").unwrap();
    let json = json!({
        "specversion": "1.0",
        "id": "samples.4.0",
        "source": "/orders",
        "type": "order.cancelled",
        "subject": "samples",
        "time": "2025-01-29T12:00:04.004Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:order-library:events:v1:order.cancelled",
        "sequence": "00000000000000000004",
        "orderversion": 4,
        "data": { "reason": "changed their mind" },
    });
    assert_eq!(envelope(&event), json);
}

#[test]
fn both_modes_say_the_same_of_every_kind_of_event() {
    for (name, event) in samples() {
        let whole = envelope(&event);
        let source = Source::default();
        let binary = Envelope::new(&source, &event);
        let data: Value = serde_json::from_slice(&binary.data().unwrap()).unwrap();
        assert_eq!(data, told(&event), "{name}");
        assert_eq!(data, whole["data"], "{name}");
        let attributes = binary.attributes();
        for (attribute, value) in &attributes {
            let own = whole[*attribute].as_str().map(ToOwned::to_owned);
            let own = own.unwrap_or_else(|| whole[*attribute].to_string());
            assert_eq!(own, *value, "{name}");
        }
        // The others are the data and its media type, which a binding has a place for.
        assert_eq!(whole.as_object().unwrap().len(), attributes.len() + 2, "{name}");
        assert_eq!(whole["datacontenttype"], DATA_TYPE);
    }
}

#[test]
fn where_there_are_traces_both_modes_say_in_which() {
    let (_, event) = samples().remove(0);
    let (source, trace) =
        (Source::default(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let traced = Envelope::new(&source, &event).traced(Some(trace));
    let whole: Value = serde_json::from_slice(&traced.json().unwrap()).unwrap();
    assert_eq!(whole["traceparent"], trace);
    assert_eq!(traced.attributes().last().unwrap(), &("traceparent", trace.into()));
    assert_eq!(envelope(&event).get("traceparent"), None);
}

#[test]
fn neither_the_author_nor_a_payment_token_is_told() {
    let mut tokens = 0;
    for (name, event) in samples() {
        let kept = serde_json::to_string(&event.recorded.event).unwrap();
        tokens += usize::from(kept.contains("tok_visa"));
        let text = envelope(&event).to_string();
        assert!(!text.contains("tok_visa") && !text.contains("tester"), "{name}");
    }
    assert!(tokens > 0, "a sample has a token");
}

#[test]
fn sources_are_uri_references() {
    for source in ["/orders", "https://shop.example/orders?x=1#y", "urn:shop:1"] {
        assert_eq!(Source::try_from(source).unwrap().as_str(), source);
    }
    for source in
        ["", "with space", "new\nline", "ünïcode", "<x>", "\"", &"x".repeat(SOURCE_CHARS_MAX + 1)]
    {
        assert!(Source::try_from(source).is_err(), "{source}");
    }
}

/// Whether a value keeps to a schema of the few words that ours are made of; fields that a schema does
/// not know break it, for here both are of today.
fn check(value: &Value, schema: &Value, root: &Value, seen: &mut BTreeSet<String>, at: &str) {
    if let Some(reference) = schema.get("$ref") {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        let name = pointer.rsplit('/').next().unwrap();
        return check(value, root.pointer(pointer).unwrap(), root, seen, name);
    }
    if let Some(words) = schema.get("enum") {
        assert!(words.as_array().unwrap().contains(value), "{at}: {value}");
        return;
    }
    match schema["type"].as_str().unwrap() {
        "string" => assert!(value.is_string(), "{at}: {value}"),
        "boolean" => assert!(value.is_boolean(), "{at}: {value}"),
        "integer" => assert!(value.is_u64(), "{at}: {value}"),
        "array" => {
            for item in value.as_array().unwrap_or_else(|| panic!("{at}: {value}")) {
                check(item, &schema["items"], root, seen, at);
            }
        }
        _ => {
            let fields = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
            let no_names = Vec::new();
            for name in schema.get("required").map_or(&no_names, |names| names.as_array().unwrap())
            {
                assert!(fields.contains_key(name.as_str().unwrap()), "{at}: no {name}");
            }
            for (name, value) in fields {
                let known = schema.get("properties").and_then(|known| known.get(name));
                let known = known.or_else(|| schema.get("additionalProperties"));
                let known = known.unwrap_or_else(|| panic!("{at} has no {name} in its schema"));
                let at = format!("{at}.{name}");
                seen.insert(at.clone());
                check(value, known, root, seen, &at);
            }
        }
    }
}

#[test]
fn every_kind_of_event_has_a_schema_that_its_samples_keep_and_use_up() {
    let (mut kinds, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (_, event) in samples() {
        let kind = event.recorded.event.name();
        let schema = data_schema(kind).unwrap();
        assert_eq!(schema["$id"], schema_name(kind));
        check(&told(&event), &schema, &schema, &mut seen, kind);
        kinds.insert(kind);
    }
    assert_eq!(kinds, OrderEvent::NAMES.iter().copied().collect());
    assert_eq!(data_schema("order.evaporated"), None);
    // Nothing is in the table that no event has.
    let document = asyncapi();
    let is_ours =
        |(name, _): &(&String, &Value)| !name.starts_with("incoming.") && *name != "RefundFact";
    for (name, schema) in
        document["components"]["schemas"].as_object().unwrap().iter().filter(is_ours)
    {
        // Drafted and placed orders have the same content.
        let of = name.strip_prefix("data.").unwrap_or(name).replace("drafted", "placed");
        for field in schema["properties"].as_object().unwrap().keys() {
            let path = format!("{of}.{field}");
            assert!(seen.contains(&path) || UNSHOWN.contains(&path.as_str()), "{path}");
        }
    }
}

/// What no sample shows: the ledgers of lines that are edited when some of their units have gone.
const UNSHOWN: [&str; 5] =
    ["Line.cancelled", "Line.shipped", "Line.delivered", "Line.returnRequested", "Line.returned"];

#[test]
fn the_document_is_the_one_that_is_kept_and_has_every_kind() {
    let document = asyncapi();
    let names: BTreeSet<&str> = document["components"]["messages"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .filter(|name| !name.starts_with("incoming."))
        .collect();
    assert_eq!(names, OrderEvent::NAMES.iter().copied().collect());
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    if env::var_os("ORDER_WRITE_DOCUMENTS").is_some() {
        fs::write(DOCUMENT, &text).unwrap();
    }
    let kept = fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(kept == text, "run with ORDER_WRITE_DOCUMENTS=1 and look at what has changed");
}
