//! Traces for a collector of OpenTelemetry: a span a request and a call of gRPC, one for what the store is
//! asked in it, one for what is published, and one for what of other services is taken. Callers and services are told of each other's by the W3C's `traceparent`.

#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
use std::collections::HashMap;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{Status, TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use order_core::{
    EndpointUrl,
    ports::{
        EndpointError, EventPublisher, Positioned, PublishError, WebhookCall, WebhookReply,
        WebhookSender,
    },
    webhook::SigningSecret,
};
use order_grpc::Code;
use thiserror::Error;
use tracing::{Instrument as _, Span, field::Empty};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};

use crate::config::Collector;

/// How long the collector may take, and a stop waits for it.
pub(crate) const TIME: Duration = Duration::from_secs(3);

static IS_ON: OnceLock<()> = OnceLock::new();

/// Why there can be no traces.
#[derive(Debug, Error)]
#[error("the exporter of traces cannot be made")]
pub struct TracesError(#[from] opentelemetry_otlp::ExporterBuildError);

/// Where spans go, until it is closed.
#[derive(Debug)]
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends spans to a collector from now on. That it is away disturbs nobody.
    ///
    /// # Errors
    /// [`TracesError`].
    pub(crate) fn open(collector: &Collector) -> Result<Self, TracesError> {
        let address = format!("{}/v1/traces", collector.address.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(address)
            .with_timeout(TIME)
            .build()?;
        let resource = Resource::builder()
            .with_service_name(collector.service.clone())
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let share = Sampler::TraceIdRatioBased(collector.share);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .build();
        IS_ON.get_or_init(|| ());
        Ok(Self(provider))
    }

    /// What makes spans of ours into theirs.
    pub(crate) fn layer<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("order-server"))
            .with_location(false)
            .with_threads(false)
    }

    /// Sends what is left.
    pub(crate) fn close(self) {
        if let Err(error) = self.0.shutdown_with_timeout(TIME) {
            tracing::debug!(%error, "some spans were not sent");
        }
    }
}

/// The headers of a request, as they are looked into.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// The span of a request; a plain one for the log where there are no traces.
pub(crate) fn of_request(method: &Method, headers: &HeaderMap, id: &str) -> Span {
    if IS_ON.get().is_none() {
        // Also what a panic logs has the id of the request.
        return tracing::error_span!("request", request_id = id);
    }
    let span = tracing::error_span!(
        "request",
        request_id = id,
        otel.kind = "server",
        http.request.method = method.as_str(),
        http.route = Empty,
        http.response.status_code = Empty,
    );
    let caller = TraceContextPropagator::new().extract(&Headers(headers));
    // Fails where the span goes nowhere.
    let _ = span.set_parent(caller);
    span
}

/// Says what became of a request. The route, not the path, for the path holds ids.
pub(crate) fn answered(span: &Span, method: &Method, route: &str, status: StatusCode) {
    if IS_ON.get().is_some() {
        span.record("http.route", route);
        span.record("http.response.status_code", status.as_u16());
        let context = span.context();
        context.span().update_name(format!("{method} {route}"));
        if status.is_server_error() {
            context.span().set_status(Status::error(""));
        }
    }
}

/// The span of a call of gRPC, of which the method's path is given; none where there are no traces.
pub(crate) fn of_call(method: &'static str, headers: &HeaderMap) -> Span {
    if IS_ON.get().is_none() {
        return Span::none();
    }
    let name = method.trim_start_matches('/');
    let (service, method) = name.split_once('/').unwrap_or(("-", name));
    let span = tracing::error_span!(
        "call",
        otel.name = name,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = Empty,
    );
    let caller = TraceContextPropagator::new().extract(&Headers(headers));
    // Fails where the span goes nowhere.
    let _ = span.set_parent(caller);
    span
}

/// Says what became of a call.
pub(crate) fn call_answered(span: &Span, code: Code) {
    if IS_ON.get().is_some() {
        span.record("rpc.grpc.status_code", code as i32);
        // Those of which the caller is not the reason.
        let is_ours = matches!(
            code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        );
        if is_ours {
            span.context().span().set_status(Status::error(""));
        }
    }
}

