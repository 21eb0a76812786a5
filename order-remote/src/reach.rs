//! Whether a service can be reached.

use order_core::ports::RemoteError;

use crate::{client::Client, error::SettingsError, settings::Settings};

/// Asks a service whether it is there, for those who watch over it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reach(Client);

impl Reach {
    /// Of the service at an address. The name is for errors.
    ///
    /// # Errors
    /// [`SettingsError`] if the client cannot be made.
    pub fn new(service: &'static str, settings: Settings) -> Result<Self, SettingsError> {
        Client::new(service, settings).map(Self)
    }

    /// Asks once for its address, within the time of one attempt. Any answer will do: a service that
    /// refuses is there.
    ///
    /// # Errors
    /// [`RemoteError::Unavailable`] if there is no answer.
    pub async fn ping(&self) -> Result<(), RemoteError> {
        self.0.ping().await
    }
}
