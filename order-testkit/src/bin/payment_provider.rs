//! The payment provider for tests, as a program. It says where it listens and ends with its input:
//!
//! ```sh
//! cargo run -q -p order-testkit --features provider --bin payment_provider
//! ```

#[tokio::main]
async fn main() -> std::io::Result<()> {
    order_testkit::provider::run().await
}
