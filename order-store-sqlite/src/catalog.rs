//! Products and their stock.

use std::slice;

use async_trait::async_trait;
use order_core::{
    Product, ProductId, Timestamp,
    catalog::Stock,
    ports::{Catalog, CatalogChange, ProductPage, ProductQuery, StoreError},
    search::product_words,
};
use sqlx::{Row, SqliteConnection};

use crate::{
    SqliteStore,
    batch::list,
    error::from_sqlx,
    queries::match_of,
    rows::{product, product_columns},
    store::unexpected,
    writer::{Done, Task},
};

pub(crate) const PRODUCTS: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM order_product WHERE id IN (SELECT value FROM json_each(?1))"
);

pub(crate) const INSERT: &str = "
    INSERT INTO order_product (id, name, description, price, currency, stock, category, version,
        created_at, updated_at, backorder)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT (id) DO NOTHING
    RETURNING seq";

/// The condition on the stock is the last guard; it was looked at under the write lock.
pub(crate) const REPLACE: &str = "
    UPDATE order_product SET name = ?2, description = ?3, price = ?4, currency = ?5,
        stock = iif(?12, ?6, stock), category = ?7, version = ?8, created_at = ?9, updated_at = ?10,
        backorder = ?11
    WHERE id = ?1 AND version = ?8 - 1 AND (?11 OR coalesce(iif(?12, ?6, stock), 0) >= 0)
    RETURNING seq";

pub(crate) const REMOVE: &str = "
    DELETE FROM order_product WHERE id = ?1 AND version = ?2 AND coalesce(stock, 0) >= 0
    RETURNING seq";

/// The version and the level that a refused change met.
pub(crate) const LOOK_UP: &str =
    "SELECT version, coalesce(stock, 0) FROM order_product WHERE id = ?1";

pub(crate) const FORGET_WORDS: &str = "DELETE FROM order_product_search WHERE rowid = ?1";
pub(crate) const WRITE_WORDS: &str =
    "INSERT INTO order_product_search (rowid, words) VALUES (?1, ?2)";

/// The condition is the last guard; the level was counted under the write lock.
pub(crate) const SET_STOCK: &str = "
    UPDATE order_product SET stock = ?2, updated_at = ?3 WHERE id = ?1 AND (?2 >= 0 OR backorder)";

macro_rules! page {
    ($from:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            product_columns!(),
            " FROM ",
            $from,
            " WHERE ",
            $condition,
            " AND id > ?1 ORDER BY id LIMIT ?2"
        )
    };
}

pub(crate) const PAGE: &str = page!("order_product", "(?3 IS NULL AND ?4 IS NULL)");
pub(crate) const PAGE_OF_CATEGORY: &str =
    page!("order_product INDEXED BY order_product_by_category", "(category = ?3 AND ?4 IS NULL)");
pub(crate) const PAGE_OF_WORDS: &str = page!(
    "order_product_search CROSS JOIN order_product \
     ON order_product.seq = order_product_search.rowid",
    "order_product_search MATCH ?4 AND (?3 IS NULL OR category = ?3)"
);

/// Those of low stock, which a partial index holds: the lowest first.
pub(crate) const PAGE_OF_LOW: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM order_product INDEXED BY order_product_low
    WHERE stock < 1000 AND stock < ?5 AND (stock, id) > (?6, ?1) AND (?3 IS NULL OR category = ?3)
        AND (?4 IS NULL OR seq IN (SELECT rowid FROM order_product_search
            WHERE order_product_search MATCH ?4))
    ORDER BY stock, id LIMIT ?2"
);

/// Inserts or replaces a product. The write lock must be held.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    product: &Product,
    with_stock: bool,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    let is_new = product.version == 1;
    let Ok(version) = i64::try_from(product.version) else {
        return Ok(Err(StoreError::ProductConflict));
    };
    if let (true, Some(stock)) = (is_new || with_stock, product.counted())
        && let Err(owed) = stock.check(&product.id)
    {
        return Ok(Err(owed));
    }
    let query = sqlx::query_scalar(if is_new { INSERT } else { REPLACE })
        .bind(product.id.shared())
        .bind(product.name.shared())
        .bind(product.description.as_deref())
        .bind(product.price.minor())
        .bind(product.price.currency().code())
        .bind(product.stock)
        .bind(product.category.as_ref().map(order_core::Category::shared))
        .bind(version)
        .bind(product.created_at.millis())
        .bind(product.updated_at.millis())
        .bind(product.backorder);
    let query = if is_new { query } else { query.bind(with_stock) };
    let seq: i64 = match query.fetch_optional(&mut *connection).await? {
        Some(seq) => seq,
        None => return why_not(connection, &product.id, version - 1).await.map(Err),
    };
    if !is_new {
        sqlx::query(FORGET_WORDS).bind(seq).execute(&mut *connection).await?;
    }
    let words = product_words(product);
    sqlx::query(WRITE_WORDS).bind(seq).bind(words).execute(&mut *connection).await?;
    Ok(Ok(()))
}

