//! What was ever written can be read for ever. The samples are added to, never edited.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use order_core::{Order, OrderEvent, PersonalData, Status};
use serde_json::Value;

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire")
}

/// Every sample in a folder: its name without the ending, and its text.
fn read(folder: &str) -> Vec<(String, String)> {
    let paths = fs::read_dir(samples().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    named.collect()
}

#[test]
fn every_kind_of_event_has_a_sample_that_is_read_and_written_the_same() {
    let mut kinds = BTreeSet::new();
    for (name, text) in read("events") {
        let event: OrderEvent =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), json, "{name}");
        // `order.edited-tags.json` is one more sample of `order.edited`.
        let kind = name.split('-').next().unwrap();
        assert_eq!((event.name(), &json["type"]), (kind, &Value::from(kind)), "{name}");
        kinds.insert(event.name());
    }
    assert_eq!(kinds, OrderEvent::NAMES.iter().copied().collect());
}

#[test]
fn names_of_events_are_unique_and_say_what_they_are_about() {
    let names: BTreeSet<_> = OrderEvent::NAMES.iter().collect();
    assert_eq!(names.len(), OrderEvent::NAMES.len());
    for name in names {
        let (about, what) = name.split_once('.').unwrap();
        assert!(
            ["order", "payment", "fulfillment", "return", "stock", "process"].contains(&about),
            "{name}"
        );
        assert!(what.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
    }
}

#[test]
fn a_recorded_state_is_read_and_written_the_same() {
    let states = read("orders");
    assert!(states.len() >= 2);
    for (name, text) in states {
        let order: Order = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&order).unwrap(), json, "{name}");
        // The file is named after the status that was seen when it was written.
        assert_eq!(name.parse::<Status>(), Ok(order.status()), "{name}");
    }
}

#[test]
fn recorded_personal_data_is_read_and_written_the_same() {
    let text = fs::read_to_string(samples().join("person.json")).unwrap();
    let person: PersonalData = serde_json::from_str(&text).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&person).unwrap(), json);
    assert_eq!(serde_json::from_str::<PersonalData>("{}").unwrap(), PersonalData::default());
}

#[test]
fn a_field_of_a_later_version_is_passed_over_and_an_unknown_kind_is_not() {
    for (name, text) in read("events") {
        let event: OrderEvent = serde_json::from_str(&text).unwrap();
        let mut later: Value = serde_json::from_str(&text).unwrap();
        later["data"]["ofALaterVersion"] = Value::from(1);
        assert_eq!(serde_json::from_value::<OrderEvent>(later).unwrap(), event, "{name}");
    }
    for unknown in [
        r#"{"type":"order.evaporated","data":{}}"#,
        r#"{"type":"order.confirmed"}"#,
        r#"{"data":{}}"#,
        r#"{"type":"fulfillment.shipped","data":{}}"#,
        "[]",
    ] {
        assert!(serde_json::from_str::<OrderEvent>(unknown).is_err(), "{unknown}");
    }
}
