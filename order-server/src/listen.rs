//! The accept loop: time-outs, caps, and a stop that lets requests finish.
//!
//! `axum::serve` has no time-outs to speak of: a stalled client holds its connection for ever, and
//! a graceful stop waits for it.

pub(crate) mod addresses;
pub(crate) mod body;
mod connection;
pub(crate) mod pulse;
mod refuse;
mod socket;

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    addresses::{Addresses, Counted},
    connection::Connections,
};
use crate::{answer::Answerer, config::Limits, tls::Tls};

/// Connections that the kernel keeps for us until we accept them.
const BACKLOG: u32 = 1_024;
/// Files that the process needs besides its connections: the store's, the logs', the listener.
const FILES_RESERVED: u64 = 128;

/// How long connections that are cut have to go.
pub(crate) const CUT_TIME: Duration = Duration::from_secs(1);

/// Takes a listening socket.
///
/// # Errors
/// Any error of the system: the address is taken, or not ours.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Or a server that restarts would wait a minute for its own port. On Windows the option means
    // that anybody may take the port over.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Where connections come in, and what becomes of them.
#[derive(Debug)]
pub(crate) struct Entrance {
    pub(crate) listener: TcpListener,
    pub(crate) answerer: Arc<Answerer>,
    pub(crate) limits: Limits,
    /// What they are encrypted with.
    pub(crate) tls: Option<Tls>,
    /// How many each address has.
    pub(crate) addresses: Arc<Addresses>,
}

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because their requests did not end in time.
    pub cut: usize,
}

/// Serves until `stop` is done, then lets the requests that have begun finish, until they have, the
/// drain time is over, or `cut` is done.
pub(crate) async fn serve(
    entrance: Entrance,
    stop: impl Future<Output = ()>,
    cut: impl Future<Output = ()>,
) -> Drained {
    let Entrance { listener, answerer, limits, tls, addresses } = entrance;
    let connections_max = limits.connections_max.min(file_limit());
    let server = Acceptor {
        connections: Connections::new(answerer, limits, tls),
        addresses,
        places: Arc::new(Semaphore::new(connections_max)),
        refusals: Arc::new(Semaphore::new(refuse::AT_ONCE_MAX)),
        tracker: TaskTracker::new(),
        finish: CancellationToken::new(),
        cut: CancellationToken::new(),
    };
    tokio::select! {
        () = server.accept_all(&listener) => {}
        () = stop => {}
    }
    server.take_backlog(&listener).await;
    drop(listener);
    server.drain(limits.drain_time, cut).await
}

struct Acceptor {
    connections: Connections,
    addresses: Arc<Addresses>,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
    tracker: TaskTracker,
    finish: CancellationToken,
    cut: CancellationToken,
}

impl Acceptor {
    async fn accept_all(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) => pause_after(&error).await,
            }
        }
    }

    /// Takes the connections that the kernel has accepted for us: their clients may have sent a
    /// request already.
    async fn take_backlog(&self, listener: &TcpListener) {
        for _ in 0..BACKLOG {
            match timeout(Duration::ZERO, listener.accept()).await {
                Ok(Ok((stream, peer))) => self.admit(stream, peer),
                Ok(Err(_)) | Err(_) => break,
            }
        }
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr) {
        // Answers are written whole; waiting for more to send only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone before it was served");
            return;
        }
        if let Some(place) = self.place(peer) {
            let (finish, cut) = (self.finish.clone(), self.cut.clone());
            let serving = self.connections.serve(stream, peer, finish, cut);
            self.tracker.spawn(async move {
                let _place = place;
                serving.await;
            });
        } else if let Ok(place) = self.refusals.clone().try_acquire_owned() {
            tokio::spawn(async move {
                let _place = place;
                refuse::answer_busy(stream).await;
            });
        }
    }

    /// A place for a connection from there, if there is one.
    fn place(&self, peer: SocketAddr) -> Option<(Counted, OwnedSemaphorePermit)> {
        let counted = self.addresses.admit(peer.ip())?;
        Some((counted, self.places.clone().try_acquire_owned().ok()?))
    }

    async fn drain(&self, time: Duration, cut: impl Future<Output = ()>) -> Drained {
        self.tracker.close();
        self.finish.cancel();
        tracing::info!(connections = self.tracker.len(), "stopping");
        tokio::select! {
            () = self.tracker.wait() => return Drained { cut: 0 },
            () = sleep(time) => {}
            () = cut => {}
        }
        let drained = Drained { cut: self.tracker.len() };
        self.cut.cancel();
        // A handler that never yields is not waited for.
        let _ = timeout(CUT_TIME, self.tracker.wait()).await;
        drained
    }
}

/// After a failure of `accept`: at once if it was that connection's own, else a little later, for
/// the lack of files or memory will not be over yet.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    let own = [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted];
    if !own.contains(&error.kind()) {
        tracing::error!(%error, "cannot accept connections");
        sleep(Duration::from_millis(100)).await;
    }
}

/// How many connections the process may hold, after asking the system for as many as it gives.
#[cfg(unix)]
fn file_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    let files = now.current.unwrap_or(u64::MAX).saturating_sub(FILES_RESERVED).max(1);
    usize::try_from(files).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

#[cfg(not(unix))]
fn file_limit() -> usize {
    Semaphore::MAX_PERMITS
}

#[cfg(test)]
mod tests;
