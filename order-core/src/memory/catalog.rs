//! Products and their stock.

use async_trait::async_trait;

use super::{
    InMemoryStore,
    tables::{Tables, after},
};
use crate::{
    Product, ProductId, Timestamp,
    catalog::Stock,
    ports::{Catalog, CatalogChange, ProductPage, ProductQuery, StoreError},
    search,
};

impl Tables {
    fn put_product(&mut self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        let present = self.products.get(&product.id);
        if product.version != present.map_or(0, |present| present.version) + 1 {
            return Err(StoreError::ProductConflict);
        }
        let stock = match present {
            Some(present) if !with_stock => present.stock,
            _ => product.stock,
        };
        let product = Product { stock, ..product.clone() };
        product.counted().map_or(Ok(()), |stock| stock.check(&product.id))?;
        self.products.insert(product.id.clone(), product);
        Ok(())
    }

    fn change_stock(
        &mut self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        let Some(product) = self.products.get_mut(id) else {
            return Ok(None);
        };
        let stock = Stock { level: product.stock.unwrap_or(0), backorder: product.backorder };
        let level = stock.after(&product.id, delta)?;
        product.stock = Some(level);
        product.updated_at = at;
        Ok(Some(product.clone()))
    }

    fn remove_product(&mut self, id: &ProductId, version: u64) -> Result<(), StoreError> {
        let Some(product) = self.products.get(id).filter(|it| it.version == version) else {
            return Err(StoreError::ProductConflict);
        };
        Stock { level: product.stock.unwrap_or(0), backorder: false }.check(id)?;
        self.products.remove(id);
        Ok(())
    }

    pub(super) fn change_catalog(&mut self, change: &CatalogChange) -> Result<(), StoreError> {
        match change {
            CatalogChange::Put { product, with_stock } => self.put_product(product, *with_stock),
            CatalogChange::MoveStock { id, delta, at } => {
                let moved = self.change_stock(id, *delta, *at)?;
                moved.map(|_| ()).ok_or(StoreError::ProductConflict)
            }
            CatalogChange::Remove { id, version } => self.remove_product(id, *version),
            CatalogChange::Nothing => Ok(()),
        }
    }
}

#[async_trait]
impl Catalog for InMemoryStore {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let tables = self.tables();
        Ok(ids.iter().filter_map(|id| tables.products.get(id).cloned()).collect())
    }

    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        self.tables().put_product(product, with_stock)
    }

    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        self.tables().change_stock(id, delta, at)
    }

    async fn remove_product(&self, id: &ProductId, version: u64) -> Result<(), StoreError> {
        self.tables().remove_product(id, version)
    }

    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        let tables = self.tables();
        let fits = |product: &Product| {
            query.category.as_ref().is_none_or(|wanted| product.category.as_ref() == Some(wanted))
                && (query.words.is_empty()
                    || search::matches(&search::product_words(product), &query.words))
        };
        let Some(below) = query.stock_below else {
            let place = query.after.as_ref().map(|place| &place.id);
            let rest = after(&tables.products, place).map(|(_, product)| product);
            return Ok(page(rest.filter(|product| fits(product)), query.limit));
        };
        let key = |product: &Product| (product.stock, product.id.clone());
        let place = query.after.clone().map(|place| (place.level, place.id));
        let is_low = |product: &&Product| {
            product.stock.is_some_and(|level| level < below)
                && place.as_ref().is_none_or(|place| key(product) > *place)
        };
        let mut low: Vec<_> = tables.products.values().filter(is_low).collect();
        low.sort_unstable_by_key(|product| key(product));
        Ok(page(low.into_iter().filter(|product| fits(product)), query.limit))
    }
}

fn page<'a>(mut rest: impl Iterator<Item = &'a Product>, limit: u32) -> ProductPage {
    let products = rest.by_ref().take(limit as usize).cloned().collect();
    ProductPage { products, more: rest.next().is_some() }
}
