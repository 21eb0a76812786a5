//! Streams of the feed: any number of readers, and one that asks for all of them where it ends.

mod head;
mod pass;
mod reader;

use std::sync::Arc;

use axum::http::StatusCode;
use order_core::{Orders, Principal, Share, Shares};

use self::head::Head;
pub(crate) use self::{pass::Pass, reader::Reader};
use crate::error::ApiError;

/// How many streams are open at once if the host does not say.
pub const STREAMS_MAX: usize = 1_000;
/// How many of them one customer may have.
const STREAMS_OF_ONE: usize = 16;

/// What the streams of one router share.
#[derive(Debug)]
pub(crate) struct Streams {
    head: Arc<Head>,
    places: Arc<Shares>,
}

impl Streams {
    /// No streams yet, and never more than this at once.
    pub(crate) fn new(orders: Arc<dyn Orders>, max: usize) -> Self {
        let places = Shares::new(max, STREAMS_OF_ONE);
        Self { head: Arc::new(Head::new(orders)), places }
    }

    /// A place for one more of this caller's.
    ///
    /// # Errors
    /// `server.busy` if there is none.
    fn place(&self, who: &Principal) -> Result<Share, ApiError> {
        self.places.take(who).ok_or_else(|| {
            let detail = "as many streams are open as may be";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", detail)
        })
    }
}
