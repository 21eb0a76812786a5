//! What is in the data of every kind of event, in tables from which the JSON Schemas and the `AsyncAPI`
//! document are made.

mod incoming;
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
    schema.insert("$defs".to_owned(), objects(OBJECTS, "#/$defs").into());
    Some(schema.into())
}

/// The `AsyncAPI` 3.0 document of all that is published: to RabbitMQ and to webhooks as it says, to Kafka
/// with the attributes as headers and the data as the value.
pub fn asyncapi() -> Value {
    let root = "#/components/schemas";
    let mut schemas = objects(OBJECTS, root);
    schemas.extend(objects(incoming::OBJECTS, root));
    let (mut messages, mut sent, mut read) = (Map::new(), Map::new(), Map::new());
    for (events, prefix, refs, envelope) in [
        (EVENTS, "", &mut sent, envelope_schema as fn(&str, &str) -> Value),
        (incoming::EVENTS, "incoming.", &mut read, incoming_schema),
    ] {
        for event in events {
            let (name, data) =
                (format!("{prefix}{}", event.name), format!("{prefix}data.{}", event.name));
            let message = json!({
                "name": event.name,
                "title": event.about,
                "contentType": "application/cloudevents+json",
                "payload": envelope(event.name, &format!("{root}/{data}")),
            });
            schemas.insert(data, object(event.fields, root).into());
            messages.insert(name.clone(), message);
            refs.insert(
                event.name.to_owned(),
                json!({ "$ref": format!("#/components/messages/{name}") }),
            );
        }
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
                "messages": sent,
            },
            "incoming": {
                "address": null,
                "description": "A queue of RabbitMQ or a topic of Kafka that the server is told to read. \
                    Source and id name an event; told again, it changes nothing. What cannot be taken \
                    goes to <name>.dead, with the reason in the headers x-error-code and x-error-reason.",
                "messages": read,
            },
        },
        "operations": {
            "publish": { "action": "send", "channel": { "$ref": "#/channels/orders" } },
            "take": { "action": "receive", "channel": { "$ref": "#/channels/incoming" } },
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
            "traceparent": { "type": "string", "description": "Where there are traces, the one in which the event is published (W3C Trace Context)." },
            "data": { "$ref": data },
        },
        "required": [
            "specversion", "id", "source", "type", "subject", "time", "datacontenttype",
            "dataschema", "sequence", "orderversion", "data",
        ],
    })
}

/// The whole event as others send it, in the structured mode.
fn incoming_schema(kind: &str, data: &str) -> Value {
    let kind = match kind.strip_suffix('*') {
        Some(family) => {
            json!({ "type": "string", "pattern": format!("^{}", family.replace('.', r"\.")) })
        }
        None => json!({ "const": kind }),
    };
    json!({
        "type": "object",
        "properties": {
            "specversion": { "const": SPEC_VERSION },
            "id": { "type": "string", "minLength": 1, "maxLength": 200 },
            "source": { "type": "string", "minLength": 1, "maxLength": 200 },
            "type": kind,
            "time": { "type": "string", "format": "date-time" },
            "traceparent": { "type": "string", "description": "The trace that what is done with the event belongs to (W3C Trace Context)." },
            "data": { "$ref": data },
        },
        "required": ["specversion", "id", "source", "type", "data"],
    })
}

fn objects(table: &[(&str, &[Field])], root: &str) -> Map<String, Value> {
    let named =
        |(name, fields): &(&str, &[Field])| ((*name).to_owned(), Value::from(object(fields, root)));
    table.iter().map(named).collect()
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
        Kind::Change => json!({ "type": "integer" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Facts => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::Object(name) => at(name),
        Kind::List(name) => json!({ "type": "array", "items": at(name) }),
    }
}
