//! A product service.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use order_core::{
    Category, Currency, Money, Name, Product, ProductId, Timestamp,
    catalog::{DESCRIPTION_MAX, STOCK_MAX},
    ports::{ProductLookup, RemoteError},
};
use serde::Deserialize;

use crate::{
    client::{Answer, Client},
    error::{Fault, SettingsError},
    settings::Settings,
};

/// How many products of one call are asked for at the same time.
const AT_ONCE_MAX: usize = 8;
const NOT_FOUND: u16 = 404;

/// Products of a service that speaks `openapi/products.yaml`.
#[derive(Debug, Clone)]
pub struct HttpProducts(Client);

impl HttpProducts {
    /// A client of the service; nothing is sent yet.
    ///
    /// # Errors
    /// [`SettingsError::Client`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Client::new("product", settings).map(Self)
    }

    async fn product(&self, id: &ProductId) -> Result<Option<Product>, RemoteError> {
        // No service can be asked for such an id, so none has it.
        let Some(request) = self.0.get(&["products", id.as_str()]) else {
            return Ok(None);
        };
        self.0.send(&request, |status| status == NOT_FOUND, |answer| read(id, answer)).await
    }
}

/// What is read of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProductBody {
    id: ProductId,
    name: Name,
    #[serde(default)]
    description: Option<String>,
    price: String,
    currency: Currency,
    #[serde(default)]
    stock: Option<i64>,
    #[serde(default)]
    backorder: bool,
    #[serde(default)]
    category: Option<Category>,
    #[serde(default)]
    version: u64,
    #[serde(default)]
    created_at: Option<Timestamp>,
    #[serde(default)]
    updated_at: Option<Timestamp>,
}

fn read(id: &ProductId, answer: &Answer) -> Result<Option<Product>, Fault> {
    if answer.status == NOT_FOUND {
        return Ok(None);
    }
    let body: ProductBody = answer.json()?;
    if body.id != *id {
        return Err(Fault::unreadable("it is about another product"));
    }
    let price = Money::parse(&body.price, body.currency)
        .map_err(|error| Fault::unreadable(error.to_string()))?;
    if price.is_negative() {
        return Err(Fault::unreadable("the price is negative"));
    }
    let lowest = if body.backorder { -STOCK_MAX } else { 0 };
    if body.stock.is_some_and(|stock| !(lowest..=STOCK_MAX).contains(&stock)) {
        return Err(Fault::unreadable("the stock is out of range"));
    }
    let epoch = Timestamp::from_millis(0);
    Ok(Some(Product {
        id: body.id,
        name: body.name,
        description: body.description.filter(|text| text.len() <= DESCRIPTION_MAX),
        price,
        stock: body.stock,
        backorder: body.backorder,
        category: body.category,
        version: body.version,
        created_at: body.created_at.unwrap_or(epoch),
        updated_at: body.updated_at.unwrap_or(epoch),
    }))
}

#[async_trait]
impl ProductLookup for HttpProducts {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, RemoteError> {
        let ids: BTreeSet<ProductId> = ids.iter().cloned().collect();
        let asked = ids.into_iter().map(|id| async move { self.product(&id).await });
        let found = stream::iter(asked).buffer_unordered(AT_ONCE_MAX);
        found.try_filter_map(|product| async move { Ok(product) }).try_collect().await
    }
}
