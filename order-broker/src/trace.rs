//! Which trace an event belongs to, as the Distributed Tracing extension of CloudEvents has it.

#[cfg(any(feature = "rabbitmq", feature = "kafka", feature = "webhook"))]
use std::fmt;
use std::sync::Arc;

/// The attribute, and the header beside it that tools for traces look for (W3C Trace Context).
pub(crate) const TRACEPARENT: &str = "traceparent";

/// Gives the `traceparent` of the task that asks it, if there is one.
pub type Traceparent = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Who is asked for the `traceparent` of what is published, if anybody.
#[cfg(any(feature = "rabbitmq", feature = "kafka", feature = "webhook"))]
#[derive(Clone, Default)]
pub(crate) struct Publishing(pub(crate) Option<Traceparent>);

#[cfg(any(feature = "rabbitmq", feature = "kafka", feature = "webhook"))]
impl Publishing {
    /// The trace of the task that publishes now.
    pub(crate) fn traceparent(&self) -> Option<String> {
        self.0.as_ref().and_then(|traceparent| traceparent())
    }
}

#[cfg(any(feature = "rabbitmq", feature = "kafka", feature = "webhook"))]
impl fmt::Debug for Publishing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Publishing").field(&self.0.is_some()).finish()
    }
}

/// Makes the span within which an event is taken that came with this `traceparent`, or with none.
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
pub type Spans = Arc<dyn Fn(Option<&str>) -> tracing::Span + Send + Sync>;

/// Who makes the spans of what is taken, if anybody.
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
#[derive(Clone, Default)]
pub(crate) struct Taking(pub(crate) Option<Spans>);

#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
impl Taking {
    /// The span of an event.
    pub(crate) fn span(
        &self,
        media_type: Option<&str>,
        attribute: impl Fn(&str) -> Option<String>,
        body: &[u8],
    ) -> tracing::Span {
        let Some(spans) = &self.0 else { return tracing::Span::none() };
        let traceparent =
            attribute(TRACEPARENT).or_else(|| crate::incoming::traceparent(media_type, body));
        spans(traceparent.as_deref())
    }
}
