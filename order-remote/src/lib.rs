//! Other services, reached over HTTP: payments, stock, products and customers.
//!
//! - [`HttpPayments`], [`HttpInventory`], [`HttpProducts`] and [`HttpCustomers`] implement the ports of
//!   `order-core`. What they send and expect is in `openapi/`, one document a service, and a test keeps
//!   both in step.
//! - [`WebhookReader`] reads callbacks that are signed as in Standard Webhooks.
//!
//! ```
//! use std::time::Duration;
//! use order_remote::{HttpPayments, Settings, WebhookReader};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::new("https://payments.example.com/v1")?
//!     .token("secret")?
//!     .attempts(3)
//!     .timeouts(Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(10));
//! let payments = HttpPayments::new(settings)?;
//! let callbacks = WebhookReader::default()
//!     .provider("main", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])?;
//! # Ok(())
//! # }
//! ```
//!
//! # What every call keeps to
//!
//! - It ends: each attempt has a time-out, all of them and the pauses between them have one together.
//! - It repeats itself only where that is harmless, which is everywhere here: payment calls carry an
//!   `Idempotency-Key`, holds a revision, the rest only reads. `Retry-After` is honoured as far as the
//!   time-out allows.
//! - After many failures the circuit opens: calls fail at once until the service had time to recover.
//! - An answer that is larger than the limit is dropped unread. Redirects are not followed: they would
//!   carry the token, and payments, to who knows whom. Proxies of the environment are not used unless
//!   asked for.
//! - A 4xx is [`Misused`](order_core::ports::RemoteError::Misused) unless it is an answer (declined, not
//!   enough stock, not there) or asks to come again (408, 425, 429). Everything else that is no answer
//!   is [`Unavailable`](order_core::ports::RemoteError::Unavailable).

mod callback;
mod client;
mod customers;
mod error;
mod inventory;
mod payments;
mod products;
mod reach;
mod settings;

pub use self::{
    callback::WebhookReader,
    customers::HttpCustomers,
    error::{SecretError, SettingsError, Trouble},
    inventory::HttpInventory,
    payments::HttpPayments,
    products::HttpProducts,
    reach::Reach,
    settings::{Circuit, Settings, Traceparent},
};
