//! To webhooks: a signed request an event. When it is tried again the core says.

mod address;
mod sender;
mod signature;

pub use self::{
    address::{AddressError, Reach, Target, is_public},
    sender::{Sender, TEST_TYPE},
    signature::{SECRETS_MAX, Secrets},
};
