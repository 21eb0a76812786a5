//! What happens next to an order: a pure function of it, and the runner that makes it happen.
//!
//! There is no second state of the process that could disagree with the order. What is asked outside
//! is recorded in the order before it is asked, and what comes back after it; whoever finds the order
//! later goes on from there.

mod next;
mod notices;
mod runner;

pub use self::{
    next::{Next, Step, next_step},
    runner::{Driven, Patience, Runner},
};

/// How long a runner keeps others from an order that it drives, in milliseconds. If it dies, another
/// goes on after that.
pub const LEASE_MS: i64 = 30_000;

/// The most orders that one step of a runner drives.
pub const ORDERS_MAX: u32 = 32;

/// The most steps that an order is driven at once.
const STEPS_MAX: u32 = 32;
