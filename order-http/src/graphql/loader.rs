//! What is read at once because it is asked for at once.

use std::{collections::HashMap, future::ready, sync::Arc};

use async_graphql::dataloader::Loader;
use futures::{StreamExt, TryStreamExt, stream};
use order_core::{ErrorKind, Orders, Principal, Product, ProductId, ports::OrderView};

use crate::{access::signed_in, error::ApiError};

/// How many orders are read at the same time. A store may put them into one statement.
const AT_ONCE: usize = 64;

/// Products of the catalogue: one look for all.
#[derive(Debug)]
pub(super) struct ProductsById {
    pub(super) orders: Arc<dyn Orders>,
    pub(super) who: Option<Principal>,
}

impl Loader<ProductId> for ProductsById {
    type Value = Product;
    type Error = ApiError;

    async fn load(&self, ids: &[ProductId]) -> Result<HashMap<ProductId, Product>, ApiError> {
        let who = signed_in(self.who.as_ref())?;
        let products = self.orders.products_by_id(who, ids).await?;
        Ok(products.into_iter().map(|product| (product.id.clone(), product)).collect())
    }
}

/// Orders that the caller may see.
#[derive(Debug)]
pub(super) struct OrdersById {
    pub(super) orders: Arc<dyn Orders>,
    pub(super) who: Option<Principal>,
}

impl OrdersById {
    /// The order of an id, not of a number.
    async fn find(&self, id: &str) -> Result<Option<(String, OrderView)>, ApiError> {
        let who = signed_in(self.who.as_ref())?;
        match self.orders.order(who, id, None).await {
            Ok(view) if *view.order.id() == id => Ok(Some((id.to_owned(), view))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Loader<String> for OrdersById {
    type Value = OrderView;
    type Error = ApiError;

    async fn load(&self, ids: &[String]) -> Result<HashMap<String, OrderView>, ApiError> {
        let finds = ids.iter().map(|id| self.find(id)).collect::<Vec<_>>();
        let found = stream::iter(finds).buffer_unordered(AT_ONCE);
        found.try_filter_map(|found| ready(Ok(found))).try_collect().await
    }
}
