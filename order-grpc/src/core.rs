//! The service for gateways: carries out their calls.

use std::sync::Arc;

use order_core::{Analytics, ErrorKind, Orders, Refusal, ServiceError, Users, Webhooks};
use tonic::{Request, Response, Status};

use crate::{
    proto::{CoreAnswer, CoreCall, core_answer::Outcome, core_server::Core},
    status::refuse,
    wire::{Call, PROTOCOL},
};

/// Carries out the calls of gateways.
#[derive(Debug)]
pub(crate) struct CoreService {
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) users: Option<Arc<dyn Users>>,
    pub(crate) webhooks: Option<Arc<dyn Webhooks>>,
    pub(crate) analytics: Option<Arc<dyn Analytics>>,
}

#[tonic::async_trait]
impl Core for CoreService {
    async fn call(&self, request: Request<CoreCall>) -> Result<Response<CoreAnswer>, Status> {
        let CoreCall { protocol, call } = request.into_inner();
        if protocol != PROTOCOL {
            let detail = format!("the core speaks protocol {PROTOCOL}, not {protocol}");
            return Err(refuse(ErrorKind::Conflict, "gateway.protocol", &detail));
        }
        let call: Call = serde_json::from_slice(&call).map_err(|error| {
            // What is wrong with it may be somebody's name.
            let detail = format!("the call cannot be read at column {}", error.column());
            refuse(ErrorKind::Invalid, "request.json", &detail)
        })?;
        let told = match call {
            Call::Orders(call) => call.carry_out(&*self.orders).await,
            Call::Users(call) => match &self.users {
                Some(users) => call.carry_out(&**users).await,
                None => Err(ServiceError::NotFound { what: "service" }),
            },
            Call::Webhooks(call) => match &self.webhooks {
                Some(webhooks) => call.carry_out(&**webhooks).await,
                None => Err(ServiceError::NotFound { what: "service" }),
            },
            Call::Analytics(call) => match &self.analytics {
                Some(analytics) => call.carry_out(&**analytics).await,
                None => Err(ServiceError::NotFound { what: "service" }),
            },
        };
        let outcome = match told {
            Ok(value) => value.map(Outcome::Value),
            Err(error) => serde_json::to_vec(&Refusal::from(&error)).map(Outcome::Refusal),
        };
        let outcome = outcome.map_err(|_| {
            refuse(ErrorKind::Internal, "gateway.unwritable", "the answer cannot be written")
        })?;
        Ok(Response::new(CoreAnswer { outcome: Some(outcome) }))
    }
}
