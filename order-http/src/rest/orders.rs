//! Orders one by one: place, read, change.

use axum::{extract::State, http::StatusCode};
use order_core::NewOrder;

use super::{Answer, render, rendered::Rendered, status};
use crate::{
    body::{ActionListBody, AdviceBody, EventBody, EventListBody, OrderBody},
    error::ApiError,
    extract::{Call, Payload},
    openapi::{Doc, Routes},
    request::{Fixed, PlaceRequest, Update, UpdateRequest},
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "orders", summary);
    routes
        .post(
            "/orders",
            place,
            doc("placeOrder", "Place an order, or draft one")
                .about(
                    "A product of the catalogue sells at the catalogue's price. Any other needs a \
                     price, which only staff may name.",
                )
                .takes::<PlaceRequest>(true)
                .command()
                .answers_placed(),
        )
        .get(
            "/orders/{id}",
            show,
            doc("showOrder", "Read an order")
                .query(&[("version", "The order as it was at this version.")])
                .answers::<OrderBody>(200, "The order; its version is the `ETag`.")
                .answers_plainly(304, "The caller has this version (`If-None-Match`)."),
        )
        .put(
            "/orders/{id}",
            update,
            doc("updateOrder", "Change what an order is about, or its status")
                .takes::<UpdateRequest>(true)
                .command()
                .answers_order(),
        )
        .get(
            "/orders/{id}/events",
            events,
            doc("listOrderEvents", "Read what happened to an order")
                .answers::<EventListBody>(200, "The history, oldest first."),
        )
        .get(
            "/orders/{id}/actions",
            actions,
            doc("adviseOnOrder", "Read what may be done to an order now, and why the rest may not")
                .answers::<ActionListBody>(200, "Every action."),
        )
}

async fn place(call: Call, Payload(order): Payload<NewOrder>) -> Answer {
    let meta = call.meta().await?;
    let dry_run = meta.dry_run;
    let receipt = call.orders.place(&call.who, order, meta).await?;
    let location = call.below(receipt.order.id().as_str());
    Ok(render::placed(&receipt, dry_run, &location, |order| {
        render::tagged(StatusCode::CREATED, order.version, &order)
    }))
}

async fn show(State(rendered): State<Rendered>, call: Call) -> Answer {
    let version = call.query.number(&["version"], "query.integer")?;
    let view = call.orders.order(&call.who, call.reference(), version).await?;
    if call.has_version(view.order.version()) {
        return Ok(render::not_modified(view.order.version()));
    }
    Ok(rendered.answer(&view))
}

async fn update(call: Call, Payload(update): Payload<Update>) -> Answer {
    let Update { revision, status, fixed } = update;
    if !fixed.is_empty() {
        check_fixed(&call, &fixed).await?;
    }
    let revision = match (revision, status) {
        (None, Some(status)) => return status::answer(&call, status).await,
        (revision, None) => revision.unwrap_or_default(),
        (Some(revision), Some(status)) => {
            check_same_status(&call, status.status).await?;
            revision
        }
    };
    let meta = call.meta().await?;
    let dry_run = meta.dry_run;
    let receipt = call.orders.revise(&call.who, call.reference(), revision, meta).await?;
    Ok(render::receipt(&receipt, dry_run))
}

/// A client that sends a whole order back sends what cannot change too; it must be as it is.
async fn check_fixed(call: &Call, fixed: &[(Fixed, String)]) -> Result<(), ApiError> {
    let view = call.view().await?;
    for (field, text) in fixed {
        let same = match field {
            Fixed::Id => *view.order.id() == text.as_str(),
            Fixed::Number => *view.order.number() == text.as_str(),
            Fixed::Customer => view.order.customer_id().is_some_and(|id| *id == text.as_str()),
            Fixed::Currency => view.order.currency().code().eq_ignore_ascii_case(text),
        };
        if !same {
            let detail = format!("the {} of an order cannot change", field.name());
            return Err(ApiError::field(format!("/{}", field.name()), "order.fixed", detail));
        }
    }
    Ok(())
}

async fn check_same_status(call: &Call, status: order_core::Status) -> Result<(), ApiError> {
    if call.view().await?.order.status() == status {
        return Ok(());
    }
    let detail = "change the status in a request of its own";
    Err(ApiError::field("/status", "request.ambiguous", detail))
}

async fn events(call: Call) -> Answer {
    let events = call.orders.history(&call.who, call.reference()).await?;
    Ok(render::ok(&EventListBody { events: events.into_iter().map(EventBody::from).collect() }))
}

async fn actions(call: Call) -> Answer {
    let advice = call.view().await?.order.advice();
    Ok(render::ok(&ActionListBody { actions: advice.into_iter().map(AdviceBody::from).collect() }))
}