/// Removes a product, and what it is found by. The write lock must be held.
pub(crate) async fn remove(
    connection: &mut SqliteConnection,
    id: &ProductId,
    version: u64,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    let Ok(version) = i64::try_from(version) else {
        return Ok(Err(StoreError::ProductConflict));
    };
    let query = sqlx::query_scalar(REMOVE).bind(id.shared()).bind(version);
    let seq: i64 = match query.fetch_optional(&mut *connection).await? {
        Some(seq) => seq,
        None => return why_not(connection, id, version).await.map(Err),
    };
    sqlx::query(FORGET_WORDS).bind(seq).execute(&mut *connection).await?;
    Ok(Ok(()))
}

/// Why a change of a product from this version changed nothing.
async fn why_not(
    connection: &mut SqliteConnection,
    id: &ProductId,
    version: i64,
) -> Result<StoreError, sqlx::Error> {
    let query = sqlx::query(LOOK_UP).bind(id.shared());
    let Some(row) = query.fetch_optional(&mut *connection).await? else {
        return Ok(StoreError::ProductConflict);
    };
    let level: i64 = row.try_get(1)?;
    let owed = Stock { level, backorder: false }.check(id);
    Ok(match owed {
        Err(owed) if row.try_get::<i64, _>(0)? == version => owed,
        _ => StoreError::ProductConflict,
    })
}

/// Changes a stock and gives the product as it is then. The write lock must be held.
pub(crate) async fn move_stock(
    connection: &mut SqliteConnection,
    id: &ProductId,
    delta: i64,
    at: Timestamp,
) -> Result<Result<Option<Box<Product>>, StoreError>, sqlx::Error> {
    let query = sqlx::query(PRODUCTS).bind(list(slice::from_ref(id))?);
    let Some(row) = query.fetch_optional(&mut *connection).await? else {
        return Ok(Ok(None));
    };
    let moved = product(&row).and_then(|present| {
        let stock = Stock { level: present.stock.unwrap_or(0), backorder: present.backorder };
        let level = stock.after(id, delta)?;
        Ok(Product { stock: Some(level), updated_at: at, ..present })
    });
    if let Ok(product) = &moved {
        let query = sqlx::query(SET_STOCK).bind(id.shared()).bind(product.stock).bind(at.millis());
        query.execute(&mut *connection).await?;
    }
    Ok(moved.map(|product| Some(Box::new(product))))
}

/// Does a change of any kind. The write lock must be held.
pub(crate) async fn change(
    connection: &mut SqliteConnection,
    change: &CatalogChange,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    match change {
        CatalogChange::Put { product, with_stock } => write(connection, product, *with_stock).await,
        CatalogChange::MoveStock { id, delta, at } => {
            let moved = move_stock(connection, id, *delta, *at).await?;
            Ok(moved.and_then(|product| product.map(|_| ()).ok_or(StoreError::ProductConflict)))
        }
        CatalogChange::Remove { id, version } => remove(connection, id, *version).await,
        CatalogChange::Nothing => Ok(Ok(())),
    }
}

#[async_trait]
impl Catalog for SqliteStore {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        let query = sqlx::query(PRODUCTS).bind(list(ids).map_err(from_sqlx)?);
        let rows = query.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        rows.iter().map(product).collect()
    }

    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        let task = Task::PutProduct { product: Box::new(product.clone()), with_stock };
        self.write(task).await.map(|_| ())
    }

    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        match self.write(Task::ChangeStock { id: id.clone(), delta, at }).await? {
            Done::Product(product) => Ok(product.map(|product| *product)),
            _ => Err(unexpected()),
        }
    }

    async fn remove_product(&self, id: &ProductId, version: u64) -> Result<(), StoreError> {
        self.write(Task::RemoveProduct { id: id.clone(), version }).await.map(|_| ())
    }

    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        let words = match_of(&query.words);
        let statement = match (query.stock_below, &words, &query.category) {
            (Some(_), ..) => PAGE_OF_LOW,
            (None, Some(_), _) => PAGE_OF_WORDS,
            (None, None, Some(_)) => PAGE_OF_CATEGORY,
            (None, None, None) => PAGE,
        };
        let limit = query.limit as usize;
        let asked = sqlx::query(statement)
            .bind(query.after.as_ref().map_or("", |place| place.id.as_str()))
            .bind(i64::from(query.limit) + 1)
            .bind(query.category.as_ref().map(order_core::Category::shared))
            .bind(words);
        let asked = match query.stock_below {
            Some(below) => asked.bind(below).bind(query.level_after()),
            None => asked,
        };
        let rows = asked.fetch_all(self.reads()).await.map_err(from_sqlx)?;
        let more = rows.len() > limit;
        let products = rows.iter().take(limit).map(product).collect::<Result<_, _>>()?;
        Ok(ProductPage { products, more })
    }
}
