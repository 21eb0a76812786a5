//! Makes Rust of the proto files, and keeps their descriptors for reflection. Needs no `protoc`.

use std::{env, error::Error, fs, path::Path};

use prost::Message as _;

/// What is spoken, by files.
const FILES: [&str; 5] = [
    "order/v1/auth.proto",
    "order/v1/core.proto",
    "order/v1/orders.proto",
    "order/v1/products.proto",
    "order/v1/users.proto",
];

/// What holds secrets or persons: its `Debug`, which ends in logs, is written by hand in `src/proto.rs`.
const SILENT: [&str; 13] = [
    "AddNoteRequest",
    "Address",
    "CoreAnswer",
    "CoreCall",
    "CreateUserRequest",
    "Note",
    "Order",
    "PlaceOrderRequest",
    "SignInRequest",
    "SignInResponse",
    "UpdateOrderRequest",
    "UpdateUserRequest",
    "User",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let kept = Path::new(&env::var("OUT_DIR")?).join("order.bin");
    fs::write(kept, descriptors.encode_to_vec())?;
    let silent = SILENT.map(|name| format!(".order.v1.{name}"));
    tonic_prost_build::configure().skip_debug(silent).compile_fds(descriptors)?;
    Ok(())
}
