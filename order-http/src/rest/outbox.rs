//! How relays are doing: see what waits, try it again, give an event up.

use order_core::{
    Label, OrderId, OutboxQuery, RelaySteering, ServiceError,
    ports::{Clock as _, SystemClock},
};

use super::{Answer, admin::limit_of, render};
use crate::{
    body::{OutboxBody, SteeredBody},
    error::ApiError,
    extract::{Call, Payload, refuse},
    openapi::{Doc, Routes},
    request::{EmptyRequest, Nothing, Skip, SkipRequest},
};

/// How many on a page if the caller does not say, and at most.
const PAGE: u32 = 200;

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "outbox", summary);
    let steered = |doc: Doc| doc.answers::<SteeredBody>(200, "How many orders it was.");
    routes
        .get(
            "/admin/outbox",
            list,
            doc("showOutbox", "How relays are doing, and the orders that they hold")
                .query(&[
                    ("relay", "Held orders of this relay; of all if absent."),
                    ("parked", "`true`: only orders that wait for somebody."),
                    ("after", "The last order seen: the `next` of the page before, with `relay`."),
                    ("limit", "How many held orders on a page: 1 to 200, 200 if absent."),
                ])
                .answers::<OutboxBody>(200, "Relays by name, a page of held orders."),
        )
        .post(
            "/admin/outbox/{relay}/retry",
            retry_all,
            steered(
                doc("retryParked", "Let a relay try every order that is parked again")
                    .takes::<EmptyRequest>(false),
            ),
        )
        .post(
            "/admin/outbox/{relay}/{orderId}/retry",
            retry,
            steered(
                doc("retryHeld", "Let a relay try an order that it holds again, now")
                    .takes::<EmptyRequest>(false),
            ),
        )
        .post(
            "/admin/outbox/{relay}/{orderId}/skip",
            skip,
            steered(
                doc("skipHeld", "Give up the first event of an order that a relay holds")
                    .about("The event is not published to this receiver; the next ones are.")
                    .takes::<SkipRequest>(true)
                    .conflicts(),
            ),
        )
}

async fn list(call: Call) -> Answer {
    Ok(render::ok(&page(&call).await?))
}

/// The page of held orders that a call asks for, with all relays.
pub(crate) async fn page(call: &Call) -> Result<OutboxBody, ApiError> {
    let limit = limit_of(call, PAGE, PAGE)?;
    let (relay, after) = (call.query.text(&["relay"])?, call.query.text(&["after"])?);
    if relay.is_none() && after.is_some() {
        return Err(refuse(&["after"], "query.missing", "it goes with a relay"));
    }
    let parked = call.query.flag(&["parked"])?;
    let query = OutboxQuery { relay, after, limit, parked };
    let page = call.orders.outbox(&call.who, query).await?;
    Ok(OutboxBody::new(page, limit, SystemClock.now()))
}

async fn retry_all(call: Call, _: Payload<Nothing>) -> Answer {
    Ok(render::ok(&steer(&call, RelaySteering::Retry(None)).await?))
}

async fn retry(call: Call, _: Payload<Nothing>) -> Answer {
    Ok(render::ok(&steer(&call, RelaySteering::Retry(Some(order_id(&call)?))).await?))
}

async fn skip(call: Call, Payload(Skip { position }): Payload<Skip>) -> Answer {
    Ok(render::ok(&steer(&call, RelaySteering::Skip(order_id(&call)?, position)).await?))
}

/// Tells the relay of a call's path what to do about orders that it holds.
pub(crate) async fn steer(call: &Call, steering: RelaySteering) -> Result<SteeredBody, ApiError> {
    let relay: Label = found(call.param("relay").parse().ok(), "relay")?;
    let orders = call.orders.steer_relay(&call.who, &relay, steering).await?;
    Ok(SteeredBody { orders })
}

/// The held order of a call's path.
pub(crate) fn order_id(call: &Call) -> Result<OrderId, ApiError> {
    found(call.param("orderId").parse().ok(), "held order")
}

/// What cannot be called so is not there.
fn found<T>(name: Option<T>, what: &'static str) -> Result<T, ApiError> {
    name.ok_or_else(|| ServiceError::NotFound { what }.into())
}
