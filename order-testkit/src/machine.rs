//! What the servers of tests need of the machine: a port, processes, and an end in every case.

mod port;
#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "only PostgreSQL has a family"))]
pub(crate) mod processes;
mod watchdog;

use std::time::Duration;

pub(crate) use self::{port::free_port, watchdog::Watchdog};

/// How long a start, a stop or a signal may take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// How long to wait between two looks.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);
