//! A user service.

use async_trait::async_trait;
use order_core::{
    CustomerId,
    ports::{CustomerLookup, RemoteError},
};
use serde::Deserialize;

use crate::{
    client::{Answer, Client},
    error::{Fault, SettingsError},
    settings::Settings,
};

const NOT_FOUND: u16 = 404;

/// Customers of a service that speaks `openapi/customers.yaml`.
#[derive(Debug, Clone)]
pub struct HttpCustomers(Client);

impl HttpCustomers {
    /// A client of the service; nothing is sent yet.
    ///
    /// # Errors
    /// [`SettingsError::Client`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Client::new("user", settings).map(Self)
    }
}

/// What is read of an answer.
#[derive(Debug, Deserialize)]
struct CustomerBody {
    id: CustomerId,
}

fn read(id: &CustomerId, answer: &Answer) -> Result<bool, Fault> {
    if answer.status == NOT_FOUND {
        return Ok(false);
    }
    let body: CustomerBody = answer.json()?;
    if body.id == *id { Ok(true) } else { Err(Fault::unreadable("it is about another user")) }
}

#[async_trait]
impl CustomerLookup for HttpCustomers {
    async fn exists(&self, id: &CustomerId) -> Result<bool, RemoteError> {
        // No service can be asked for such an id, so none has it.
        let Some(request) = self.0.get(&["users", id.as_str()]) else {
            return Ok(false);
        };
        self.0.send(&request, |status| status == NOT_FOUND, |answer| read(id, answer)).await
    }
}
