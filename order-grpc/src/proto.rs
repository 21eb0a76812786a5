//! What is made of the proto files.

#![expect(
    missing_docs,
    clippy::pedantic,
    reason = "made by a program; what it means is said in the proto files"
)]

tonic::include_proto!("order.v1");

/// The descriptors of all of it, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/order.bin"));
