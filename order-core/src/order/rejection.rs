//! Why a command was refused.

use std::sync::Arc;

use thiserror::Error;

use super::{
    status::Status,
    transition::{Action, ActionSet},
};
use crate::{ErrorKind, Money, MoneyError};

/// Why a command was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rejection {
    /// There is no such order.
    #[error("there is no such order")]
    NoSuchOrder,
    /// An order with this id exists already.
    #[error("an order with this id exists already")]
    AlreadyExists,
    /// The transition table has no such move from this status.
    #[error("{action} is not allowed while the order is {status}; allowed now: {allowed}")]
    TransitionNotAllowed {
        /// What was asked for.
        action: Action,
        /// Where the order stands.
        status: Status,
        /// What is allowed instead.
        allowed: ActionSet,
    },
    /// The order is held.
    #[error("{action} is not allowed while the order is on hold; allowed now: {allowed}")]
    OnHold {
        /// What was asked for.
        action: Action,
        /// What is allowed instead.
        allowed: ActionSet,
    },
    /// The order is in the archive.
    #[error("{action} is not allowed while the order is archived; allowed now: {allowed}")]
    Archived {
        /// What was asked for.
        action: Action,
        /// What is allowed instead.
        allowed: ActionSet,
    },
    /// There is nothing this action could do.
    #[error("there is nothing to {action}: {fact}")]
    NothingTo {
        /// What was asked for.
        action: Action,
        /// Why there is nothing.
        fact: &'static str,
    },
    /// The order has no part of this name.
    #[error("the order has no {what} {id}")]
    NoSuch {
        /// The kind of part: `line`, `payment`, `shipment`, `return`.
        what: &'static str,
        /// The name that was given.
        id: Arc<str>,
    },
    /// A part of this name exists already.
    #[error("the order already has a {what} {id}")]
    Duplicate {
        /// The kind of part.
        what: &'static str,
        /// The name that was given.
        id: Arc<str>,
    },
    /// More units than there are.
    #[error("line {line} has {available} units to {action}, not {asked}")]
    QuantityExceeded {
        /// What was asked for.
        action: Action,
        /// Which line.
        line: Arc<str>,
        /// Units there are.
        available: u32,
        /// Units asked for.
        asked: u32,
    },
    /// A quantity of zero, or one above the limit.
    #[error("a quantity must be between 1 and {max}")]
    QuantityOutOfRange {
        /// The limit.
        max: u32,
    },
    /// An order, or a list of items, without anything in it.
    #[error("there must be at least one {what}")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// More parts than the limit.
    #[error("there may be at most {max} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// An amount of zero or less where money moves, or a negative price.
    #[error("the {what} must {rule}")]
    AmountOutOfRange {
        /// Which amount.
        what: &'static str,
        /// The rule: `be positive`, `not be negative`.
        rule: &'static str,
    },
    /// More money than there is to move.
    #[error("{limit} can be {what}, not {asked}")]
    AmountExceeded {
        /// What is done with it: `authorized`, `captured`, `refunded`.
        what: &'static str,
        /// What there is.
        limit: Money,
        /// What was asked for.
        asked: Money,
    },
    /// Money is still due.
    #[error("{due} is still due")]
    PaymentDue {
        /// How much.
        due: Money,
    },
    /// A metadata entry, a note or the like breaks a rule on texts.
    #[error("{what}: {rule}")]
    Text {
        /// Which text.
        what: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// An amount in another currency, or a sum that money cannot hold.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchOrder => "order.not_found",
            Self::AlreadyExists => "order.already_exists",
            Self::TransitionNotAllowed { .. } => "order.transition_not_allowed",
            Self::OnHold { .. } => "order.on_hold",
            Self::Archived { .. } => "order.archived",
            Self::NothingTo { .. } => "order.nothing_to_do",
            Self::NoSuch { .. } => "order.part_not_found",
            Self::Duplicate { .. } => "order.part_exists",
            Self::QuantityExceeded { .. } => "order.quantity_exceeded",
            Self::QuantityOutOfRange { .. } => "order.quantity_out_of_range",
            Self::Empty { .. } => "order.empty",
            Self::TooMany { .. } => "order.too_many",
            Self::AmountOutOfRange { .. } => "payment.amount_out_of_range",
            Self::AmountExceeded { .. } => "payment.amount_exceeded",
            Self::PaymentDue { .. } => "payment.due",
            Self::Text { .. } => "text.invalid",
            Self::Money(error) => error.code(),
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchOrder => ErrorKind::NotFound,
            Self::AlreadyExists
            | Self::TransitionNotAllowed { .. }
            | Self::OnHold { .. }
            | Self::Archived { .. }
            | Self::NothingTo { .. }
            | Self::Duplicate { .. }
            | Self::QuantityExceeded { .. }
            | Self::AmountExceeded { .. }
            | Self::PaymentDue { .. } => ErrorKind::Conflict,
            Self::NoSuch { .. }
            | Self::QuantityOutOfRange { .. }
            | Self::Empty { .. }
            | Self::TooMany { .. }
            | Self::AmountOutOfRange { .. }
            | Self::Text { .. }
            | Self::Money(_) => ErrorKind::Invalid,
        }
    }

    /// What is allowed instead, where that is known.
    pub const fn allowed(&self) -> Option<ActionSet> {
        match self {
            Self::TransitionNotAllowed { allowed, .. }
            | Self::OnHold { allowed, .. }
            | Self::Archived { allowed, .. } => Some(*allowed),
            _ => None,
        }
    }
}
