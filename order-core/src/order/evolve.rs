//! From events to the state. Pure, and strict: an event that does not fit is corruption, never
//! skipped and never a panic.

mod money;
mod process;

use std::sync::Arc;

use thiserror::Error;

use super::{
    command::LineQuantity,
    event::{OrderEvent, Recorded},
    line::Line,
    returns::{Return, ReturnState},
    shipment::Shipment,
    state::Order,
    status::Lifecycle,
};
use crate::{OrderId, Reason, ReturnId, Timestamp};

/// A history that cannot have happened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the history of order {order_id} is corrupt at version {version}: {fact}")]
pub struct CorruptHistory {
    /// Which order.
    pub order_id: OrderId,
    /// The version whose event does not fit.
    pub version: u64,
    /// What does not fit.
    pub fact: &'static str,
}

/// Folds one event into the state, `None` being an order that does not exist yet.
///
/// # Errors
/// [`CorruptHistory`] if the event does not follow the ones before it, or leaves a ledger that does
/// not add up.
pub fn evolve(order: Option<Order>, recorded: &Recorded) -> Result<Order, CorruptHistory> {
    let (id, at) = (&recorded.id, recorded.at);
    let corrupt =
        |fact| CorruptHistory { order_id: id.order_id.clone(), version: id.version, fact };
    let mut order = match (order, &recorded.event) {
        (None, OrderEvent::Drafted(content)) => {
            Order::begin(id.order_id.clone(), content, Lifecycle::Draft, at)
        }
        (None, OrderEvent::Placed(content)) => {
            Order::begin(id.order_id.clone(), content, Lifecycle::Placed, at)
        }
        (None, _) => return Err(corrupt("an order begins by being drafted or placed")),
        (Some(order), _) if order.id != id.order_id => {
            return Err(corrupt("the event belongs to another order"));
        }
        (Some(order), _) => order,
    };
    let follows = match id.ordinal {
        0 => order.version.checked_add(1) == Some(id.version),
        _ => id.version == order.version,
    };
    if !follows {
        return Err(corrupt("a version is missing or doubled"));
    }
    let retotal = apply(&mut order, recorded).map_err(corrupt)?;
    order.version = id.version;
    order.updated_at = at.max(order.updated_at);
    if retotal {
        order.retotal().map_err(|_| corrupt("the totals cannot be held"))?;
    }
    Ok(order)
}

/// Folds a whole history, or its beginning up to a version.
///
/// # Errors
/// [`CorruptHistory`] as for [`evolve`], or if the order of the events is broken.
pub fn replay<'a>(
    history: impl IntoIterator<Item = &'a Recorded>,
    up_to: Option<u64>,
) -> Result<Option<Order>, CorruptHistory> {
    let mut order = None;
    let mut expected = 0;
    for recorded in history {
        if up_to.is_some_and(|version| recorded.id.version > version) {
            break;
        }
        if recorded.id.ordinal != 0 && recorded.id.ordinal != expected {
            return Err(CorruptHistory {
                order_id: recorded.id.order_id.clone(),
                version: recorded.id.version,
                fact: "an event is missing or doubled",
            });
        }
        expected = recorded.id.ordinal + 1;
        order = Some(evolve(order, recorded)?);
    }
    Ok(order)
}

type Applied = Result<bool, &'static str>;

