//! Products and their stock.

use async_trait::async_trait;

use super::{InMemoryStore, tables::after};
use crate::{
    Product, ProductId, Timestamp,
    catalog::level_after,
    ports::{Catalog, ProductPage, ProductQuery, StoreError},
    search,
};

#[async_trait]
impl Catalog for InMemoryStore {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let tables = self.tables();
        Ok(ids.iter().filter_map(|id| tables.products.get(id).cloned()).collect())
    }

    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let present = tables.products.get(&product.id);
        if product.version != present.map_or(0, |present| present.version) + 1 {
            return Err(StoreError::ProductConflict);
        }
        let stock = match present {
            Some(present) if !with_stock => present.stock,
            _ => product.stock,
        };
        tables.products.insert(product.id.clone(), Product { stock, ..product.clone() });
        Ok(())
    }

    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        let mut tables = self.tables();
        let Some(product) = tables.products.get_mut(id) else {
            return Ok(None);
        };
        let level = level_after(&product.id, product.stock.unwrap_or(0), delta)?;
        product.stock = Some(level);
        product.updated_at = at;
        Ok(Some(product.clone()))
    }

    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        let tables = self.tables();
        let fits = |product: &Product| {
            query.category.as_ref().is_none_or(|wanted| product.category.as_ref() == Some(wanted))
                && (query.words.is_empty()
                    || search::matches(&search::product_words(product), &query.words))
        };
        let rest = after(&tables.products, query.after.as_ref()).map(|(_, product)| product);
        let mut rest = rest.filter(|product| fits(product));
        let products: Vec<_> = rest.by_ref().take(query.limit as usize).cloned().collect();
        let more = rest.next().is_some();
        Ok(ProductPage { products, more })
    }
}
