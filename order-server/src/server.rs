//! Starting and stopping.

use std::{env, future::Future, net::SocketAddr, process::ExitCode, sync::Arc};

use order_grpc::Callers;
use tokio::{net::TcpListener, runtime};
use tokio_util::sync::CancellationToken;

use crate::{
    answer::Answerer,
    banner::{self, Others},
    config::{self, Config, ConfigError, Database, Limits},
    error::ServerError,
    grpc::{self, GrpcHost},
    listen::{self, Drained, Entrance, addresses::Addresses},
    logging,
    signals::Signals,
    store::Store,
    tls::Tls,
    traces::Traces,
    wiring::{self, Wired},
    workers::{Worker, Workers},
};

/// A server whose port is taken and whose store is open.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    answerer: Arc<Answerer>,
    limits: Limits,
    store: Option<Store>,
    database: Database,
    workers: Vec<Box<dyn Worker>>,
    /// Where gRPC answers, and what.
    grpc: Option<(order_grpc::Entrance, order_grpc::Services)>,
    /// Where measurements are served to whoever asks.
    metrics: Option<(TcpListener, Arc<Answerer>)>,
    tls: Option<Tls>,
    addresses: Arc<Addresses>,
}

impl Server {
    /// Takes the port, then opens the store: a second server on the same port leaves the data alone.
    ///
    /// # Errors
    /// [`ServerError`]; [`ConfigError::Unprotected`] for an address that others can reach.
    pub async fn start(config: &Config) -> Result<Self, ServerError> {
        config.check_safe()?;
        let taken = |source| ServerError::Listen { address: config.listen, source };
        let listener = listen::bind(config.listen).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let bind = |address| {
            listen::bind(address).map_err(|source| ServerError::Listen { address, source })
        };
        let metrics = config.outlets.metrics.map(bind).transpose()?;
        let grpc = config.grpc.map(bind).transpose()?;
        let tls = config.exposure.tls.as_ref().map(Tls::open).transpose()?;
        let wired = wiring::wire(config).await?;
        let Wired { router, services, callers, store, database, meters, throttle, mut workers } =
            wired;
        workers.extend(tls.as_ref().map(Tls::renewal));
        let limits = config.limits;
        let open = || Arc::new(Answerer::new(meters.open(), None, limits, ""));
        let metrics = metrics.map(|listener| (listener, open()));
        let caller = match &callers {
            Callers::Asked(_) => None,
            Callers::Everybody(caller) => Some(caller.clone()),
        };
        let addresses = Addresses::new(config.exposure.connections_max);
        let host = GrpcHost { addresses: addresses.clone(), throttle: throttle.clone() };
        let grpc = grpc.map(|listener| {
            let (tls, host) = (tls.as_ref().map(Tls::for_grpc), Arc::new(host));
            (order_grpc::Entrance { listener, callers, tls, host }, services)
        });
        let answerer = Answerer::new(router, caller, limits, &config.base_path)
            .with_throttle(throttle)
            .with_requests(meters.requests())
            .encrypted(tls.is_some());
        Ok(Self {
            listener,
            address,
            answerer: Arc::new(answerer),
            limits,
            store,
            database,
            workers,
            grpc,
            metrics,
            tls,
            addresses,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where gRPC answers, if it does.
    pub fn grpc_address(&self) -> Option<SocketAddr> {
        self.grpc.as_ref().and_then(|(entrance, _)| entrance.listener.local_addr().ok())
    }

    /// Where measurements are served to whoever asks, if that is wanted.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Serves until `stop`, then lets the requests that have begun finish, within the drain time and
    /// until `cut`, and closes the store.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        cut: impl Future<Output = ()>,
    ) -> Drained {
        let workers = Workers::start(self.workers);
        let ended = CancellationToken::new();
        let metrics = self.metrics.map(|(listener, answerer)| {
            let (end, cut) = (ended.clone().cancelled_owned(), ended.clone().cancelled_owned());
            let limits = self.limits;
            let addresses = Addresses::new(None);
            let entrance = Entrance { listener, answerer, limits, tls: None, addresses };
            tokio::spawn(listen::serve(entrance, end, cut))
        });
        let (stopping, cutting) = (CancellationToken::new(), CancellationToken::new());
        let grpc = self.grpc.map(|(entrance, services)| {
            let stop = stopping.clone().cancelled_owned();
            let limits = grpc::limits(self.limits);
            tokio::spawn(order_grpc::serve(entrance, services, limits, stop))
        });
        let stop = async {
            stop.await;
            stopping.cancel();
        };
        let cut = async {
            cut.await;
            cutting.cancel();
        };
        let entrance = Entrance {
            listener: self.listener,
            answerer: self.answerer,
            limits: self.limits,
            tls: self.tls,
            addresses: self.addresses,
        };
        let drained = listen::serve(entrance, stop, cut).await;
        if let Some(grpc) = grpc {
            if cutting.is_cancelled() {
                grpc.abort();
            }
            if let Ok(Err(error)) = grpc.await {
                let cause = ServerError::from(error).chain();
                tracing::error!(cause, "gRPC has ended");
            }
        }
        workers.stop().await;
        ended.cancel();
        if let Some(metrics) = metrics {
            // Whoever reads measurements now reads them again.
            let _ = metrics.await;
        }
        if let Some(store) = self.store {
            store.close().await;
        }
        drained
    }
}

/// Serves a configuration, with a banner and log lines, until the process is asked to end.
///
/// # Errors
/// [`ServerError`] if it could not start.
pub async fn serve(config: &Config) -> Result<(), ServerError> {
    let traces = config.collector.as_ref().map(Traces::open).transpose()?;
    logging::start(&config.log, config.log_format, traces.as_ref());
    let signals = Signals::listen().map_err(ServerError::Process)?;
    let server = Server::start(config).await?;
    let others = Others { grpc: server.grpc_address(), metrics: server.metrics_address() };
    banner::announce(config, server.address, others, &server.database);
    let drained = server.run(signals.clone().wait(1), signals.wait(2)).await;
    if drained.cut > 0 {
        tracing::warn!(connections = drained.cut, "stopped, not every request had ended");
    } else {
        tracing::info!("stopped");
    }
    if let Some(traces) = traces {
        // It waits for the collector on this thread.
        let _ = tokio::task::spawn_blocking(|| traces.close()).await;
    }
    Ok(())
}

/// The whole program: reads the configuration, serves it, and says how it ended. Code 0 after a stop
/// that was asked for, 2 for a configuration that cannot be used, 1 for another failure.
pub fn run() -> ExitCode {
    match launch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(ServerError::Config(ConfigError::Usage(error))) => {
            // Prints help to standard output, mistakes to standard error.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
        Err(error) => {
            eprintln!("order-server: {}", error.chain());
            ExitCode::from(error.exit_code())
        }
    }
}

fn launch() -> Result<(), ServerError> {
    let folder = env::current_dir().map_err(ServerError::Folder)?;
    let invocation = config::read(env::args_os(), |name| env::var_os(name), &folder)?;
    if invocation.check_only {
        print!("{invocation}");
        return Ok(());
    }
    let config = invocation.config;
    let mut threads = runtime::Builder::new_multi_thread();
    if let Some(workers) = config.workers {
        threads.worker_threads(workers);
    }
    let runtime = threads.enable_all().build().map_err(ServerError::Process)?;
    let served = runtime.block_on(serve(&config));
    runtime.shutdown_background();
    served
}
