//! A client's socket that tells the connection's pulse what goes by.

use std::{
    future::Future as _,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::{pulse::Pulse, refuse};

/// How long a client may go on sending what nobody reads before its connection is reset.
const LINGER: Duration = Duration::from_secs(1);

/// What bytes go over: as they are, or encrypted.
pub(super) type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// A client's socket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Wire,
    pulse: Arc<Pulse>,
    // What is left of an answer of ours that replaces hyper's.
    refusal: Option<Vec<u8>>,
    linger: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(super) fn new(stream: Wire, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse, refusal: None, linger: None }
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending => self.pulse.blocked(),
            Poll::Ready(Ok(bytes @ 1..)) => self.pulse.flowed(*bytes),
            Poll::Ready(_) => {}
        }
        written
    }

    /// Whether the client has closed. Who has only said all it has to say would wait for the end of its
    /// answer, but a stream has none; and it may be long until something is written that fails.
    fn is_left(&self, cx: &mut Context<'_>) -> bool {
        let mut byte = [0; 1];
        let stream = match &self.stream {
            Either::Left(stream) => stream,
            Either::Right(encrypted) => encrypted.get_ref().0,
        };
        let peeked = stream.poll_peek(cx, &mut ReadBuf::new(&mut byte));
        matches!(peeked, Poll::Ready(Ok(0) | Err(_)))
    }

    /// Whether these bytes are replaced by others.
    fn is_replaced(&mut self, bytes: &[u8]) -> bool {
        if self.refusal.is_none() && self.pulse.is_quiet() {
            self.refusal = refuse::in_place_of(bytes).map(String::into_bytes);
        }
        self.refusal.is_some()
    }

    /// Writes the others, and says that it wrote these.
    fn poll_replace(&mut self, cx: &mut Context<'_>, count: usize) -> Poll<io::Result<usize>> {
        if let Some(refusal) = &mut self.refusal {
            while !refusal.is_empty() {
                let written = ready!(Pin::new(&mut self.stream).poll_write(cx, refusal))?;
                refusal.drain(..written);
            }
        }
        Poll::Ready(Ok(count))
    }

    /// Reads on until the client closes: to close with bytes unread would reset the connection and
    /// take the answer with it.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        while linger.as_mut().poll(cx).is_pending() {
            let mut unread = [0; 4_096];
            let mut unread = ReadBuf::new(&mut unread);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut unread));
            if read.is_err() || unread.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.pulse.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_replaced(bytes) {
            return self.poll_replace(cx, bytes.len());
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if slices.first().is_some_and(|first| self.is_replaced(first)) {
            return self.poll_replace(cx, slices.iter().map(|slice| slice.len()).sum());
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pulse.is_streaming() && self.is_left(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        if self.refusal.is_some() || self.pulse.has_unread() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
