//! Decisions on the way of the goods: hold, cancel, ship, deliver, complete, archive.

use super::{
    LEDGER_MAX,
    command::{LineQuantity, Shipping},
    decide::{check_count, take},
    event::OrderEvent,
    line::Line,
    rejection::Rejection,
    state::Order,
    transition::Action,
};
use crate::{Reason, ShipmentId};

pub(super) fn release(order: &Order) -> Result<Vec<OrderEvent>, Rejection> {
    if !order.on_hold() {
        let fact = "the order is not on hold";
        return Err(Rejection::NothingTo { action: Action::Release, fact });
    }
    Ok(vec![OrderEvent::Released {}])
}

pub(super) fn unarchive(order: &Order) -> Result<Vec<OrderEvent>, Rejection> {
    if order.archived_at().is_none() {
        let fact = "the order is not archived";
        return Err(Rejection::NothingTo { action: Action::Unarchive, fact });
    }
    Ok(vec![OrderEvent::Unarchived {}])
}

pub(super) fn complete(order: &Order) -> Result<Vec<OrderEvent>, Rejection> {
    let due = order.due();
    if due.is_positive() {
        return Err(Rejection::PaymentDue { due });
    }
    Ok(vec![OrderEvent::Completed {}])
}

pub(super) fn cancel_items(
    order: &Order,
    items: &[LineQuantity],
    reason: Option<&Reason>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let items = take(order, Action::CancelItems, Some(items), Line::open)?;
    let called_off: u64 = items.iter().map(|item| u64::from(item.quantity)).sum();
    let live: u64 = order.lines().iter().map(|line| u64::from(line.live())).sum();
    let reason = reason.cloned();
    if called_off == live {
        return Ok(vec![OrderEvent::Cancelled { reason }]);
    }
    Ok(vec![OrderEvent::ItemsCancelled { items, reason }])
}

pub(super) fn ship(order: &Order, shipping: &Shipping) -> Result<Vec<OrderEvent>, Rejection> {
    check_count("shipments", order.shipments().len() + 1, LEDGER_MAX)?;
    let items = take(order, Action::Ship, shipping.items.as_deref(), Line::open)?;
    if items.is_empty() {
        let fact = "every unit is shipped or called off";
        return Err(Rejection::NothingTo { action: Action::Ship, fact });
    }
    let shipment_id = match &shipping.id {
        Some(id) if order.shipments().iter().any(|parcel| parcel.id == *id) => {
            return Err(Rejection::Duplicate { what: "shipment", id: id.shared() });
        }
        Some(id) => id.clone(),
        None => ShipmentId::ordinal(order.shipments().len() + 1, |id| {
            order.shipments().iter().any(|parcel| parcel.id == *id)
        }),
    };
    Ok(vec![OrderEvent::Shipped {
        shipment_id,
        items,
        carrier: shipping.carrier.clone(),
        tracking_number: shipping.tracking_number.clone(),
    }])
}

pub(super) fn deliver(
    order: &Order,
    shipment_id: Option<&ShipmentId>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let on_its_way = |id: &ShipmentId| OrderEvent::Delivered { shipment_id: id.clone() };
    let nothing = |fact| Rejection::NothingTo { action: Action::Deliver, fact };
    if let Some(id) = shipment_id {
        let parcel = order.shipments().iter().find(|parcel| parcel.id == *id);
        return match parcel {
            None => Err(Rejection::NoSuch { what: "shipment", id: id.shared() }),
            Some(parcel) if parcel.delivered_at.is_some() => {
                Err(nothing("the shipment is delivered already"))
            }
            Some(_) => Ok(vec![on_its_way(id)]),
        };
    }
    let open = order.shipments().iter().filter(|parcel| parcel.delivered_at.is_none());
    let events: Vec<_> = open.map(|parcel| on_its_way(&parcel.id)).collect();
    if events.is_empty() {
        return Err(nothing("no shipment is on its way"));
    }
    Ok(events)
}