/// Applies an event and says whether the totals are touched.
fn apply(order: &mut Order, recorded: &Recorded) -> Applied {
    let (event, at) = (&recorded.event, recorded.at);
    match event {
        OrderEvent::Drafted(_) => begun(order),
        OrderEvent::Placed(content) => place(order, content, at),
        OrderEvent::Edited { .. } => edit(order, event),
        OrderEvent::Confirmed {} => step(order, Lifecycle::Placed, Lifecycle::Confirmed),
        OrderEvent::Completed {} => step(order, Lifecycle::Confirmed, Lifecycle::Completed),
        OrderEvent::ProcessingStarted {} => {
            let confirmed = order.lifecycle == Lifecycle::Confirmed;
            flip(&mut order.processing, true, confirmed, "picking begins once, when confirmed")
        }
        OrderEvent::Held { reason } => {
            order.reason.clone_from(reason);
            flip(&mut order.on_hold, true, true, "an order is held once")
        }
        OrderEvent::Released {} => {
            order.reason = None;
            flip(&mut order.on_hold, false, true, "only a held order is released")
        }
        OrderEvent::Cancelled { reason } => cancel(order, reason.as_ref()),
        OrderEvent::ItemsCancelled { items, .. } => {
            each(&mut order.lines, items, |line, quantity| add(&mut line.cancelled, quantity))?;
            Ok(true)
        }
        OrderEvent::Archived {} => match order.archived_at.replace(at) {
            None => Ok(false),
            Some(_) => Err("an order is archived once"),
        },
        OrderEvent::Unarchived {} => match order.archived_at.take() {
            Some(_) => Ok(false),
            None => Err("only an archived order is unarchived"),
        },
        OrderEvent::Noted { .. } => {
            order.notes += 1;
            Ok(false)
        }
        OrderEvent::PersonErased {} => {
            order.erased_at = Some(at);
            Ok(false)
        }
        OrderEvent::Shipped { .. } | OrderEvent::Delivered { .. } => ship(order, event, at),
        OrderEvent::PaymentAuthorized { .. }
        | OrderEvent::PaymentCaptured { .. }
        | OrderEvent::PaymentVoided { .. }
        | OrderEvent::PaymentFailed { .. }
        | OrderEvent::PaymentRefunded { .. }
        | OrderEvent::PaymentDisputed { .. }
        | OrderEvent::PaymentRequested { .. }
        | OrderEvent::PaymentRequestRefused { .. } => money::apply(order, recorded),
        OrderEvent::StockHoldRequested { .. }
        | OrderEvent::StockHeld {}
        | OrderEvent::StockHoldRefused { .. }
        | OrderEvent::ProcessStalled { .. }
        | OrderEvent::ProcessResumed {}
        | OrderEvent::ProcessClosed {} => process::apply(order, recorded),
        OrderEvent::ReturnRequested { .. }
        | OrderEvent::ReturnReceived { .. }
        | OrderEvent::ReturnRejected { .. } => send_back(order, event, at),
    }
}

fn begun(order: &Order) -> Applied {
    if order.version > 0 { Err("an order is drafted once") } else { retotal_sound(order) }
}

/// The totals are due anew, if the lines that came in are in order.
fn retotal_sound(order: &Order) -> Applied {
    let sound = order.lines.iter().all(Line::is_sound);
    if sound { Ok(true) } else { Err("a quantity ledger does not add up") }
}

fn flip(flag: &mut bool, to: bool, may: bool, fact: &'static str) -> Applied {
    if !may || std::mem::replace(flag, to) == to { Err(fact) } else { Ok(false) }
}

fn cancel(order: &mut Order, reason: Option<&Reason>) -> Applied {
    if matches!(order.lifecycle, Lifecycle::Completed | Lifecycle::Cancelled) {
        return Err("an order is cancelled once, before it is done");
    }
    if !order.shipments.is_empty() {
        return Err("a shipped order is not cancelled");
    }
    order.lifecycle = Lifecycle::Cancelled;
    order.on_hold = false;
    order.reason = reason.cloned();
    Ok(false)
}

fn place(order: &mut Order, content: &Arc<super::Content>, at: Timestamp) -> Applied {
    if order.version > 0 {
        if order.lifecycle != Lifecycle::Draft {
            return Err("an order is placed once");
        }
        let draft = Order::begin(order.id.clone(), content, Lifecycle::Placed, at);
        let Order { version, notes, created_at, updated_at, erased_at, .. } = *order;
        *order = Order { version, notes, created_at, updated_at, erased_at, ..draft };
    }
    order.placed_at = Some(at);
    retotal_sound(order)
}

fn edit(order: &mut Order, event: &OrderEvent) -> Applied {
    let OrderEvent::Edited { lines, adjustments, tags, metadata, country, person: _ } = event
    else {
        return Err("not an edit");
    };
    if let Some(lines) = lines {
        if !order.shipments.is_empty() {
            return Err("lines are replaced only before they are shipped");
        }
        order.lines.clone_from(lines);
    }
    if let Some(adjustments) = adjustments {
        order.adjustments.clone_from(adjustments);
    }
    if let Some(tags) = tags {
        order.tags.clone_from(tags);
    }
    if let Some(metadata) = metadata {
        order.metadata.clone_from(metadata);
    }
    if let Some(country) = country {
        order.country = Some(country.clone());
    }
    if lines.is_some() || adjustments.is_some() { retotal_sound(order) } else { Ok(false) }
}

fn step(order: &mut Order, from: Lifecycle, to: Lifecycle) -> Applied {
    if order.lifecycle != from {
        return Err("a step of the life cycle is missing");
    }
    order.lifecycle = to;
    Ok(false)
}

