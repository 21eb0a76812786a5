//! To webhooks: a signed request an event, tried again for three days.

mod address;
mod retry;
mod sender;
mod signature;

pub use self::{
    address::{AddressError, Reach, Target, is_public},
    retry::{ATTEMPTS_MAX, Failures, PATIENCE_MS, pause_ms},
    sender::{Attempt, Outcome, Sender},
    signature::{SECRETS_MAX, Secrets},
};
