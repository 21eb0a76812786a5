//! Why tokens cannot be set up.

use std::{error::Error, path::PathBuf};

use thiserror::Error;

/// Why tokens cannot be set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A secret without a byte.
    #[error("the secret is empty")]
    EmptySecret,
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A key set that cannot be used.
    #[error("the keys of {from} cannot be used")]
    Keys {
        /// Where they are from.
        from: String,
        /// Why not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// An address that keys may not come from.
    #[error("{0} is neither a file nor an https:// address (http:// only of this machine)")]
    Address(String),
    /// Neither a secret nor keys.
    #[error("there is neither a secret nor a key set to check tokens with")]
    NoKeys,
}

/// What is wrong with a key set.
#[derive(Debug, Clone, Copy, Error)]
#[error("{0}")]
pub(crate) struct Unusable(pub(crate) &'static str);
