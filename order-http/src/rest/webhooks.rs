//! Webhooks: who wants which events, and what became of each.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use order_core::{
    NewSubscription, Rotation, ServiceError, SubscriptionChange, SubscriptionId, Webhooks,
    ports::{DeliveryPage, DeliveryQuery, Replay},
};

use super::{Answer, lists::LIMIT_DEFAULT, render};
use crate::{
    body::{AttemptBody, DeliveryListBody, ReplayedBody, WebhookBody, WebhookListBody},
    error::ApiError,
    extract::{Call, Payload, delivery_cursor, read_delivery_cursor},
    openapi::{Doc, Routes},
    request::{
        EmptyRequest, Nothing, ReplayRequest, RotationRequest, Since, WebhookChangeRequest,
        WebhookRequest,
    },
};

fn doc(id: &str, summary: &str) -> Doc {
    Doc::new(id, "webhooks", summary)
}

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .post(
            "/webhooks",
            add,
            doc("addWebhook", "Have events delivered to an address from now on")
                .about(
                    "Each event is a request: CloudEvents 1.0 in JSON, signed as in Standard Webhooks \
                     (`webhook-id`, `webhook-timestamp`, `webhook-signature`). Any answer of 2xx means \
                     that it has arrived. Events of one order come one after the other, at least \
                     once; who has seen a `webhook-id` has seen the event. The `secret` is in this \
                     answer alone.",
                )
                .takes::<WebhookRequest>(true)
                .answers::<WebhookBody>(201, "The webhook; `Location` says where it is."),
        )
        .get(
            "/webhooks",
            list,
            doc("listWebhooks", "List webhooks")
                .answers::<WebhookListBody>(200, "All of them, by id."),
        )
        .get(
            "/webhooks/{id}",
            show,
            doc("showWebhook", "Read a webhook").answers::<WebhookBody>(200, "The webhook."),
        )
        .patch(
            "/webhooks/{id}",
            update,
            doc("updateWebhook", "Change a webhook, disable it, or make it active again")
                .takes::<WebhookChangeRequest>(true)
                .versioned()
                .answers::<WebhookBody>(200, "The webhook after the change."),
        )
        .delete(
            "/webhooks/{id}",
            remove,
            doc("removeWebhook", "Remove a webhook and its deliveries")
                .versioned()
                .answers_plainly(204, "It is gone."),
        );
    delivery_routes(routes)
}

fn delivery_routes(routes: Routes) -> Routes {
    routes
        .post(
            "/webhooks/{id}/rotate",
            rotate,
            doc("rotateWebhookSecret", "Replace the secret of a webhook")
                .about("For a while requests are signed with both. The `secret` is in this answer alone.")
                .takes::<RotationRequest>(false)
                .versioned()
                .answers::<WebhookBody>(200, "The webhook, with the new secret."),
        )
        .post(
            "/webhooks/{id}/test",
            test,
            doc("testWebhook", "Send a test event now")
                .about("Its type is `webhook.test`. It is not in the list of deliveries.")
                .takes::<EmptyRequest>(false)
                .answers::<AttemptBody>(200, "What came of it."),
        )
        .get(
            "/webhooks/{id}/deliveries",
            deliveries,
            doc("listDeliveries", "List deliveries of a webhook, of the last 30 days")
                .query(&[
                    ("state", "Those that are `pending`, `delivered` or `failed`."),
                    ("limit", "How many on a page: 1 to 200, 20 if absent."),
                    ("cursor", "Where the page begins: the `nextCursor` of the page before."),
                ])
                .answers::<DeliveryListBody>(200, "A page of them, the newest first."),
        )
        .post(
            "/webhooks/{id}/deliveries/{deliveryId}/replay",
            replay_one,
            doc("replayDelivery", "Send a delivery once more, whatever became of it")
                .takes::<EmptyRequest>(false)
                .answers::<ReplayedBody>(200, "It is sent in its turn."),
        )
        .post(
            "/webhooks/{id}/replay",
            replay_failed,
            doc("replayFailed", "Send what failed since a time once more")
                .takes::<ReplayRequest>(true)
                .answers::<ReplayedBody>(200, "How many are sent in their turn."),
        )
}

/// The webhooks of this service.
#[derive(Debug)]
pub(crate) struct Subscribers(Arc<dyn Webhooks>);

impl<S: Send + Sync> FromRequestParts<S> for Subscribers
where
    Option<Arc<dyn Webhooks>>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Option::from_ref(state) {
            Some(webhooks) => Ok(Self(webhooks)),
            None => Err(super::not_found().await),
        }
    }
}

