//! What is made of the proto files.

#![expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::pedantic,
    reason = "made by a program; what it means is said in the proto files"
)]

use std::fmt;

tonic::include_proto!("order.v1");

/// The descriptors of all of it, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/order.bin"));

macro_rules! silent {
    ($($message:ident)*) => {$(
        impl fmt::Debug for $message {
            /// Says nothing of what is in it: debug output ends in logs.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($message), "(..)"))
            }
        }
    )*};
}

impl fmt::Debug for core_answer::Outcome {
    /// Says nothing of what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value(..)",
            Self::Refusal(_) => "Refusal(..)",
        })
    }
}

silent! {
    AddNoteRequest Address CoreAnswer CoreCall CreateUserRequest Note Order PlaceOrderRequest
    SignInRequest SignInResponse UpdateOrderRequest UpdateUserRequest User
}
