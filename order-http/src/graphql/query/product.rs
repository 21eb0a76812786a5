//! The catalogue.

use async_graphql::{
    Context, ID, InputObject, Object,
    connection::{Connection, Edge},
};
use order_core::{
    ProductId,
    ports::{ProductPage, ProductPlace, ProductQuery},
    search,
};

use super::{Entity, FIRST_DEFAULT, checked, page_cost, product_id};
use crate::{
    error::ApiError,
    extract::{product_cursor, read_product_cursor},
    graphql::{caller::Caller, product::Product, scalar::Long},
};

/// Which products to list. Everything given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ProductFilter {
    /// Those of a category.
    category: Option<String>,
    /// Those with every one of these words at the beginning of a word: id, name.
    q: Option<String>,
    /// Those of which less than so many are left, at most 1000; the lowest first.
    stock_below: Option<Long>,
}

/// The catalogue.
#[derive(Debug, Default)]
pub(crate) struct ProductQueries;

#[Object]
impl ProductQueries {
    /// A product.
    async fn product(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let product = call.orders.product(&call.who, &product_id(&id)?).await?;
            Ok(product.into())
        };
        Some(answer.await)
    }

    /// Products, a page at a time.
    #[graphql(complexity = "page_cost(first, FIRST_DEFAULT, child_complexity)")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        filter: Option<ProductFilter>,
        #[graphql(desc = "How many: 1 to 200, 20 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Option<Result<Connection<String, Product>, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let ProductFilter { category, q, stock_below } = filter.unwrap_or_default();
            let category = category.map(|text| checked(&text, "/category")).transpose()?;
            let is_low = stock_below.is_some();
            let after =
                after.as_deref().map(|text| read_product_cursor(is_low, text)).transpose()?;
            let is_first = after.is_none();
            let query = ProductQuery {
                category,
                words: q.as_deref().map(search::words).unwrap_or_default(),
                stock_below: stock_below.map(|level| level.0),
                after,
                limit: first.unwrap_or(FIRST_DEFAULT),
            };
            let ProductPage { products, more } = call.orders.products(&call.who, query).await?;
            let mut page = Connection::new(!is_first, more);
            page.edges.extend(products.into_iter().map(|product| {
                let level = product.stock.filter(|_| is_low);
                let place = ProductPlace { level, id: product.id.clone() };
                Edge::new(product_cursor(&place), product.into())
            }));
            Ok(page)
        };
        Some(answer.await)
    }

    /// The product of an id, for a gateway.
    #[graphql(entity)]
    async fn product_of_id(&self, ctx: &Context<'_>, id: ID) -> Entity<Product> {
        Caller::of(ctx)?.count_entity(ctx)?;
        Ok(ProductId::try_from(id.as_str()).ok().map(Product::named))
    }
}
