//! Connections: never more than so many, and none that does not say what it is.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tokio_rustls::{Accept, TlsAcceptor, server::TlsStream};
use tokio_util::either::Either;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::{
    host::{Host, Place},
    server::{Entrance, Limits},
};

/// How many bytes say that a connection speaks HTTP/2.
const GREETING_BYTES: usize = 24;
/// How long nothing is accepted after that has failed, such as for the lack of files.
const FAILED: Duration = Duration::from_millis(100);

/// What bytes go over: as they are, or encrypted.
type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// How far a connection is.
enum Stage {
    /// Both sides agree on how to encrypt.
    Agreeing(Accept<TcpStream>),
    Open(Wire),
}

/// A connection that has a place, and gives it back in the end.
pub(crate) struct Connection {
    stage: Stage,
    info: TcpConnectInfo,
    /// How many bytes of the greeting are missing, and until when they may come.
    greeting: Option<(usize, Pin<Box<Sleep>>)>,
    _places: (OwnedSemaphorePermit, Place),
}

/// What lets connections in.
struct Acceptor {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    host: Arc<dyn Host>,
    places: Arc<Semaphore>,
    greeting_time: Duration,
}

/// The connections that come in: the next is accepted when there is a place for it.
pub(crate) fn connections(
    entrance: Entrance,
    limits: &Limits,
) -> impl Stream<Item = io::Result<Connection>> + Send + use<> {
    let Entrance { listener, tls, host, .. } = entrance;
    let places = limits.connections_max.clamp(1, Semaphore::MAX_PERMITS);
    let acceptor = Acceptor {
        listener,
        tls: tls.map(TlsAcceptor::from),
        host,
        places: Arc::new(Semaphore::new(places)),
        greeting_time: limits.greeting_time,
    };
    stream::unfold(acceptor, |acceptor| async move {
        let connection = acceptor.next().await?;
        Some((Ok(connection), acceptor))
    })
}

impl Acceptor {
    async fn next(&self) -> Option<Connection> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let (stream, own) = loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => match self.host.place(peer.ip()) {
                    Some(own) => break (stream, own),
                    // What it would be told of in HTTP/2 it has not yet agreed to speak.
                    None => drop(stream),
                },
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections");
                    sleep(FAILED).await;
                }
            }
        };
        // Without it answers are later, that is all.
        let _ = stream.set_nodelay(true);
        let info = stream.connect_info();
        let stage = match &self.tls {
            Some(tls) => Stage::Agreeing(tls.accept(stream)),
            None => Stage::Open(Either::Left(stream)),
        };
        let greeting = Some((GREETING_BYTES, Box::pin(sleep(self.greeting_time))));
        Some(Connection { stage, info, greeting, _places: (place, own) })
    }
}

impl Connection {
    /// What bytes go over, once both sides have agreed on it.
    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut Wire>>> {
        if let Some((_, late)) = &mut self.greeting
            && late.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if let Stage::Agreeing(accept) = &mut self.stage {
            let stream = ready!(Pin::new(accept).poll(context))?;
            self.stage = Stage::Open(Either::Right(stream));
        }
        match &mut self.stage {
            Stage::Open(wire) => Poll::Ready(Ok(Pin::new(wire))),
            Stage::Agreeing(_) => Poll::Pending,
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.info.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        ready!(ready!(this.poll_open(context))?.poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        match &mut this.greeting {
            Some((missing, _)) if *missing > read => *missing -= read,
            greeting => *greeting = None,
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stage {
            Stage::Open(wire) => wire.is_write_vectored(),
            Stage::Agreeing(_) => true,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(context))?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stage {
            Stage::Open(wire) => Pin::new(wire).poll_shutdown(context),
            // Nothing was said, so there is nothing to end.
            Stage::Agreeing(_) => Poll::Ready(Ok(())),
        }
    }
}
