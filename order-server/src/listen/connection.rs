//! One connection, from its first byte to its last.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
};

use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    net::TcpStream,
    time::{Duration, Instant, sleep_until, timeout},
};
use tokio_util::{either::Either, sync::CancellationToken};

use super::{
    pulse::{Pulse, Verdict},
    socket::{Socket, Wire},
};
use crate::{answer::Answerer, config::Limits, tls::Tls};

/// Streams at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 128;
const HEADERS_MAX: usize = 128;
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIME: Duration = Duration::from_secs(10);

/// What serves every connection.
pub(super) struct Connections {
    answerer: Arc<Answerer>,
    http: Arc<Builder<TokioExecutor>>,
    limits: Limits,
    tls: Option<Tls>,
}

impl Connections {
    pub(super) fn new(answerer: Arc<Answerer>, limits: Limits, tls: Option<Tls>) -> Self {
        let mut http = Builder::new(TokioExecutor::new());
        let head_bytes = u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX);
        http.http1()
            .timer(TokioTimer::new())
            // Hyper's own timer also runs between requests; the pulse tells the two apart.
            .header_read_timeout(None)
            .max_buf_size(limits.header_bytes_max)
            .max_headers(HEADERS_MAX)
            // A client that has said all it has to say still wants its answer.
            .half_close(true);
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(head_bytes)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIME);
        Self { answerer, http: Arc::new(http), limits, tls }
    }

    /// Serves a connection until its client or its watchdog ends it, or after `finish` as soon as
    /// its requests are answered, or after `cut` at once.
    pub(super) fn serve(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        finish: CancellationToken,
        cut: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (http, answerer, limits) = (self.http.clone(), self.answerer.clone(), self.limits);
        let tls = self.tls.clone();
        async move {
            let Some(wire) = encrypt(stream, tls, &limits, &cut).await else { return };
            let pulse = Arc::new(Pulse::new());
            let socket = TokioIo::new(Socket::new(wire, pulse.clone()));
            let service = service_fn(|request: Request<Incoming>| {
                let (answerer, pulse, finish) = (answerer.clone(), pulse.clone(), finish.clone());
                async move {
                    let answer = answerer.answer(request, peer, pulse, finish).await;
                    Ok::<_, Infallible>(answer)
                }
            });
            let connection = pin!(http.serve_connection(socket, service));
            let served = watch(connection, &pulse, &limits, finish.clone(), cut).await;
            if let Some(Err(error)) = served {
                // Clients come and go, and send what they like: not our error.
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}

/// Agrees with the client on how to encrypt, where that is wanted, in the time that a head may take.
async fn encrypt(
    stream: TcpStream,
    tls: Option<Tls>,
    limits: &Limits,
    cut: &CancellationToken,
) -> Option<Wire> {
    let Some(tls) = tls else { return Some(Either::Left(stream)) };
    let agreed = tokio::select! {
        agreed = timeout(limits.header_time, tls.accept(stream)) => agreed.ok()?,
        () = cut.cancelled() => return None,
    };
    match agreed {
        Ok(stream) => Some(Either::Right(stream)),
        Err(error) => {
            tracing::debug!(%error, "a client and we did not agree on how to encrypt");
            None
        }
    }
}

/// A connection of either protocol, as far as its watchdog knows it.
trait Connection: Future {
    fn finish(self: Pin<&mut Self>);
}

impl<I, S, E, B> Connection for hyper_util::server::conn::auto::Connection<'_, I, S, E>
where
    Self: Future,
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    E: hyper_util::server::conn::auto::HttpServerConnExec<S::Future, B>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

async fn watch<C: Connection>(
    mut connection: Pin<&mut C>,
    pulse: &Pulse,
    limits: &Limits,
    finish: CancellationToken,
    cut: CancellationToken,
) -> Option<C::Output> {
    let interval = Pulse::interval(limits);
    let mut tick = pin!(sleep_until(Instant::now() + interval));
    let mut finish = pin!(finish.cancelled_owned());
    let mut cut = pin!(cut.cancelled_owned());
    let mut is_finishing = false;
    loop {
        tokio::select! {
            // First, so that a request that has arrived is begun before the connection is finished.
            biased;
            output = connection.as_mut() => return Some(output),
            () = &mut cut => return None,
            () = &mut finish, if !is_finishing => {
                is_finishing = true;
                connection.as_mut().finish();
            }
            () = &mut tick => {
                match pulse.verdict(limits) {
                    Verdict::Cut => return None,
                    Verdict::Finish => connection.as_mut().finish(),
                    Verdict::Leave => {}
                }
                tick.as_mut().reset(Instant::now() + interval);
            }
        }
    }
}
