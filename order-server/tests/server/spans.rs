//! Spans, as a collector is sent them.

use std::fmt::Write as _;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1,
};
use prost::Message as _;

use crate::receiver::Receiver;

/// A span; the ids are hexadecimal, as `traceparent` has them.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    sent: v1::Span,
}

impl Span {
    /// An attribute as a text.
    pub(crate) fn attribute(&self, name: &str) -> String {
        let found = self.sent.attributes.iter().find(|it| it.key == name);
        match found.and_then(|it| it.value.as_ref()?.value.as_ref()) {
            Some(Value::StringValue(text)) => text.clone(),
            Some(Value::IntValue(number)) => number.to_string(),
            other => format!("{other:?}"),
        }
    }
}

/// All that came.
pub(crate) fn spans(collector: &Receiver) -> Vec<Span> {
    let requests = collector.received().into_iter();
    let read = |bytes: Vec<u8>| ExportTraceServiceRequest::decode(&*bytes).unwrap();
    let resources = requests.flat_map(|it| read(it.bytes).resource_spans);
    let sent = resources.flat_map(|it| it.scope_spans).flat_map(|it| it.spans);
    sent.map(|sent| Span {
        name: sent.name.clone(),
        trace: hex(&sent.trace_id),
        id: hex(&sent.span_id),
        parent: hex(&sent.parent_span_id),
        sent,
    })
    .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
