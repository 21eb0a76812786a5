//! Bodies with limits: what a client sends, and what it is sent.

use std::{
    error::Error,
    fmt, io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep, timeout},
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::pulse::Pulse;

/// What is read of a body that nobody wants, so that the client sees the answer and not a reset.
const UNWANTED_BYTES_MAX: u64 = 16 * 1024 * 1024;
const UNWANTED_TIME: Duration = Duration::from_secs(5);

/// How many bytes of bodies are held at once, by all requests together.
#[derive(Debug)]
pub(crate) struct Budget {
    held: AtomicUsize,
    max: usize,
}

impl Budget {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { held: AtomicUsize::new(0), max })
    }
}

/// How the reading of a body goes, seen from outside the handler; holds the body's part of the
/// budget until the request is answered.
#[derive(Debug)]
pub(crate) struct Reading {
    budget: Arc<Budget>,
    held: AtomicUsize,
    is_stalled: AtomicBool,
    is_complete: AtomicBool,
    is_refused: AtomicBool,
}

impl Reading {
    pub(crate) fn new(budget: Arc<Budget>) -> Arc<Self> {
        Arc::new(Self {
            budget,
            held: AtomicUsize::new(0),
            is_stalled: AtomicBool::new(false),
            is_complete: AtomicBool::new(false),
            is_refused: AtomicBool::new(false),
        })
    }

    /// Whether the client paused for too long.
    pub(crate) fn is_stalled(&self) -> bool {
        self.is_stalled.load(Relaxed)
    }

    /// Whether the client sent all that it announced.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete.load(Relaxed)
    }

    /// Whether there was no room for the body.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_refused.load(Relaxed)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.held.fetch_add(bytes, Relaxed);
        let held = self.budget.held.fetch_add(bytes, Relaxed) + bytes;
        self.is_refused.store(held > self.budget.max, Relaxed);
        held <= self.budget.max
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(*self.held.get_mut(), Relaxed);
    }
}

/// The body of a request.
pub(crate) struct Upload {
    // None once it was given away, to be read and thrown away.
    body: Option<Incoming>,
    reading: Arc<Reading>,
    pulse: Arc<Pulse>,
    pause_max: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    is_drained: bool,
}

impl Upload {
    pub(crate) fn new(
        body: Incoming,
        pulse: Arc<Pulse>,
        pause_max: Duration,
        is_awaited: bool,
        reading: Arc<Reading>,
    ) -> Self {
        reading.is_complete.store(body.is_end_stream(), Relaxed);
        Self {
            body: Some(body),
            reading,
            pulse,
            pause_max,
            pause: None,
            // A client that waits for `100 Continue` sends nothing: there is nothing to drain.
            is_drained: !is_awaited,
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("reading", &self.reading).finish_non_exhaustive()
    }
}

impl hyper::body::Body for Upload {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Ready(frame) => {
                this.pause = None;
                this.pulse.progressed();
                if let Some(Ok(frame)) = &frame
                    && !this.reading.has_room(frame.data_ref().map_or(0, Bytes::len))
                {
                    let full =
                        io::Error::new(io::ErrorKind::OutOfMemory, "too many bodies at once");
                    return Poll::Ready(Some(Err(full.into())));
                }
                if matches!(frame, Some(Err(_))) {
                    this.is_drained = false;
                } else if frame.is_none() || body.is_end_stream() {
                    this.reading.is_complete.store(true, Relaxed);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let pause = this.pause.get_or_insert_with(|| Box::pin(sleep(this.pause_max)));
                if pause.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.reading.is_stalled.store(true, Relaxed);
                this.is_drained = false;
                let stalled = io::Error::new(io::ErrorKind::TimedOut, "the client stopped sending");
                Poll::Ready(Some(Err(stalled.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(hyper::body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), hyper::body::Body::size_hint)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        self.pulse.leave_unread();
        if self.is_drained && body.size_hint().lower() <= UNWANTED_BYTES_MAX {
            tokio::spawn(throw_away(body, self.pause_max.min(UNWANTED_TIME)));
        }
    }
}

async fn throw_away(mut body: Incoming, time: Duration) {
    let all = async {
        let mut bytes = 0;
        while bytes <= UNWANTED_BYTES_MAX {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
            let Some(Ok(frame)) = frame else { return };
            bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
    };
    // Too much or too slow: dropping the body closes the connection.
    let _ = timeout(time, all).await;
}

/// What a request holds until its answer is sent.
#[derive(Debug)]
pub(crate) struct Ticket {
    pulse: Arc<Pulse>,
    /// The request's place among those that run at once.
    pub(crate) place: Option<OwnedSemaphorePermit>,
    is_handled: bool,
    is_stream: bool,
    /// Which of the answers that are sent on its connection it is, where there are several at once.
    number: Option<u64>,
}

impl Ticket {
    pub(crate) fn new(pulse: Arc<Pulse>, is_multiplexed: bool) -> Self {
        pulse.began(is_multiplexed);
        Self { pulse, place: None, is_handled: false, is_stream: false, number: None }
    }

    /// The answer is a stream: how many there are the router says, and the place is another's.
    fn stream(&mut self) {
        self.place = None;
        if !std::mem::replace(&mut self.is_stream, true) {
            self.pulse.streams();
        }
    }

    /// The client took what there was of the answer.
    fn progressed(&self) {
        self.pulse.progressed();
        if let Some(number) = self.number {
            self.pulse.took(number);
        }
    }

    /// The answer is known; from now on it is sent.
    fn handled(&mut self) {
        if !std::mem::replace(&mut self.is_handled, true) {
            self.pulse.handled();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.is_stream {
            self.pulse.streamed();
        }
        if let Some(number) = self.number {
            self.pulse.sent(number);
        }
        self.handled();
        self.pulse.ended();
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct Download {
    body: Body,
    ticket: Ticket,
    /// When a stream ends, whatever it has left to say; none for an answer that has an end.
    end: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl Download {
    pub(crate) fn new(body: Body, mut ticket: Ticket) -> Self {
        ticket.number = ticket.pulse.sends();
        ticket.handled();
        Self { body, ticket, end: None }
    }

    /// A body without an end of its own.
    pub(crate) fn stream(body: Body, mut ticket: Ticket, end: CancellationToken) -> Self {
        ticket.stream();
        ticket.handled();
        Self { body, ticket, end: Some(Box::pin(end.cancelled_owned())) }
    }
}

impl hyper::body::Body for Download {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(end) = &mut self.end
            && end.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(None);
        }
        self.ticket.progressed();
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
