//! Catalogue and stock.

use async_graphql::{Context, ID, Object};
use order_core::{NewProduct, ProductChange};

use super::COST;
use crate::{
    error::ApiError,
    extract::reread,
    graphql::{
        caller::Caller,
        input::{ProductInput, UpdateProductInput},
        product::Product,
        query::product_id,
        scalar::Long,
    },
};

/// Catalogue and stock.
#[derive(Debug, Default)]
pub(crate) struct Products;

#[Object]
impl Products {
    /// Adds a product.
    #[graphql(complexity = "COST + child_complexity")]
    async fn add_product(
        &self,
        ctx: &Context<'_>,
        input: ProductInput,
    ) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let product = reread::<NewProduct>(&input)?;
            Ok(call.orders.add_product(&call.who, product).await?.into())
        };
        Some(answer.await)
    }

    /// Changes a product.
    #[graphql(complexity = "COST + child_complexity")]
    async fn update_product(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateProductInput,
        expected_version: Option<u64>,
    ) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let (id, change) = (product_id(&id)?, reread::<ProductChange>(&input)?);
            let product =
                call.orders.change_product(&call.who, &id, change, expected_version).await?;
            Ok(product.into())
        };
        Some(answer.await)
    }

    /// Removes a product from the catalogue. Orders keep their lines.
    #[graphql(complexity = "COST + child_complexity")]
    async fn remove_product(
        &self,
        ctx: &Context<'_>,
        id: ID,
        expected_version: Option<u64>,
    ) -> Option<Result<ID, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            call.orders.remove_product(&call.who, &product_id(&id)?, expected_version).await?;
            Ok(id)
        };
        Some(answer.await)
    }

    /// Adds to a product's stock, or with a minus takes from it.
    #[graphql(complexity = "COST + child_complexity")]
    async fn change_stock(
        &self,
        ctx: &Context<'_>,
        id: ID,
        quantity: Long,
    ) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let product =
                call.orders.change_stock(&call.who, &product_id(&id)?, quantity.0).await?;
            Ok(product.into())
        };
        Some(answer.await)
    }
}
