//! Answers.

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, ETAG, LOCATION},
    },
    response::{IntoResponse, Response},
};
use order_core::{Order, PersonalData, Receipt};
use serde::Serialize;

use crate::{
    body::{DryRunBody, EventBody, OrderBody},
    error::ApiError,
    extract::entity_tag,
};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How large a body is made to begin with: most orders fit.
const BODY_BYTES: usize = 2_048;

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    json_bytes(status, bytes(body))
}

/// A body; none if it cannot be rendered.
pub(crate) fn bytes(body: &impl Serialize) -> Option<Bytes> {
    let mut bytes = Vec::with_capacity(BODY_BYTES);
    serde_json::to_writer(&mut bytes, body).ok()?;
    Some(bytes.into())
}

/// An answer with a body that was rendered, or with the problem that it was not.
fn json_bytes(status: StatusCode, bytes: Option<Bytes>) -> Response {
    let Some(bytes) = bytes else {
        return ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "server.render", "")
            .into_response();
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The same with status 200.
pub(crate) fn ok(body: &impl Serialize) -> Response {
    json(StatusCode::OK, body)
}

/// The same with an entity tag.
pub(crate) fn tagged(status: StatusCode, version: u64, body: &impl Serialize) -> Response {
    tagged_bytes(status, version, bytes(body))
}

/// The same with a body that was rendered.
pub(crate) fn tagged_bytes(status: StatusCode, version: u64, body: Option<Bytes>) -> Response {
    let mut response = json_bytes(status, body);
    response.headers_mut().insert(ETAG, entity_tag(version));
    response
}

/// An order.
pub(crate) fn order(order: &Order, person: &PersonalData) -> Response {
    tagged(StatusCode::OK, order.version(), &OrderBody::new(order, person))
}

/// That the caller has this version already.
pub(crate) fn not_modified(version: u64) -> Response {
    (StatusCode::NOT_MODIFIED, [(ETAG, entity_tag(version))]).into_response()
}

/// What a command did, or would do.
pub(crate) fn receipt(receipt: &Receipt, dry_run: bool) -> Response {
    let order = OrderBody::new(&receipt.order, &receipt.person);
    if dry_run {
        return rehearsal(receipt, order);
    }
    replayed(tagged(StatusCode::OK, order.version, &order), receipt)
}

/// That an order was placed, and where it is; `body` is how it is shown.
pub(crate) fn placed(
    receipt: &Receipt,
    dry_run: bool,
    location: &str,
    body: impl FnOnce(OrderBody) -> Response,
) -> Response {
    let order = OrderBody::new(&receipt.order, &receipt.person);
    if dry_run {
        return rehearsal(receipt, order);
    }
    let mut response = replayed(body(order), receipt);
    // A percent-encoded path always makes a header.
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn rehearsal(receipt: &Receipt, order: OrderBody) -> Response {
    let events = receipt.events.iter().cloned().map(EventBody::from).collect();
    ok(&DryRunBody { dry_run: true, order, events })
}

fn replayed(mut response: Response, receipt: &Receipt) -> Response {
    if receipt.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}
