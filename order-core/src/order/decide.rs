//! From a command to events, or to a rejection. Pure: no clock, no randomness, no input or output.

use std::sync::Arc;

use super::{
    actions::{Refusal, allowed_actions, permit},
    advance, amend,
    command::{Command, LineQuantity},
    event::OrderEvent,
    fulfil,
    line::Line,
    pay,
    rejection::Rejection,
    send_back,
    state::Order,
    transition::Action,
};
use crate::LineId;

/// Decides what a command does to an order, `None` being an order that does not exist yet.
///
/// # Errors
/// A [`Rejection`] that names the guard, the fact that failed and, where the order's status is the
/// reason, the actions that are allowed. A rejected command changes nothing.
pub fn decide(order: Option<&Order>, command: &Command) -> Result<Vec<OrderEvent>, Rejection> {
    let Some(order) = order else {
        return match command {
            Command::Draft { content, .. } => amend::draft(content),
            Command::Place { content: Some(content), .. } => amend::place(content),
            _ => Err(Rejection::NoSuchOrder),
        };
    };
    if matches!(command, Command::Draft { .. } | Command::Place { content: Some(_), .. }) {
        return Err(Rejection::AlreadyExists);
    }
    check_permitted(order, command.action())?;
    match command {
        Command::Draft { .. } => Err(Rejection::AlreadyExists),
        Command::Place { .. } => amend::place(&Arc::new(order.content())),
        Command::Edit(edit) => amend::edit(order, edit),
        Command::Advance(progress) => advance::decide(order, progress),
        Command::Note { id, text } => amend::note(order, id, text),
        Command::Erase => Ok(vec![OrderEvent::PersonErased {}]),
        Command::Confirm => Ok(vec![OrderEvent::Confirmed {}]),
        Command::Process => Ok(vec![OrderEvent::ProcessingStarted {}]),
        Command::Hold { reason } => Ok(vec![OrderEvent::Held { reason: reason.clone() }]),
        Command::Release => fulfil::release(order),
        Command::Cancel { reason } => Ok(vec![OrderEvent::Cancelled { reason: reason.clone() }]),
        Command::CancelItems { items, reason } => {
            fulfil::cancel_items(order, items, reason.as_ref())
        }
        Command::Ship(shipping) => fulfil::ship(order, shipping),
        Command::Deliver { shipment_id } => fulfil::deliver(order, shipment_id.as_ref()),
        Command::Complete => fulfil::complete(order),
        Command::Archive => Ok(vec![OrderEvent::Archived {}]),
        Command::Unarchive => fulfil::unarchive(order),
        Command::Authorize { .. }
        | Command::Capture { .. }
        | Command::Void { .. }
        | Command::FailPayment { .. }
        | Command::Refund { .. } => pay::decide(order, command),
        Command::RequestReturn { id, items, reason } => {
            send_back::request(order, id.as_ref(), items.as_deref(), reason.as_ref())
        }
        Command::ReceiveReturn { id, items, restock } => {
            send_back::receive(order, id.as_ref(), items.as_deref(), *restock)
        }
        Command::RejectReturn { id, reason } => {
            send_back::reject(order, id.as_ref(), reason.as_ref())
        }
    }
}

/// Refuses an action that the table, a hold or the archive rules out.
fn check_permitted(order: &Order, action: Action) -> Result<(), Rejection> {
    let status = order.status();
    let Err(refusal) = permit(order, status, action) else {
        return Ok(());
    };
    let allowed = allowed_actions(order);
    Err(match refusal {
        Refusal::Archive => Rejection::Archived { action, allowed },
        Refusal::Hold => Rejection::OnHold { action, allowed },
        Refusal::Table => Rejection::TransitionNotAllowed { action, status, allowed },
    })
}

/// The units a command is about: those it names, merged by line and checked against what is
/// available, or all that is available if it names none.
pub(super) fn take(
    order: &Order,
    action: Action,
    items: Option<&[LineQuantity]>,
    available: impl Fn(&Line) -> u32,
) -> Result<Vec<LineQuantity>, Rejection> {
    let Some(items) = items else {
        let all = order.lines().iter().map(|line| (line, available(line)));
        return Ok(all
            .filter(|(_, quantity)| *quantity > 0)
            .map(|(line, quantity)| LineQuantity { line_id: line.id.clone(), quantity })
            .collect());
    };
    if items.is_empty() {
        return Err(Rejection::Empty { what: "item" });
    }
    let mut taken: Vec<LineQuantity> = Vec::with_capacity(items.len());
    for item in items {
        check_quantity(item.quantity)?;
        let line = find_line(order, &item.line_id)?;
        let same = taken.iter_mut().find(|other| other.line_id == item.line_id);
        let quantity = if let Some(same) = same {
            same.quantity = same.quantity.saturating_add(item.quantity);
            same.quantity
        } else {
            taken.push(item.clone());
            item.quantity
        };
        let available = available(line);
        if quantity > available {
            let line = line.id.shared();
            return Err(Rejection::QuantityExceeded { action, line, available, asked: quantity });
        }
    }
    Ok(taken)
}

pub(super) fn check_quantity(quantity: u32) -> Result<(), Rejection> {
    if (1..=super::QUANTITY_MAX).contains(&quantity) {
        return Ok(());
    }
    Err(Rejection::QuantityOutOfRange { max: super::QUANTITY_MAX })
}

pub(super) fn check_count(what: &'static str, count: usize, max: usize) -> Result<(), Rejection> {
    if count <= max { Ok(()) } else { Err(Rejection::TooMany { what, max }) }
}

pub(super) fn find_line<'a>(order: &'a Order, id: &LineId) -> Result<&'a Line, Rejection> {
    let line = order.lines().iter().find(|line| line.id == *id);
    line.ok_or_else(|| Rejection::NoSuch { what: "line", id: id.shared() })
}
