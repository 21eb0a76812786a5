//! An inventory service.

use async_trait::async_trait;
use order_core::{
    OrderId, Reason,
    ports::{HoldAnswer, Inventory, RemoteError, StockHold, Units},
};
use serde::{Deserialize, Serialize};

use crate::{
    client::{Answer, Client},
    error::{Fault, Problem, SettingsError},
    settings::Settings,
};

/// The status and the code of a lack of stock.
const CONFLICT: u16 = 409;
const INSUFFICIENT: &str = "stock.insufficient";

/// Stock of a service that speaks `openapi/inventory.yaml`.
#[derive(Debug, Clone)]
pub struct HttpInventory(Client);

impl HttpInventory {
    /// A client of the service; nothing is sent yet.
    ///
    /// # Errors
    /// [`SettingsError::Client`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Client::new("inventory", settings).map(Self)
    }
}

/// What is sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HoldBody<'a> {
    order_id: &'a OrderId,
    revision: u64,
    units: &'a [Units],
}

/// What is read of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeldBody {
    order_id: OrderId,
}

fn read(hold: &StockHold, answer: &Answer) -> Result<HoldAnswer, Fault> {
    if answer.status == CONFLICT {
        let problem = Problem::read(&answer.body);
        if problem.code.as_deref() != Some(INSUFFICIENT) {
            return Err(Fault::Misused(problem.label(CONFLICT)));
        }
        let reason = problem.text().and_then(|text| Reason::clean(text).ok());
        let reason = reason.ok_or_else(|| Fault::unreadable("it says not what is missing"))?;
        return Ok(HoldAnswer::Refused(reason));
    }
    let HeldBody { order_id } = answer.json()?;
    if order_id == hold.order_id {
        Ok(HoldAnswer::Held)
    } else {
        Err(Fault::unreadable("it is about another order"))
    }
}

#[async_trait]
impl Inventory for HttpInventory {
    async fn hold(&self, hold: &StockHold) -> Result<HoldAnswer, RemoteError> {
        let body =
            HoldBody { order_id: &hold.order_id, revision: hold.revision, units: &hold.units };
        let request = self.0.post(&["holds"], None, &body)?;
        self.0.send(&request, |status| status == CONFLICT, |answer| read(hold, answer)).await
    }
}
