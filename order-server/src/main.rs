//! The order server.

use std::process::ExitCode;

/// A request makes some hundred small allocations; the system's allocator took a sixth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    order_server::run()
}