/// The span of something that the store is asked within a request.
pub(crate) fn of_store(operation: &'static str) -> Span {
    if IS_ON.get().is_none() {
        return Span::none();
    }
    tracing::debug_span!("store", otel.name = operation, otel.kind = "client")
}

/// What another service is told of the present span, as `traceparent` has it (W3C Trace Context).
pub(crate) fn traceparent() -> Option<String> {
    IS_ON.get()?;
    let context: Context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    let (trace, id, flags) = (span.trace_id(), span.span_id(), span.trace_flags().to_u8());
    span.is_valid().then(|| format!("00-{trace}-{id}-{flags:02x}"))
}

/// Who makes the spans of events of other services that are taken, each a part of the trace that came with
/// it; nobody where there are no traces.
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
pub(crate) fn of_events(broker: &'static str) -> Option<order_broker::Spans> {
    IS_ON.get()?;
    Some(Arc::new(move |traceparent: Option<&str>| {
        let span = tracing::debug_span!("take", otel.kind = "consumer", messaging.system = broker);
        if let Some(traceparent) = traceparent {
            let carried = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
            // Fails where the span goes nowhere.
            let _ = span.set_parent(TraceContextPropagator::new().extract(&carried));
        }
        span
    }))
}

/// A publisher whose calls are spans. Each begins a trace of its own: it publishes what many requests
/// did, and later than they.
#[derive(Debug)]
pub(crate) struct TracedPublisher {
    broker: &'static str,
    publisher: Arc<dyn EventPublisher>,
}

impl TracedPublisher {
    /// The same publisher, where there are traces.
    pub(crate) fn around(
        broker: &'static str,
        publisher: Arc<dyn EventPublisher>,
    ) -> Arc<dyn EventPublisher> {
        if IS_ON.get().is_none() {
            return publisher;
        }
        Arc::new(Self { broker, publisher })
    }
}

#[async_trait]
impl EventPublisher for TracedPublisher {
    async fn publish(&self, events: &[Positioned]) -> Result<(), PublishError> {
        let span = tracing::debug_span!(
            "publish",
            otel.kind = "producer",
            messaging.system = self.broker,
            messaging.batch.message_count = events.len(),
        );
        let published = self.publisher.publish(events).instrument(span.clone()).await;
        if published.is_err() {
            span.context().span().set_status(Status::error(""));
        }
        published
    }

    async fn ping(&self) -> Result<(), PublishError> {
        self.publisher.ping().await
    }

    async fn is_idle(&self) -> Result<bool, PublishError> {
        self.publisher.is_idle().await
    }
}

/// A sender of webhooks whose calls are spans, each with a trace of its own.
#[derive(Debug)]
pub(crate) struct TracedSender(Arc<dyn WebhookSender>);

impl TracedSender {
    /// The same sender, where there are traces.
    pub(crate) fn around(sender: Arc<dyn WebhookSender>) -> Arc<dyn WebhookSender> {
        if IS_ON.get().is_none() {
            return sender;
        }
        Arc::new(Self(sender))
    }
}

#[async_trait]
impl WebhookSender for TracedSender {
    fn check_url(&self, url: &EndpointUrl) -> Result<(), EndpointError> {
        self.0.check_url(url)
    }

    fn check_secret(&self, secret: &SigningSecret) -> Result<(), EndpointError> {
        self.0.check_secret(secret)
    }

    fn new_secret(&self) -> Result<SigningSecret, EndpointError> {
        self.0.new_secret()
    }

    async fn send(&self, calls: Vec<WebhookCall>) -> Vec<WebhookReply> {
        let span = tracing::debug_span!(
            "deliver",
            otel.kind = "producer",
            messaging.system = "webhook",
            messaging.batch.message_count = calls.len(),
        );
        self.0.send(calls).instrument(span).await
    }
}
