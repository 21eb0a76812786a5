//! The secret that signs our own tokens.

use std::{fmt, fs, path::Path, sync::Arc};

use crate::error::AuthError;

/// As many bytes as what is signed with it has (RFC 7518, 3.2): a shorter secret is easier to guess
/// than to break.
pub const SECRET_BYTES_GOOD: usize = 32;

/// A secret. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<[u8]>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A secret of these bytes.
    ///
    /// # Errors
    /// [`AuthError::EmptySecret`].
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, AuthError> {
        let bytes = bytes.as_ref();
        if bytes.is_empty() { Err(AuthError::EmptySecret) } else { Ok(Self(bytes.into())) }
    }

    /// The secret in a file, without the line end after it.
    ///
    /// # Errors
    /// [`AuthError::File`], [`AuthError::EmptySecret`].
    pub fn read(path: &Path) -> Result<Self, AuthError> {
        let read = fs::read(path);
        let bytes = read.map_err(|source| AuthError::File { path: path.to_owned(), source })?;
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        Self::new(bytes.strip_suffix(b"\r").unwrap_or(bytes))
    }

    /// Whether it is shorter than it should be.
    pub fn is_weak(&self) -> bool {
        self.0.len() < SECRET_BYTES_GOOD
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
