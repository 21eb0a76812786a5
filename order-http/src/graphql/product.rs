//! A product as GraphQL shows it.

use async_graphql::{Context, ID, Object};
use order_core::ProductId;

use super::{
    caller::Caller,
    part::of_text,
    scalar::{DateTime, Decimal, Long},
};
use crate::error::ApiError;

/// A product. What is not in the catalogue of this service, or not any more, has an id and nothing else:
/// another subgraph may know more of it.
#[derive(Debug)]
pub(super) struct Product {
    id: ProductId,
    /// The product, if it was read already.
    read: Option<order_core::Product>,
}

impl Product {
    /// The product of this id; it is read when something of it is asked for.
    pub(super) const fn named(id: ProductId) -> Self {
        Self { id, read: None }
    }

    async fn of<T>(
        &self,
        ctx: &Context<'_>,
        what: impl FnOnce(&order_core::Product) -> T,
    ) -> Result<Option<T>, ApiError> {
        if let Some(product) = &self.read {
            return Ok(Some(what(product)));
        }
        let product = Caller::of(ctx)?.product(self.id.clone()).await?;
        Ok(product.as_ref().map(what))
    }
}

impl From<order_core::Product> for Product {
    fn from(product: order_core::Product) -> Self {
        Self { id: product.id.clone(), read: Some(product) }
    }
}

// Another subgraph may say the same of products.
#[Object(shareable)]
impl Product {
    /// Names the product.
    async fn id(&self) -> ID {
        of_text(&self.id)
    }

    /// What people call it.
    async fn name(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        self.of(ctx, |product| product.name.to_string()).await.transpose()
    }

    /// What it is.
    async fn description(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        self.of(ctx, |product| product.description.clone()).await.map(Option::flatten).transpose()
    }

    /// The price of one unit.
    async fn price(&self, ctx: &Context<'_>) -> Option<Result<Decimal, ApiError>> {
        self.of(ctx, |product| product.price.into()).await.transpose()
    }

    /// The price's ISO 4217 currency.
    async fn currency(&self, ctx: &Context<'_>) -> Option<Result<&'static str, ApiError>> {
        self.of(ctx, |product| product.price.currency().code()).await.transpose()
    }

    /// Units that can be sold; null if they are not counted. Below zero, so many units are owed.
    async fn stock(&self, ctx: &Context<'_>) -> Option<Result<Long, ApiError>> {
        self.of(ctx, |product| product.stock.map(Long)).await.map(Option::flatten).transpose()
    }

    /// Whether it sells on when nothing is left.
    async fn backorder(&self, ctx: &Context<'_>) -> Option<Result<bool, ApiError>> {
        self.of(ctx, |product| product.backorder).await.transpose()
    }

    /// What kind of product it is.
    async fn category(&self, ctx: &Context<'_>) -> Option<Result<String, ApiError>> {
        let category =
            |product: &order_core::Product| product.category.as_ref().map(ToString::to_string);
        self.of(ctx, category).await.map(Option::flatten).transpose()
    }

    /// How often it was written, not counting changes of stock: the `expectedVersion` of the next change.
    async fn version(&self, ctx: &Context<'_>) -> Option<Result<u64, ApiError>> {
        self.of(ctx, |product| product.version).await.transpose()
    }

    /// When it was first written.
    async fn created_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime, ApiError>> {
        self.of(ctx, |product| product.created_at.into()).await.transpose()
    }

    /// When it, or its stock, was last written.
    async fn updated_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime, ApiError>> {
        self.of(ctx, |product| product.updated_at.into()).await.transpose()
    }
}
