//! When the system, or a person, asks the process to end.

use std::io;

use tokio::sync::watch;

/// Requests to stop, counted from the moment that they are listened to.
#[derive(Debug, Clone)]
pub(crate) struct Signals(watch::Receiver<usize>);

impl Signals {
    /// Listens to `SIGTERM` and `SIGINT`, or to Ctrl-C where there are none.
    ///
    /// # Errors
    /// Any error of the system.
    pub(crate) fn listen() -> io::Result<Self> {
        let (sender, receiver) = watch::channel(0);
        let mut stops = Stops::new()?;
        tokio::spawn(async move {
            while stops.next().await {
                sender.send_modify(|count| *count += 1);
            }
        });
        Ok(Self(receiver))
    }

    /// Waits until the process was asked to end this often.
    pub(crate) async fn wait(mut self, times: usize) {
        if self.0.wait_for(|count| *count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Stops {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stops {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            signal = self.terminate.recv() => signal.is_some(),
            signal = self.interrupt.recv() => signal.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Stops;

#[cfg(not(unix))]
impl Stops {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
