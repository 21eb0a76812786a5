//! Streams of the feed: any number of readers, and one that asks for all of them where it ends.

mod head;
mod pass;
mod reader;

use std::sync::Arc;

use axum::http::StatusCode;
use order_core::Orders;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::head::Head;
pub(crate) use self::{pass::Pass, reader::Reader};
use crate::error::ApiError;

/// How many streams are open at once if the host does not say.
pub const STREAMS_MAX: usize = 1_000;

/// What the streams of one router share.
#[derive(Debug)]
pub(crate) struct Streams {
    head: Arc<Head>,
    places: Arc<Semaphore>,
}

impl Streams {
    /// No streams yet, and never more than this at once.
    pub(crate) fn new(orders: Arc<dyn Orders>, max: usize) -> Self {
        let places = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Self { head: Arc::new(Head::new(orders)), places }
    }

    /// A place for one more.
    ///
    /// # Errors
    /// `server.busy` if there is none.
    fn place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            let detail = "as many streams are open as may be";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", detail)
        })
    }
}
