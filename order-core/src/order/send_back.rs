//! Decisions on returns: request, receive, reject.

use super::{
    LEDGER_MAX,
    command::LineQuantity,
    decide::{check_count, take},
    event::OrderEvent,
    line::Line,
    rejection::Rejection,
    returns::{Return, ReturnState},
    state::Order,
    transition::Action,
};
use crate::{Reason, ReturnId};

pub(super) fn request(
    order: &Order,
    id: Option<&ReturnId>,
    items: Option<&[LineQuantity]>,
    reason: Option<&Reason>,
) -> Result<Vec<OrderEvent>, Rejection> {
    check_count("returns", order.returns().len() + 1, LEDGER_MAX)?;
    let items = take(order, Action::RequestReturn, items, Line::returnable)?;
    if items.is_empty() {
        let fact = "no delivered unit is left to send back";
        return Err(Rejection::NothingTo { action: Action::RequestReturn, fact });
    }
    let is_taken = |id: &ReturnId| order.returns().iter().any(|other| other.id == *id);
    let return_id = match id {
        Some(id) if is_taken(id) => {
            return Err(Rejection::Duplicate { what: "return", id: id.shared() });
        }
        Some(id) => id.clone(),
        None => ReturnId::ordinal(order.returns().len() + 1, is_taken),
    };
    Ok(vec![OrderEvent::ReturnRequested { return_id, items, reason: reason.cloned() }])
}

pub(super) fn receive(
    order: &Order,
    id: Option<&ReturnId>,
    items: Option<&[LineQuantity]>,
    restock: bool,
) -> Result<Vec<OrderEvent>, Rejection> {
    let open = find_open(order, id, Action::ReceiveReturn)?;
    let awaited = open.awaited();
    let left = |line: &Line| {
        let item = awaited.iter().find(|item| item.line_id == line.id);
        item.map_or(0, |item| item.quantity)
    };
    let items = take(order, Action::ReceiveReturn, items, left)?;
    Ok(vec![OrderEvent::ReturnReceived { return_id: open.id.clone(), items, restock }])
}

pub(super) fn reject(
    order: &Order,
    id: Option<&ReturnId>,
    reason: Option<&Reason>,
) -> Result<Vec<OrderEvent>, Rejection> {
    let open = find_open(order, id, Action::RejectReturn)?;
    let reason = reason.cloned();
    Ok(vec![OrderEvent::ReturnRejected { return_id: open.id.clone(), reason }])
}

fn find_open<'a>(
    order: &'a Order,
    id: Option<&ReturnId>,
    action: Action,
) -> Result<&'a Return, Rejection> {
    let nothing = |fact| Rejection::NothingTo { action, fact };
    let mut open = order.returns().iter().filter(|item| item.state == ReturnState::Requested);
    if let Some(id) = id {
        return match order.returns().iter().find(|item| item.id == *id) {
            None => Err(Rejection::NoSuch { what: "return", id: id.shared() }),
            Some(item) if item.state != ReturnState::Requested => {
                Err(nothing("the return is closed"))
            }
            Some(item) => Ok(item),
        };
    }
    match (open.next(), open.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(nothing("several returns are open, name one")),
        (None, _) => Err(nothing("no return is open")),
    }
}
