//! What happens to orders by itself: see it, help it on, and hear from payment providers.

use axum::{
    extract::{FromRequestParts, RawPathParams, State},
    http::{HeaderMap, request::Parts},
};
use order_core::{
    Steering,
    ports::{CallbackError, Clock as _, SystemClock},
};

use super::{Answer, Api, admin::limit_of, render};
use crate::{
    body::{CallbackBody, NoticeListBody, ProcessListBody},
    error::ApiError,
    extract::{Call, Payload, Signed},
    openapi::{Doc, Routes},
    request::{EmptyRequest, Nothing},
};

/// How many on a page if the caller does not say, and at most.
const PAGE: u32 = 200;

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "process", summary);
    let steer = |id, summary| doc(id, summary).command().takes::<EmptyRequest>(false);
    routes
        .get(
            "/admin/processes",
            list,
            doc("listProcesses", "List orders that something is to happen to by itself")
                .query(&[
                    ("attention", "`true`: only those that somebody has to look at."),
                    ("after", "The last one seen: the `next` of the page before."),
                    ("limit", "How many on a page: 1 to 200, 200 if absent."),
                ])
                .answers::<ProcessListBody>(200, "A page of them, by order id."),
        )
        .get(
            "/admin/notices",
            notices,
            doc("listNotices", "List notices of payment providers that are in no order")
                .query(&[("limit", "How many: 1 to 200, 200 if absent.")])
                .answers::<NoticeListBody>(200, "The oldest first."),
        )
        .post(
            "/orders/{id}/retry",
            retry,
            steer("retryProcess", "Let the process of an order go on, also if it stands still")
                .answers_order(),
        )
        .post(
            "/orders/{id}/resolve",
            resolve,
            steer("resolveProcess", "Take an order over: nothing more happens to it by itself")
                .answers_order(),
        )
}

/// The provider that a path names.
struct Provider(String);

impl<S: Send + Sync> FromRequestParts<S> for Provider {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let provider = params.ok().and_then(|params| {
            params.iter().find(|(name, _)| *name == "provider").map(|(_, it)| it.to_owned())
        });
        provider.map(Self).ok_or_else(|| CallbackError::UnknownProvider.into())
    }
}

/// The route of callbacks, where there is somebody to read them.
pub(super) fn callback_routes(routes: Routes) -> Routes {
    routes.post(
        "/payments/callbacks/{provider}",
        callback,
        Doc::new("takeCallback", "process", "Take what a payment provider tells by itself")
            .about(
                "Signed as in Standard Webhooks: `webhook-id`, `webhook-timestamp`, \
                 `webhook-signature`. The body is a notice as `openapi/payments.yaml` of \
                 `order-remote` says. A notice that was told before changes nothing.",
            )
            .public()
            .signed()
            .answers::<CallbackBody>(200, "It is kept, and will be in its order."),
    )
}

async fn list(call: Call) -> Answer {
    Ok(render::ok(&page(&call).await?))
}

/// The page of orders that a call asks for.
pub(crate) async fn page(call: &Call) -> Result<ProcessListBody, ApiError> {
    let limit = limit_of(call, PAGE, PAGE)?;
    let after = call.query.text(&["after"])?;
    let waiting = call.query.flag(&["attention"])?;
    let entries = call.orders.agenda(&call.who, after.as_ref(), limit, waiting).await?;
    let full = entries.len() == limit as usize;
    let next = entries.last().filter(|_| full).map(|entry| entry.order_id.clone());
    let processes = entries.into_iter().map(Into::into).collect();
    Ok(ProcessListBody { processes, next })
}

async fn notices(call: Call) -> Answer {
    Ok(render::ok(&notices_of(&call).await?))
}

/// The notices that a call asks for.
pub(crate) async fn notices_of(call: &Call) -> Result<NoticeListBody, ApiError> {
    let limit = limit_of(call, PAGE, PAGE)?;
    let notices = call.orders.notices(&call.who, limit).await?;
    let notices = notices.into_iter().map(Into::into).collect();
    Ok(NoticeListBody { notices })
}

async fn retry(call: Call, _: Payload<Nothing>) -> Answer {
    Ok(call.steer(Steering::Retry).await?.render())
}

async fn resolve(call: Call, _: Payload<Nothing>) -> Answer {
    Ok(call.steer(Steering::Resolve).await?.render())
}

async fn callback(
    State(api): State<Api>,
    Provider(provider): Provider,
    headers: HeaderMap,
    Signed(body): Signed,
) -> Answer {
    let Some(reader) = &api.callbacks else {
        return Err(super::not_found().await);
    };
    let header = |name: &str| joined(&headers, name);
    let notice = reader.read(&provider, &header, &body, SystemClock.now())?;
    let new = api.orders.notice(notice).await?;
    Ok(render::ok(&CallbackBody { new }))
}

/// The values of a header, joined if it comes more than once (RFC 9110, 5.3).
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter().map(|value| value.to_str().ok());
    let first = values.next()??.to_owned();
    values.try_fold(first, |joined, value| Some(format!("{joined}, {}", value?)))
}
