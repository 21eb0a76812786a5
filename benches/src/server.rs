//! A server in this process, as `order-server` runs it: on a port of its own, over a new file.

use std::{net::SocketAddr, path::Path};

use order_server::{Caching, Config, Server as Standalone};
use order_store_sqlite::SqliteStore;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::Failure;

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    file: std::path::PathBuf,
}

/// Starts a server over a new SQLite file in a folder, with its shipped limits and no cache.
///
/// # Errors
/// If it cannot start.
pub async fn serve(folder: &Path) -> Result<Server, Failure> {
    serve_keeping(folder, 0).await
}

/// The same with a cache of so many bytes, also over a file that another one serves.
///
/// # Errors
/// If it cannot start.
pub async fn serve_keeping(folder: &Path, bytes_max: usize) -> Result<Server, Failure> {
    let usual = Config::in_folder(folder);
    let config = Config { caching: Caching { bytes_max, ..usual.caching }, ..usual };
    let standalone = Standalone::start(&config).await?;
    let address = standalone.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let stop = async move { drop(stopped.await) };
        standalone.run(stop, std::future::pending()).await;
    });
    Ok(Server { address, stop, task, file: folder.join("orders.db") })
}

impl Server {
    /// Stops the server, opens its file anew and counts the orders in it.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn stop_and_count(self) -> Result<u64, Failure> {
        drop(self.stop);
        self.task.await?;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&self.file);
        let pool = sqlx::SqlitePool::connect_with(options).await?;
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM order_state").fetch_one(&pool).await?;
        let bad = order_core::ports::Maintenance::doctor(&SqliteStore::new(pool)).await?;
        let broken = bad.iter().find(|found| found.severity == order_core::ports::Severity::Error);
        match broken {
            Some(found) => Err(format!("{}: {}", found.code, found.detail).into()),
            None => Ok(count.unsigned_abs()),
        }
    }
}
