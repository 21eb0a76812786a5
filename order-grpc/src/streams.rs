//! Long answers: pages of a list as they are read, and the feed as it grows.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, stream};
use order_core::{
    ErrorKind, FeedEvent, FeedQuery, Orders, Principal, ServiceError, Share, Shares,
    ports::{Authenticator, OrderQuery, Start},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::{
    answer,
    cursor::order_cursor,
    proto,
    status::{refuse, status},
};

/// How often the store is asked where the feed ends, by one for all.
const PAUSE: Duration = Duration::from_millis(250);
/// How often a token is looked at while an answer goes on.
const CHECK: Duration = Duration::from_secs(1);
/// How many long answers one customer may have.
const STREAMS_OF_ONE: usize = 16;
/// How many events are read at once.
const FEED_PAGE: u32 = 100;

/// A long answer.
pub(crate) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The token that a call came with, to be looked at again.
#[derive(Clone)]
pub(crate) struct Pass {
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) token: Arc<str>,
}

/// What the long answers of one server share.
#[derive(Debug)]
pub(crate) struct Streams {
    orders: Arc<dyn Orders>,
    places: Arc<Shares>,
    end: Mutex<Option<(Instant, u64)>>,
    finish: CancellationToken,
}

impl Streams {
    /// None yet, and never more than this at once; all of them end when it is over.
    pub(crate) fn new(orders: Arc<dyn Orders>, max: usize, finish: CancellationToken) -> Self {
        let places = Shares::new(max, STREAMS_OF_ONE);
        Self { orders, places, end: Mutex::default(), finish }
    }

    /// Where the feed ends, as far as somebody here has asked lately.
    async fn end(&self) -> Result<u64, ServiceError> {
        // Whoever waits here is told what the one before has learned.
        let mut known = self.end.lock().await;
        match *known {
            Some((asked, end)) if asked.elapsed() < PAUSE => Ok(end),
            _ => {
                let end = self.orders.feed_end().await?;
                *known = Some((Instant::now(), end));
                Ok(end)
            }
        }
    }

    /// A long answer for this caller.
    ///
    /// # Errors
    /// `server.busy` if too many go on already.
    pub(crate) fn begin(
        self: &Arc<Self>,
        who: Principal,
        pass: Option<Pass>,
    ) -> Result<Listener, Status> {
        let place = self.places.take(&who).ok_or_else(|| {
            let detail = "as many streams are open as may be";
            refuse(ErrorKind::Overloaded, "server.busy", detail)
        })?;
        let checked = Instant::now();
        Ok(Listener { streams: Arc::clone(self), who, pass, checked, _place: place })
    }
}

/// Who listens to a long answer.
pub(crate) struct Listener {
    streams: Arc<Streams>,
    who: Principal,
    pass: Option<Pass>,
    checked: Instant,
    _place: Share,
}

impl Listener {
    /// Whether the answer goes on: the server does, and the token still says the same.
    async fn check(&mut self) -> Result<(), Status> {
        if self.streams.finish.is_cancelled() {
            let detail = "the server stops; go on with another, or soon with this";
            return Err(refuse(ErrorKind::Unavailable, "server.stopping", detail));
        }
        let Some(pass) = &self.pass else { return Ok(()) };
        if self.checked.elapsed() < CHECK {
            return Ok(());
        }
        self.checked = Instant::now();
        let now = pass.authenticator.authenticate(&pass.token).await;
        match now {
            Ok(now) if now == self.who => Ok(()),
            Ok(_) => Err(refuse(
                ErrorKind::Unauthenticated,
                "auth.token_invalid",
                "the token says somebody else by now",
            )),
            Err(error) => Err(status(&error.into())),
        }
    }

    /// The pages of a list.
    pub(crate) fn pages(self, query: OrderQuery) -> Answers<proto::ListOrdersResponse> {
        Box::pin(stream::unfold(Some((self, query)), |next| async {
            let (mut listener, mut query) = next?;
            if let Err(refused) = listener.check().await {
                return Some((Err(refused), None));
            }
            let page = listener.streams.orders.list(&listener.who, query.clone()).await;
            let page = match page {
                Ok(page) => page,
                Err(error) => return Some((Err(status(&error)), None)),
            };
            let next_cursor = page.next.as_ref().map(|cursor| order_cursor(query.sort, cursor));
            let orders = page.orders.iter().map(answer::view).collect();
            let told = proto::ListOrdersResponse { orders, next_cursor };
            let next = page.next.map(|cursor| {
                query.start = Start::After(cursor);
                (listener, query)
            });
            Some((Ok(told), next))
        }))
    }

    /// The events after the query's place, for as long as somebody listens.
    pub(crate) fn events(self, query: FeedQuery) -> Answers<proto::FeedEvent> {
        let query = FeedQuery { limit: FEED_PAGE, ..query };
        let watch = Watch { listener: self, query, read: Vec::new().into_iter() };
        Box::pin(stream::unfold(Some(watch), |watch| async {
            let mut watch = watch?;
            match watch.next().await {
                Ok(event) => Some((Ok(answer::feed_event(event)), Some(watch))),
                Err(refused) => Some((Err(refused), None)),
            }
        }))
    }
}

/// A listener to the feed.
struct Watch {
    listener: Listener,
    query: FeedQuery,
    /// What was read and not told yet.
    read: std::vec::IntoIter<FeedEvent>,
}

impl Watch {
    async fn next(&mut self) -> Result<FeedEvent, Status> {
        loop {
            if let Some(event) = self.read.next() {
                return Ok(event);
            }
            self.listener.check().await?;
            let streams = Arc::clone(&self.listener.streams);
            let end = streams.end().await.map_err(|error| status(&error))?;
            if self.query.after >= end {
                tokio::select! {
                    () = streams.finish.cancelled() => {}
                    () = sleep(PAUSE) => {}
                }
                continue;
            }
            let query = FeedQuery { until: Some(end), ..self.query.clone() };
            let page = streams.orders.feed(&self.listener.who, query).await;
            let page = page.map_err(|error| status(&error))?;
            self.query.after = page.next;
            self.read = page.events.into_iter();
        }
    }
}
