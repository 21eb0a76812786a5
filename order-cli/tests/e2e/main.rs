//! The program as people run it: a folder, a command line, an exit status and two streams.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "../database/sqlite.rs"]
mod database;
mod erase;
mod file;
mod life;
mod outbox;
mod output;
mod process;
mod refusal;
mod remote;
mod seed;
mod shop;
mod users;
#[cfg(unix)]
mod watch;
mod webhook;