fn ship(order: &mut Order, event: &OrderEvent, at: Timestamp) -> Applied {
    match event {
        OrderEvent::Shipped { shipment_id, items, carrier, tracking_number } => {
            if order.lifecycle != Lifecycle::Confirmed {
                return Err("only a confirmed order is shipped");
            }
            if order.shipments.iter().any(|parcel| parcel.id == *shipment_id) {
                return Err("a shipment is handed over once");
            }
            each(&mut order.lines, items, |line, quantity| add(&mut line.shipped, quantity))?;
            order.shipments.push(Shipment {
                id: shipment_id.clone(),
                carrier: carrier.clone(),
                tracking_number: tracking_number.clone(),
                items: items.clone(),
                shipped_at: at,
                delivered_at: None,
            });
        }
        OrderEvent::Delivered { shipment_id } => {
            let mut parcels = order.shipments.iter_mut();
            let parcel = parcels.find(|parcel| parcel.id == *shipment_id);
            let parcel = parcel.ok_or("no such shipment")?;
            if parcel.delivered_at.replace(at).is_some() {
                return Err("a shipment is delivered once");
            }
            let add = |line: &mut Line, quantity| add(&mut line.delivered, quantity);
            each(&mut order.lines, &parcel.items, add)?;
        }
        _ => return Err("not a shipment"),
    }
    Ok(false)
}

fn send_back(order: &mut Order, event: &OrderEvent, at: Timestamp) -> Applied {
    match event {
        OrderEvent::ReturnRequested { return_id, items, reason } => {
            if order.returns.iter().any(|back| back.id == *return_id) {
                return Err("a return is asked for once");
            }
            each(&mut order.lines, items, |line, quantity| {
                add(&mut line.return_requested, quantity)
            })?;
            order.returns.push(Return {
                id: return_id.clone(),
                state: ReturnState::Requested,
                items: items.clone(),
                received: Vec::new(),
                reason: reason.clone(),
                requested_at: at,
            });
        }
        OrderEvent::ReturnReceived { return_id, items, .. } => {
            each(&mut order.lines, items, |line, quantity| {
                take_off(&mut line.return_requested, quantity)?;
                add(&mut line.returned, quantity)
            })?;
            let open = find_open(order, return_id)?;
            let awaited = open.awaited();
            let is_awaited = |item: &LineQuantity| {
                let of_line = awaited.iter().find(|other| other.line_id == item.line_id);
                of_line.is_some_and(|other| item.quantity <= other.quantity)
            };
            if !items.iter().all(is_awaited) {
                return Err("more came back than was awaited");
            }
            open.received.extend_from_slice(items);
            if open.awaited().is_empty() {
                open.state = ReturnState::Received;
            }
        }
        OrderEvent::ReturnRejected { return_id, .. } => {
            let open = find_open(order, return_id)?;
            open.state = ReturnState::Rejected;
            let awaited = open.awaited();
            each(&mut order.lines, &awaited, |line, quantity| {
                take_off(&mut line.return_requested, quantity)
            })?;
        }
        _ => return Err("not a return"),
    }
    Ok(false)
}

fn find_open<'a>(order: &'a mut Order, id: &ReturnId) -> Result<&'a mut Return, &'static str> {
    let of_name = order.returns.iter_mut().find(|back| back.id == *id);
    let open = of_name.filter(|back| back.state == ReturnState::Requested);
    open.ok_or("no such return is open")
}

/// Applies a change to the line of each item. Items mostly come in the order of the lines, so the
/// search goes on from where the last one was found.
fn each(
    lines: &mut [Line],
    items: &[LineQuantity],
    change: impl Fn(&mut Line, u32) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let mut next = 0;
    for item in items {
        let is_it = |line: &Line| line.id == item.line_id;
        let ahead = lines[next..].iter().position(is_it).map(|at| at + next);
        let at = ahead.or_else(|| lines.iter().position(is_it)).ok_or("no such line")?;
        change(&mut lines[at], item.quantity)?;
        if !lines[at].is_sound() {
            return Err("a quantity ledger does not add up");
        }
        next = at + 1;
    }
    Ok(())
}

fn add(count: &mut u32, quantity: u32) -> Result<(), &'static str> {
    *count = count.checked_add(quantity).ok_or("a quantity overflows")?;
    Ok(())
}

fn take_off(count: &mut u32, quantity: u32) -> Result<(), &'static str> {
    *count = count.checked_sub(quantity).ok_or("a quantity goes below zero")?;
    Ok(())
}
