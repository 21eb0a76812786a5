//! Health as gRPC has it: whether the store answers, asked when somebody asks, by one for all.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, stream};
use order_core::{ErrorKind, Orders};
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_server::Health,
};

use crate::status::refuse;

/// How often a watched state is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For how long what the store answered is told to others.
const FRESH: Duration = Duration::from_millis(250);
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
    orders: Arc<dyn Orders>,
    known: Arc<Mutex<Option<(Instant, ServingStatus)>>>,
    places: Arc<Semaphore>,
    finish: CancellationToken,
}

impl HealthService {
    /// The health of these orders, watched by no more than so many; bad when it is over.
    pub(crate) fn new(orders: Arc<dyn Orders>, max: usize, finish: CancellationToken) -> Self {
        let places = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Self { orders, known: Arc::default(), places, finish }
    }

    async fn state(&self) -> ServingStatus {
        if self.finish.is_cancelled() {
            return ServingStatus::NotServing;
        }
        // Whoever waits here is told what the one before has learned.
        let mut known = self.known.lock().await;
        match *known {
            Some((asked, state)) if asked.elapsed() < FRESH => state,
            _ => {
                let is_up = self.orders.ping().await.is_ok();
                let state = if is_up { ServingStatus::Serving } else { ServingStatus::NotServing };
                *known = Some((Instant::now(), state));
                state
            }
        }
    }
}

/// Who watches.
struct Watch {
    health: HealthService,
    last: Option<ServingStatus>,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// The next state that is another than the last; none at the end.
    async fn next(mut self) -> Option<(Told, Self)> {
        loop {
            if self.last.is_some() {
                if self.health.finish.is_cancelled() {
                    return None;
                }
                tokio::select! {
                    () = self.health.finish.cancelled() => {}
                    () = sleep(LOOK_EVERY) => {}
                }
            }
            let state = self.health.state().await;
            if self.last != Some(state) {
                self.last = Some(state);
                return Some((Ok(answer(state)), self));
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
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            let detail = "as many streams are open as may be";
            refuse(ErrorKind::Overloaded, "server.busy", detail)
        })?;
        let watch = Watch { health: self.clone(), last: None, _place: place };
        Ok(Response::new(Box::pin(stream::unfold(watch, Watch::next))))
    }
}
