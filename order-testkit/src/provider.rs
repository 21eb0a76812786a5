//! A payment provider for tests: a ledger of its own, and nine ways to treat its callers.
//!
//! - [`Scripted`] is the provider inside a test: it implements
//!   [`Payments`](order_core::ports::Payments), is deterministic from a seed, and knows neither clock nor
//!   network.

mod behaviour;
mod desk;
mod ledger;
mod scripted;
pub(crate) mod seed;

pub use self::{
    behaviour::{Behaviour, Rule},
    ledger::{Effect, Ledger},
    scripted::{Receiver, Scripted},
};

/// The provider's name in its notices.
pub const NAME: &str = "test";

/// What errors call the service.
const SERVICE: &str = "payment";
