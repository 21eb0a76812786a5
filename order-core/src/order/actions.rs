//! What may be done to an order now, and why the rest may not.

use serde::Serialize;

use super::{
    command::{Command, Edit, Shipping},
    decide::decide,
    line::Line,
    rejection::Rejection,
    returns::ReturnState,
    state::Order,
    status::Status,
    transition::{Action, ActionSet, Transition},
};

/// What rules an action out before its own guards are asked.
pub(super) enum Refusal {
    Archive,
    Table,
    Hold,
}

/// Whether table, hold and archive let an action through.
pub(super) fn permit(order: &Order, status: Status, action: Action) -> Result<(), Refusal> {
    if order.archived_at().is_some() && !action.passes_archive() {
        Err(Refusal::Archive)
    } else if !Transition::starts(Some(status), action) {
        Err(Refusal::Table)
    } else if order.on_hold() && !action.passes_hold() {
        Err(Refusal::Hold)
    } else {
        Ok(())
    }
}

/// The actions that would do something to the order now.
pub fn allowed_actions(order: &Order) -> ActionSet {
    let status = order.status();
    let allowed =
        |action: &Action| permit(order, status, *action).is_ok() && has_object(order, *action);
    Action::ALL.iter().copied().filter(allowed).collect()
}

/// Whether there is anything for the action to act on.
fn has_object(order: &Order, action: Action) -> bool {
    let any = |predicate: fn(&Line) -> bool| order.lines().iter().any(predicate);
    match action {
        Action::Place => !order.lines().is_empty(),
        Action::Release => order.on_hold(),
        Action::Unarchive => order.archived_at().is_some(),
        Action::Ship | Action::CancelItems => any(|line| line.open() > 0),
        Action::Deliver => order.shipments().iter().any(|parcel| parcel.delivered_at.is_none()),
        Action::Complete => order.due().is_zero(),
        Action::Authorize => order.uncovered() > 0,
        Action::Capture => order.uncaptured() > 0,
        Action::FailPayment => order.due().is_positive(),
        Action::Void => order.payments().iter().any(|payment| order.open_of(payment) > 0),
        Action::Refund => order.payments().iter().any(|payment| order.refundable(payment) > 0),
        Action::RequestReturn => any(|line| line.returnable() > 0),
        Action::ReceiveReturn | Action::RejectReturn => {
            order.returns().iter().any(|item| item.state == ReturnState::Requested)
        }
        _ => true,
    }
}

/// Whether an action is allowed now, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The action.
    pub action: Action,
    /// Whether it would do something now.
    pub allowed: bool,
    /// The code of the rejection it would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The rejection in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Order {
    /// The actions that would do something to the order now.
    pub fn allowed_actions(&self) -> ActionSet {
        allowed_actions(self)
    }

    /// Every action with whether it is allowed now, and if not, why.
    pub fn advice(&self) -> Vec<Advice> {
        let allowed = allowed_actions(self);
        let advise = |action: &Action| {
            let allowed = allowed.contains(*action);
            let rejection = if allowed { None } else { self.refusal_of(*action) };
            Advice {
                action: *action,
                allowed,
                code: rejection.as_ref().map(Rejection::code),
                reason: rejection.map(|rejection| rejection.to_string()),
            }
        };
        Action::ALL.iter().filter(|action| action.is_public()).map(advise).collect()
    }

    fn refusal_of(&self, action: Action) -> Option<Rejection> {
        match plainest(action) {
            Some(command) => decide(Some(self), &command).err(),
            None => Some(Rejection::AlreadyExists).filter(|_| action == Action::Draft),
        }
    }
}

/// The plainest command of an action, the one that leaves every choice to the order.
fn plainest(action: Action) -> Option<Command> {
    Some(match action {
        Action::Draft | Action::Advance | Action::Note => return None,
        Action::Place => Command::Place { content: None, person: None },
        Action::Edit => Command::Edit(Edit::default()),
        Action::Confirm => Command::Confirm,
        Action::Process => Command::Process,
        Action::Hold => Command::Hold { reason: None },
        Action::Release => Command::Release,
        Action::Cancel => Command::Cancel { reason: None },
        Action::CancelItems => Command::CancelItems { items: Vec::new(), reason: None },
        Action::Ship => Command::Ship(Shipping::default()),
        Action::Deliver => Command::Deliver { shipment_id: None },
        Action::Complete => Command::Complete,
        Action::Archive => Command::Archive,
        Action::Unarchive => Command::Unarchive,
        Action::Authorize => {
            Command::Authorize { id: None, amount: None, method: None, reference: None }
        }
        Action::Capture => {
            Command::Capture { id: None, amount: None, method: None, reference: None }
        }
        Action::Void => Command::Void { id: None },
        Action::FailPayment => Command::FailPayment { id: None, method: None, reason: None },
        Action::Refund => Command::Refund {
            id: None,
            payment_id: None,
            amount: None,
            items: None,
            return_id: None,
            reason: None,
        },
        Action::RequestReturn => Command::RequestReturn { id: None, items: None, reason: None },
        Action::ReceiveReturn => Command::ReceiveReturn { id: None, items: None, restock: false },
        Action::RejectReturn => Command::RejectReturn { id: None, reason: None },
        Action::Erase => Command::Erase,
    })
}
