//! Health as gRPC has it: whether the store answers, asked when somebody asks.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, stream};
use order_core::Orders;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_server::Health,
};

/// How often a watched state is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The services whose health is known; the empty name is that of the whole server.
const KNOWN: [&str; 6] = [
    "",
    "order.v1.AuthService",
    "order.v1.Core",
    "order.v1.OrderService",
    "order.v1.ProductService",
    "order.v1.UserService",
];

/// Follows readiness.
#[derive(Debug, Clone)]
pub(crate) struct HealthService {
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) finish: CancellationToken,
}

impl HealthService {
    async fn state(&self) -> ServingStatus {
        if !self.finish.is_cancelled() && self.orders.ping().await.is_ok() {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        }
    }

    /// The next state that is another than the last; none at the end.
    async fn next(
        self,
        last: Option<ServingStatus>,
    ) -> Option<(Told, (Self, Option<ServingStatus>))> {
        loop {
            if last.is_some() {
                let is_over = self.finish.is_cancelled();
                tokio::select! {
                    () = self.finish.cancelled(), if !is_over => {}
                    () = sleep(LOOK_EVERY), if !is_over => {}
                    else => return None,
                }
            }
            let state = self.state().await;
            if last != Some(state) {
                return Some((Ok(answer(state)), (self, Some(state))));
            }
            if self.finish.is_cancelled() {
                return None;
            }
        }
    }
}

type Told = Result<HealthCheckResponse, Status>;

fn answer(state: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: state.into() }
}

#[tonic::async_trait]
impl Health for HealthService {
    type WatchStream = Pin<Box<dyn Stream<Item = Told> + Send>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !KNOWN.contains(&request.get_ref().service.as_str()) {
            return Err(Status::not_found("there is no such service"));
        }
        Ok(Response::new(answer(self.state().await)))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        if !KNOWN.contains(&request.get_ref().service.as_str()) {
            let unknown = stream::once(async { Ok(answer(ServingStatus::ServiceUnknown)) });
            return Ok(Response::new(Box::pin(unknown)));
        }
        let states = stream::unfold((self.clone(), None), |(this, last)| this.next(last));
        Ok(Response::new(Box::pin(states)))
    }
}
