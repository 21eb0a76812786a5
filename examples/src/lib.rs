//! The programs are in the folder above: `cargo run -p order-examples --example quickstart`.
