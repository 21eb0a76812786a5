//! A payment provider for tests: a ledger of its own, and nine ways to treat its callers.
//!
//! - [`Scripted`] is the provider inside a test: it implements
//!   [`Payments`](order_core::ports::Payments), is deterministic from a seed, and knows neither clock nor
//!   network.
//! - `Provider`, with the feature `provider`, is the same over HTTP: the protocol of
//!   `order-remote/openapi/payments.yaml`, callbacks that are signed as in Standard Webhooks, in a process
//!   of its own or within the test's. It listens on the loopback interface only.
//!
//! A payment is treated as a [`Rule`] says, or as the name of its `source` does: a payment that is made
//! with the source `time_out_then_success` is. Whatever callers get to hear, the [`Ledger`] has the truth.
//!
//! ```ignore
//! let provider = Provider::start()?;              // PAYMENT_SERVICE_URL is provider.url()
//! provider.callbacks_to(&my_callback_url).await;  // signed with provider.secrets()
//! provider.rule(Rule::always(Behaviour::LostCallback).calls(1)).await;
//! // … place orders …
//! provider.ledger().await.audit()?;
//! ```

mod behaviour;
#[cfg(feature = "provider")]
mod callbacks;
mod desk;
#[cfg(feature = "provider")]
mod exchange;
mod ledger;
#[cfg(feature = "provider")]
mod running;
mod scripted;
pub(crate) mod seed;
#[cfg(feature = "provider")]
mod server;
#[cfg(feature = "provider")]
mod wire;

pub use self::{
    behaviour::{Behaviour, Rule},
    ledger::{Effect, Ledger},
    scripted::{Receiver, Scripted},
};
#[cfg(feature = "provider")]
pub use self::{
    callbacks::Delivery,
    running::{Provider, run},
    server::Attempt,
};

/// The provider's name in its notices.
pub const NAME: &str = "test";

/// What errors call the service.
const SERVICE: &str = "payment";
