//! The order server.

use std::process::ExitCode;

fn main() -> ExitCode {
    order_server::run()
}
