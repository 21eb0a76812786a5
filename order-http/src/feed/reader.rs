//! One reader of the feed.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::sse::Event;
use futures::{Stream, StreamExt, stream};
use order_core::{FeedQuery, Orders, Principal, Share};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use super::{Pass, Streams};
use crate::{body::FeedEventBody, error::ApiError};

/// After how long a reader that got nothing is told that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a token is looked at while there is much to tell.
const CHECK: Duration = Duration::from_secs(1);
/// How soon a client should come back after a stream ended.
const RETRY: Duration = Duration::from_secs(2);
/// After how many positions without an event for the reader its place is told all the same, so that it
/// need not begin there again.
const SILENT_MAX: u64 = 1_000;

/// A reader of the feed: reads a page when its client has taken the one before.
#[derive(Debug)]
pub(crate) struct Reader {
    orders: Arc<dyn Orders>,
    who: Principal,
    query: FeedQuery,
    end: watch::Receiver<u64>,
    pass: Option<Pass>,
    /// When the token was found to count.
    checked: Instant,
    /// When something was told.
    told: Instant,
    /// The last position that the client knows of.
    known: u64,
    _place: Share,
}

impl Reader {
    /// Begins after the query's place.
    ///
    /// # Errors
    /// `server.busy` if too many read already.
    pub(crate) fn new(
        streams: &Streams,
        who: Principal,
        query: FeedQuery,
        pass: Option<Pass>,
    ) -> Result<Self, ApiError> {
        let place = streams.place(&who)?;
        let (now, known) = (Instant::now(), query.after);
        let (orders, end) = (Arc::clone(&streams.head.orders), streams.head.follow());
        Ok(Self { orders, who, query, end, pass, checked: now, told: now, known, _place: place })
    }

    /// All events, a page at a time, until the client goes, its token counts no longer, or the store fails.
    #[cfg(feature = "graphql")]
    pub(crate) fn pages(self) -> impl Stream<Item = Vec<FeedEventBody>> + Send + 'static {
        let told = stream::unfold(self, |mut reader| async {
            reader.next().await.map(|told| (told, reader))
        });
        told.filter_map(async |told| match told {
            Told::Events(events) => Some(events),
            Told::Place(_) | Told::Nothing => None,
        })
    }

    /// The same as a client of server-sent events is told.
    pub(crate) fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
        // At once, so that a client that never gets an event comes back to where it began.
        let begin = Event::default().retry(RETRY).id(self.known.to_string());
        let pages = stream::unfold(self, |mut reader| async {
            let told = reader.next().await?;
            told.events().map(|events| (events, reader))
        });
        let events = pages.flat_map(stream::iter);
        stream::once(async { begin }).chain(events).map(Ok)
    }

    /// What is told next; none if the stream ends.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if !self.may_go_on().await {
                return None;
            }
            let end = *self.end.borrow_and_update();
            if self.query.after < end {
                let events = self.read(end).await?;
                if !events.is_empty() {
                    return Some(Told::Events(events));
                }
            } else if let Ok(changed) = timeout_at(self.told + HEARTBEAT, self.end.changed()).await
            {
                changed.ok()?;
                continue;
            }
            let is_silent = self.told.elapsed() >= HEARTBEAT;
            if is_silent || self.query.after - self.known >= SILENT_MAX {
                return Some(self.sign_of_life());
            }
        }
    }

    async fn read(&mut self, end: u64) -> Option<Vec<FeedEventBody>> {
        let query = FeedQuery { until: Some(end), ..self.query.clone() };
        let page = self.orders.feed(&self.who, query).await.ok()?;
        self.query.after = page.next;
        if let Some(last) = page.events.last() {
            self.known = last.position;
            self.told = Instant::now();
        }
        Some(page.events.into_iter().map(FeedEventBody::from).collect())
    }

    /// The place that the reader has come to, or nothing; neither is an event to the client.
    fn sign_of_life(&mut self) -> Told {
        self.told = Instant::now();
        if self.query.after == self.known {
            return Told::Nothing;
        }
        self.known = self.query.after;
        Told::Place(self.known)
    }

    /// Whether who began to read may still do so.
    async fn may_go_on(&mut self) -> bool {
        let Some(pass) = &self.pass else { return true };
        if self.checked.elapsed() < CHECK {
            return true;
        }
        self.checked = Instant::now();
        pass.is_of(&self.who).await
    }
}

/// What a reader is told at once.
#[derive(Debug)]
enum Told {
    /// What happened.
    Events(Vec<FeedEventBody>),
    /// That nothing did that is for this reader, up to a position.
    Place(u64),
    /// That the stream is alive.
    Nothing,
}

impl Told {
    /// As server-sent events; none if one has no form in JSON, which never happens.
    fn events(self) -> Option<Vec<Event>> {
        match self {
            Self::Events(events) => events.into_iter().map(told).collect(),
            Self::Place(position) => Some(vec![Event::default().id(position.to_string())]),
            Self::Nothing => Some(vec![Event::default().comment("")]),
        }
    }
}

/// An event as it is told.
fn told(body: FeedEventBody) -> Option<Event> {
    let event = Event::default().id(body.position.to_string()).event(body.event.event.name());
    event.json_data(body).ok()
}
