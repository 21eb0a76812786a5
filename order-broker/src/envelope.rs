//! An event as others see it: CloudEvents 1.0.

use std::{borrow::Cow, fmt};

use order_core::{OrderEvent, ports::Positioned};
use serde::{Serialize, Serializer};

use crate::{error::SourceError, trace::TRACEPARENT};

/// The version of CloudEvents.
pub const SPEC_VERSION: &str = "1.0";
/// The media type of the data.
pub const DATA_TYPE: &str = "application/json";
/// The media type of a whole event in JSON.
pub const EVENT_TYPE: &str = "application/cloudevents+json; charset=UTF-8";
/// What the name of every data schema begins with. The number goes up when a consumer that reads the
/// old form could not read the new one; a new optional field is no such thing.
pub const SCHEMA_PREFIX: &str = "urn:order-library:events:v1:";
/// How many characters a source may have.
pub const SOURCE_CHARS_MAX: usize = 256;
/// How many digits a sequence has, so that texts sort as numbers do.
const SEQUENCE_DIGITS: usize = 20;

/// Where events come from: a URI reference such as `/orders` or `https://shop.example/orders`. Source
/// and id together name an event, so two systems that publish to one place need two sources.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source(String);

impl Source {
    /// The source as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Source {
    /// `/orders`.
    fn default() -> Self {
        Self("/orders".to_owned())
    }
}

impl TryFrom<&str> for Source {
    type Error = SourceError;

    /// Takes what can stand in a URI, in a header and in JSON alike.
    fn try_from(text: &str) -> Result<Self, SourceError> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
        let is_valid = !text.is_empty() && text.len() <= SOURCE_CHARS_MAX && text.bytes().all(fits);
        if is_valid { Ok(Self(text.to_owned())) } else { Err(SourceError) }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event in its envelope.
///
/// | attribute | what it is |
/// |---|---|
/// | `id` | the [`EventId`](order_core::EventId): the same however often the event is delivered |
/// | `type` | the event's name, such as `order.placed` |
/// | `subject` | the order's id |
/// | `time` | when it happened |
/// | `dataschema` | which JSON Schema the data keeps, with its version |
/// | `sequence` | the position in the feed, in 20 digits: greater is later, over all orders |
/// | `orderversion` | the order's version that the event belongs to |
/// | `traceparent` | only where there are traces: the one in which it is published (W3C Trace Context) |
///
/// Events hold no personal data. Nor does the envelope tell who did it, for what a host calls its users is
/// not ours to spread, nor the provider's token for what a customer pays with, which is between both.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    source: &'a Source,
    event: &'a Positioned,
    told: Cow<'a, OrderEvent>,
    traceparent: Option<&'a str>,
}

/// The form in JSON; `type` and `data` are the event's own.
#[derive(Serialize)]
struct Body<'a> {
    specversion: &'static str,
    #[serde(serialize_with = "as_text")]
    id: &'a order_core::EventId,
    source: &'a str,
    subject: &'a str,
    time: order_core::Timestamp,
    datacontenttype: &'static str,
    dataschema: String,
    sequence: String,
    orderversion: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(flatten)]
    event: &'a OrderEvent,
}

fn as_text<S: Serializer>(id: &order_core::EventId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl<'a> Envelope<'a> {
    /// Puts an event into its envelope.
    pub fn new(source: &'a Source, event: &'a Positioned) -> Self {
        Self { source, event, told: event.recorded.event.without_token(), traceparent: None }
    }

    /// The same, saying in which trace it is published.
    #[must_use]
    pub fn traced(self, traceparent: Option<&'a str>) -> Self {
        Self { traceparent, ..self }
    }

    /// The whole in the structured mode of CloudEvents: one JSON object.
    ///
    /// # Errors
    /// None that is known: every event has a form in JSON.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let recorded = &self.event.recorded;
        serde_json::to_vec(&Body {
            specversion: SPEC_VERSION,
            id: &recorded.id,
            source: self.source.as_str(),
            subject: recorded.id.order_id.as_str(),
            time: recorded.at,
            datacontenttype: DATA_TYPE,
            dataschema: schema_name(recorded.event.name()),
            sequence: self.sequence(),
            orderversion: recorded.id.version,
            traceparent: self.traceparent,
            event: &self.told,
        })
    }

    /// The attributes but for the media type of the data, for the binary mode of CloudEvents: a binding
    /// makes a header of each, by its own rule.
    pub fn attributes(&self) -> Vec<(&'static str, Cow<'a, str>)> {
        let recorded = &self.event.recorded;
        let mut attributes = vec![
            ("specversion", SPEC_VERSION.into()),
            ("id", recorded.id.to_string().into()),
            ("source", self.source.as_str().into()),
            ("type", recorded.event.name().into()),
            ("subject", recorded.id.order_id.as_str().into()),
            ("time", recorded.at.to_string().into()),
            ("dataschema", schema_name(recorded.event.name()).into()),
            ("sequence", self.sequence().into()),
            ("orderversion", recorded.id.version.to_string().into()),
        ];
        attributes.extend(self.traceparent.map(|it| (TRACEPARENT, it.into())));
        attributes
    }

    /// The data alone, as JSON, for the binary mode.
    ///
    /// # Errors
    /// None that is known: every event has a form in JSON.
    pub fn data(&self) -> Result<Vec<u8>, serde_json::Error> {
        let event: &OrderEvent = &self.told;
        let mut json = serde_json::to_vec(event)?;
        // The wire form of every event is `{"type":"…","data":{…}}`.
        let before = format!(r#"{{"type":"{}","data":"#, event.name()).len();
        json.pop();
        json.drain(..before.min(json.len()));
        Ok(json)
    }

    fn sequence(&self) -> String {
        format!("{:0width$}", self.event.position, width = SEQUENCE_DIGITS)
    }
}

/// What the schema of an event's data is called.
pub fn schema_name(kind: &str) -> String {
    format!("{SCHEMA_PREFIX}{kind}")
}
