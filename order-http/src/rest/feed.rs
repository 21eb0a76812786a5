//! The feed: by page, or as a stream of server-sent events.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header::VARY},
    response::{IntoResponse, Sse},
};
use order_core::FeedQuery;

use super::{Answer, Api, render};
use crate::{
    body::FeedBody,
    error::ApiError,
    extract::{Call, wants_stream},
    feed::{Pass, Reader},
    openapi::{Doc, Routes},
};

/// How many on a page if the caller does not say.
const LIMIT_DEFAULT: u32 = 100;
/// Where the feed ends now, as a place to begin.
const LATEST: &str = "latest";

const AFTER: &[&str] = &["after"];
const ORDER: &[&str] = &["order", "orderId", "order_id"];
const CUSTOMER: &[&str] = &["customer", "customerId", "customer_id", "userId", "user_id"];
const KIND: &[&str] = &["type"];
static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const ABOUT: &str = "Every event of every order in one line, by position: 1, 2, 3 and so on, without \
    gaps, and never changed. A customer sees the events of their own orders. With `Accept: \
    text/event-stream` the answer is a stream that goes on: the `id` of an event is its position, \
    `event` its type, `data` one line of JSON as in `events` of a page. A client that comes back says \
    the last `id` it saw in `Last-Event-ID` and misses nothing. An `id` without data is a place without \
    an event. The stream ends when the server stops or the token counts no longer: come back, with a \
    new token. `EventSource` of a browser cannot send a token: read the stream with `fetch`.";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get(
        "/events",
        events,
        Doc::new("readFeed", "feed", "Read what happened to all orders")
            .about(ABOUT)
            .query(&[
                ("after", "Events after this position, 0 (if absent) from the beginning, `latest` from now."),
                ("limit", "How many on a page: 1 to 1000, 100 if absent."),
                ("order", "Those of an order, by id or number; also `orderId`."),
                ("customer", "Those of a customer's orders; also `customerId`, `userId`."),
                ("type", "Those of these types, separated by commas, such as `order.placed`."),
            ])
            .header("Last-Event-ID", "The last event seen: beats `after`.")
            .streams::<FeedBody>(200, "A page of events, or a stream of them."),
    )
}

async fn events(
    State(api): State<Api>,
    call: Call,
    pass: Option<Extension<Pass>>,
    headers: HeaderMap,
) -> Answer {
    let query = asked(&call, &headers).await?;
    if !wants_stream(&headers) {
        let page = call.orders.feed(&call.who, query).await?;
        let mut response = render::ok(&FeedBody::from(page));
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
        return Ok(response);
    }
    // What cannot be read is said before the stream begins.
    let probe = FeedQuery { until: Some(0), ..query.clone() };
    call.orders.feed(&call.who, probe).await?;
    let pass = pass.map(|Extension(pass)| pass);
    let reader = Reader::new(&api.streams, call.who, query, pass)?;
    let unbuffered = [("x-accel-buffering", "no"), ("vary", "accept")];
    Ok((unbuffered, Sse::new(reader.stream())).into_response())
}

/// Which events the caller wants.
async fn asked(call: &Call, headers: &HeaderMap) -> Result<FeedQuery, ApiError> {
    let asked = &call.query;
    let limit = asked.number(&["limit"], "page.limit_out_of_range")?.unwrap_or(LIMIT_DEFAULT);
    let kinds = asked.list(KIND);
    let (order, customer_id) = (asked.get(ORDER)?.map(str::to_owned), asked.text(CUSTOMER)?);
    let is_latest = asked.get(AFTER)? == Some(LATEST);
    let after = if is_latest { None } else { asked.number(AFTER, "query.integer")?.or(Some(0)) };
    let after = match (last_seen(headers)?, after) {
        (Some(seen), _) => seen,
        (None, Some(after)) => after,
        (None, None) => call.orders.feed_end().await?,
    };
    Ok(FeedQuery { after, until: None, limit, order, customer_id, kinds })
}

/// The last event that a client which comes back has seen.
fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let mut values = headers.get_all(&LAST_EVENT_ID).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return if headers.contains_key(&LAST_EVENT_ID) { Err(no_position()) } else { Ok(None) };
    };
    match value.as_bytes() {
        b"" => Ok(None),
        digits if digits.iter().all(u8::is_ascii_digit) => {
            let position = value.to_str().ok().and_then(|text| text.parse().ok());
            position.map(Some).ok_or_else(no_position)
        }
        _ => Err(no_position()),
    }
}

fn no_position() -> ApiError {
    let detail = "Last-Event-ID is the position of one event";
    ApiError::unreadable("request.last_event_id", detail)
}