fn shown(status: StatusCode, body: &WebhookBody) -> Response {
    let mut response = render::tagged(status, body.version, body);
    // It may hold a secret: no cache on the way may keep it.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The webhook of the path. An id that breaks the rules names none.
pub(crate) fn id_of(call: &Call) -> Result<SubscriptionId, ApiError> {
    let id = SubscriptionId::try_from(call.param("id"));
    id.map_err(|_| ServiceError::NotFound { what: "webhook" }.into())
}

async fn add(
    call: Call,
    Subscribers(webhooks): Subscribers,
    Payload(new): Payload<NewSubscription>,
) -> Answer {
    let webhook = WebhookBody::with_secret(webhooks.subscribe(&call.who, new).await?);
    let location = call.below(webhook.id.as_str());
    Ok(([(LOCATION, location)], shown(StatusCode::CREATED, &webhook)).into_response())
}

async fn list(call: Call, Subscribers(webhooks): Subscribers) -> Answer {
    let webhooks = webhooks.subscriptions(&call.who).await?;
    let webhooks = webhooks.into_iter().map(WebhookBody::new).collect();
    Ok(render::ok(&WebhookListBody { webhooks }))
}

async fn show(call: Call, Subscribers(webhooks): Subscribers) -> Answer {
    let webhook = webhooks.subscription(&call.who, &id_of(&call)?).await?;
    Ok(shown(StatusCode::OK, &WebhookBody::new(webhook)))
}

async fn update(
    call: Call,
    Subscribers(webhooks): Subscribers,
    Payload(change): Payload<SubscriptionChange>,
) -> Answer {
    let (id, version) = (id_of(&call)?, call.single_version()?);
    let webhook = webhooks.change_subscription(&call.who, &id, change, version).await?;
    Ok(shown(StatusCode::OK, &WebhookBody::new(webhook)))
}

async fn remove(call: Call, Subscribers(webhooks): Subscribers) -> Answer {
    let (id, version) = (id_of(&call)?, call.single_version()?);
    webhooks.unsubscribe(&call.who, &id, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn rotate(
    call: Call,
    Subscribers(webhooks): Subscribers,
    Payload(rotation): Payload<Rotation>,
) -> Answer {
    let (id, version) = (id_of(&call)?, call.single_version()?);
    let webhook = webhooks.rotate_secret(&call.who, &id, rotation, version).await?;
    Ok(shown(StatusCode::OK, &WebhookBody::with_secret(webhook)))
}

async fn test(call: Call, Subscribers(webhooks): Subscribers, _: Payload<Nothing>) -> Answer {
    let reply = webhooks.try_subscription(&call.who, &id_of(&call)?).await?;
    Ok(render::ok(&AttemptBody::from(reply)))
}

async fn deliveries(call: Call, Subscribers(webhooks): Subscribers) -> Answer {
    Ok(render::ok(&page(&call, &*webhooks).await?))
}

/// The page of deliveries that a call asks for.
pub(crate) async fn page(
    call: &Call,
    webhooks: &dyn Webhooks,
) -> Result<DeliveryListBody, ApiError> {
    let asked = &call.query;
    let limit = asked.number(&["limit"], "page.limit_out_of_range")?.unwrap_or(LIMIT_DEFAULT);
    let before = asked.get(&["cursor"])?.map(read_delivery_cursor).transpose()?;
    let query =
        DeliveryQuery { state: asked.word(&["state"], "delivery.state_unknown")?, before, limit };
    let page = webhooks.deliveries(&call.who, &id_of(call)?, query).await?;
    let DeliveryPage { deliveries, more } = page;
    let last = deliveries.last().filter(|_| more);
    let next_cursor = last.map(|delivery| delivery_cursor(delivery.position));
    let deliveries = deliveries.into_iter().map(Into::into).collect();
    Ok(DeliveryListBody { deliveries, limit, has_more: more, next_cursor })
}

async fn replay_one(call: Call, Subscribers(webhooks): Subscribers, _: Payload<Nothing>) -> Answer {
    let replay = Replay::One(position_of(&call)?);
    let replayed = webhooks.replay(&call.who, &id_of(&call)?, replay).await?;
    Ok(render::ok(&ReplayedBody { replayed }))
}

/// The delivery of the path. An id that is no number names none.
pub(crate) fn position_of(call: &Call) -> Result<u64, ApiError> {
    let position = call.param("deliveryId").parse();
    position.map_err(|_| ServiceError::NotFound { what: "delivery" }.into())
}

async fn replay_failed(
    call: Call,
    Subscribers(webhooks): Subscribers,
    Payload(Since(since)): Payload<Since>,
) -> Answer {
    let replay = Replay::Failed(since);
    let replayed = webhooks.replay(&call.who, &id_of(&call)?, replay).await?;
    Ok(render::ok(&ReplayedBody { replayed }))
}
