//! What other services know: products and customers.

use std::fmt::Debug;

use async_trait::async_trait;

use super::remote::RemoteError;
use crate::{CustomerId, Product, ProductId};

/// A product service: what is sold, at which price, and how much of it is left.
#[async_trait]
pub trait ProductLookup: Debug + Send + Sync {
    /// The known ones among these products, in any order. Their stock is what is left as far as the
    /// service says it.
    ///
    /// # Errors
    /// [`RemoteError`].
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, RemoteError>;
}

/// A user service: who is a customer.
#[async_trait]
pub trait CustomerLookup: Debug + Send + Sync {
    /// Whether there is such a customer.
    ///
    /// # Errors
    /// [`RemoteError`].
    async fn exists(&self, id: &CustomerId) -> Result<bool, RemoteError>;
}
