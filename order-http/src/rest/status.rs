//! Bringing an order to a status: the action that leads there is found and taken.

use order_core::{
    Action, Command, ErrorKind, Meta, Order, Receipt, Rejection, ReturnState, ServiceError,
    Shipping, Status, ports::OrderView,
};

use super::{Answer, render};
use crate::{
    error::ApiError,
    extract::{Call, Done, Payload},
    openapi::{Doc, Routes},
    request::{StatusChange, StatusRequest},
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id| {
        Doc::new(id, "orders", "Bring an order to a status")
            .about(
                "The action that leads there is taken. The status that the order has already, and \
                 nothing else, changes nothing. A status that no action leads to is refused with the \
                 actions that are allowed.",
            )
            .takes::<StatusRequest>(true)
            .command()
            .answers_order()
    };
    routes.patch("/orders/{id}/status", change, doc("patchOrderStatus")).put(
        "/orders/{id}/status",
        change,
        doc("putOrderStatus"),
    )
}

async fn change(call: Call, Payload(change): Payload<StatusChange>) -> Answer {
    answer(&call, change).await
}

/// Brings the order to a status, and renders what came of it.
pub(super) async fn answer(call: &Call, change: StatusChange) -> Answer {
    Ok(match bring(call, change).await? {
        Brought::Done(done) => done.render(),
        Brought::There(view) => render::order(&view.order, &view.person),
    })
}

/// What came of bringing an order to a status.
#[derive(Debug)]
pub(crate) enum Brought {
    /// A command did it, or would.
    Done(Done),
    /// It is there, and nothing was done.
    There(OrderView),
}

/// Brings the order to a status.
pub(crate) async fn bring(call: &Call, change: StatusChange) -> Result<Brought, ApiError> {
    let meta = call.meta().await?;
    let dry_run = meta.dry_run;
    let view = call.view().await?;
    let is_there = view.order.status() == change.status && change.is_bare();
    if is_there && meta.key.is_none() {
        check_version(&view.order, &meta)?;
        return Ok(Brought::There(view));
    }
    let done = if change.status == Status::Returned && call.who.scope().is_none() {
        take_back(call, &view.order, change, meta).await
    } else {
        let command = command(call, &view.order, change).await?;
        Ok(call.orders.execute(&call.who, call.reference(), command, meta).await)
    };
    match done? {
        Ok(receipt) => Ok(Brought::Done(Done { receipt, dry_run })),
        // The key was not known, and there is nothing left to do.
        Err(error) if is_there && error.kind() == ErrorKind::Conflict => Ok(Brought::There(view)),
        Err(error) => Err(error.into()),
    }
}

fn check_version(order: &Order, meta: &Meta) -> Result<(), ServiceError> {
    let actual = order.version();
    match meta.expected_version {
        Some(expected) if expected != actual => Err(ServiceError::Stale { expected, actual }),
        _ => Ok(()),
    }
}

/// The command that leads to a status: decided by the word alone, so that a repeat with the same key
/// is the same request.
async fn command(call: &Call, order: &Order, change: StatusChange) -> Result<Command, ApiError> {
    let StatusChange { status, carrier, tracking_number, reason, items, restock: _ } = change;
    let items = call.lines(items).await?;
    Ok(match (status, items) {
        (Status::Pending, _) => Command::Place { content: None, person: None },
        (Status::Confirmed, _) => Command::Confirm,
        (Status::Processing, _) => Command::Process,
        (Status::PartiallyShipped, None) => {
            let detail = "say which items are shipped";
            return Err(ApiError::field("/items", "request.missing", detail));
        }
        (Status::PartiallyShipped | Status::Shipped, items) => {
            Command::Ship(Shipping { id: None, items, carrier, tracking_number })
        }
        (Status::Delivered, _) => Command::Deliver { shipment_id: None },
        (Status::Completed, _) => Command::Complete,
        (Status::Cancelled, None) => Command::Cancel { reason },
        (Status::Cancelled, Some(items)) => Command::CancelItems { items, reason },
        (Status::Returned, items) => Command::RequestReturn { id: None, items, reason },
        (Status::Draft, _) => {
            let (status, allowed) = (order.status(), order.allowed_actions());
            let action = Action::Draft;
            return Err(Rejection::TransitionNotAllowed { action, status, allowed }.into());
        }
    })
}

/// Records that units came back: of the open return, or of one that is asked for on the way. Only the
/// last step carries the key, so that a repeat finds it done.
async fn take_back(
    call: &Call,
    order: &Order,
    change: StatusChange,
    meta: Meta,
) -> Result<Result<Receipt, ServiceError>, ApiError> {
    let StatusChange { items, reason, restock, .. } = change;
    let items = call.lines(items).await?;
    let run = |command, meta| call.orders.execute(&call.who, call.reference(), command, meta);
    let receive = Command::ReceiveReturn { id: None, items: items.clone(), restock };
    let received = run(receive.clone(), meta.clone()).await;
    let is_open = order.returns().iter().any(|back| back.state == ReturnState::Requested);
    match &received {
        Err(error) if error.kind() == ErrorKind::Conflict && !is_open => {}
        _ => return Ok(received),
    }
    let request = Command::RequestReturn { id: None, items, reason };
    let requested = run(request, Meta { key: None, ..meta.clone() }).await;
    match requested {
        Ok(receipt) if !meta.dry_run => {
            let expected_version = Some(receipt.order.version());
            Ok(run(receive, Meta { expected_version, ..meta }).await)
        }
        requested => Ok(requested),
    }
}
