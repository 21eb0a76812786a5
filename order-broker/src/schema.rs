//! What is in the data of every kind of event: one table, from which the JSON Schemas and the `AsyncAPI`
//! document are made.

mod table;

use serde_json::{Map, Value, json};

use self::table::{EVENTS, Field, Kind, OBJECTS};
use crate::envelope::{DATA_TYPE, SPEC_VERSION, schema_name};

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// The version of the contract: the first number is that of the schemas' names.
const CONTRACT_VERSION: &str = "1.0.0";

/// The JSON Schema of the data of a kind of event, by its name. Consumers pass over fields that they do
/// not know: later versions have more of them.
pub fn data_schema(kind: &str) -> Option<Value> {
    let event = EVENTS.iter().find(|event| event.name == kind)?;
    let mut schema = object(event.fields, "#/$defs");
    schema.insert("$schema".to_owned(), DIALECT.into());
    schema.insert("$id".to_owned(), schema_name(kind).into());
    schema.insert("title".to_owned(), kind.into());
    schema.insert("description".to_owned(), event.about.into());
    schema.insert("$defs".to_owned(), objects("#/$defs").into());
    Some(schema.into())
}

/// The `AsyncAPI` 3.0 document of all that is published: to RabbitMQ and to webhooks as it says, to Kafka
/// with the attributes as headers and the data as the value.
pub fn asyncapi() -> Value {
    let root = "#/components/schemas";
    let mut schemas = objects(root);
    let (mut messages, mut refs) = (Map::new(), Map::new());
    for event in EVENTS {
        let data = format!("data.{}", event.name);
        schemas.insert(data.clone(), object(event.fields, root).into());
        let message = json!({
            "name": event.name,
            "title": event.about,
            "contentType": "application/cloudevents+json",
            "payload": envelope_schema(event.name, &format!("{root}/{data}")),
        });
        messages.insert(event.name.to_owned(), message);
        let at = json!({ "$ref": format!("#/components/messages/{}", event.name) });
        refs.insert(event.name.to_owned(), at);
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of orders",
            "version": CONTRACT_VERSION,
            "description": "At least once, in order per order. The id is the same however often an \
                event is delivered; the sequence grows with every event, over all orders.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            "orders": {
                "address": "orders",
                "description": "The topic exchange of RabbitMQ, with the event's name as routing key; \
                    the topic of Kafka is called order-events and has the order's id as key.",
                "messages": refs,
            },
        },
        "operations": {
            "publish": { "action": "send", "channel": { "$ref": "#/channels/orders" } },
        },
        "components": { "messages": messages, "schemas": schemas },
    })
}

/// The whole event in the structured mode.
fn envelope_schema(kind: &str, data: &str) -> Value {
    json!({
        "type": "object",
        "properties": {
            "specversion": { "const": SPEC_VERSION },
            "id": { "type": "string", "description": "<order id>.<version>.<ordinal>" },
            "source": { "type": "string", "format": "uri-reference" },
            "type": { "const": kind },
            "subject": { "type": "string", "description": "The order's id." },
            "time": { "type": "string", "format": "date-time" },
            "datacontenttype": { "const": DATA_TYPE },
            "dataschema": { "const": schema_name(kind) },
            "sequence": { "type": "string", "pattern": "^[0-9]{20}$" },
            "orderversion": { "type": "integer", "minimum": 1 },
            "data": { "$ref": data },
        },
        "required": [
            "specversion", "id", "source", "type", "subject", "time", "datacontenttype",
            "dataschema", "sequence", "orderversion", "data",
        ],
    })
}

fn objects(root: &str) -> Map<String, Value> {
    let named =
        |(name, fields): &(&str, &[Field])| ((*name).to_owned(), Value::from(object(fields, root)));
    OBJECTS.iter().map(named).collect()
}

fn object(fields: &[Field], root: &str) -> Map<String, Value> {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), schema_of(field.kind, root))).collect();
    let required: Vec<&str> =
        fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("required".to_owned(), required.into());
    schema
}

fn schema_of(kind: Kind, root: &str) -> Value {
    let at = |name: &str| json!({ "$ref": format!("{root}/{name}") });
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Decimal => json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$" }),
        Kind::Count => json!({ "type": "integer", "minimum": 0 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Facts => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::Object(name) => at(name),
        Kind::List(name) => json!({ "type": "array", "items": at(name) }),
    }
}
