//! Products and their stock. Each change is one statement, so it is whole or not at all.

use async_trait::async_trait;
use order_core::{
    Product, ProductId, Timestamp,
    catalog::{STOCK_MAX, Stock},
    ports::{Catalog, CatalogChange, ProductPage, ProductQuery, StoreError},
    search::product_words,
};
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    PgOrderStore,
    error::from_sqlx,
    queries::words_to_find,
    reader::{Ask, Found},
    rows::{product, product_columns},
    schema::Schema,
    store::unexpected,
};

/// How often a change is tried again that others were faster with.
const ATTEMPTS_MAX: u32 = 64;

pub(crate) const PRODUCTS: &str =
    concat!("SELECT ", product_columns!(), " FROM order_store.order_product WHERE id = ANY ($1)");

pub(crate) const INSERT: &str = "
    INSERT INTO order_store.order_product (id, name, description, price, currency, stock, category,
        version, created_at, updated_at, words, backorder)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (id) DO NOTHING";

pub(crate) const REPLACE: &str = "
    UPDATE order_store.order_product SET name = $2, description = $3, price = $4, currency = $5,
        stock = CASE WHEN $13 THEN $6 ELSE stock END, category = $7, version = $8, created_at = $9,
        updated_at = $10, words = $11, backorder = $12
    WHERE id = $1 AND version = $8 - 1
        AND ($12 OR coalesce(CASE WHEN $13 THEN $6 ELSE stock END, 0) >= 0)";

pub(crate) const REMOVE: &str = "
    DELETE FROM order_store.order_product
    WHERE id = $1 AND version = $2 AND coalesce(stock, 0) >= 0";

/// The version and the level that a refused change met.
pub(crate) const LOOK_UP: &str =
    "SELECT version, coalesce(stock, 0) FROM order_store.order_product WHERE id = $1";

pub(crate) const CHANGE_STOCK: &str = concat!(
    "UPDATE order_store.order_product SET stock = coalesce(stock, 0) + $2, updated_at = $3
    WHERE id = $1 AND $2 BETWEEN CASE WHEN backorder THEN -$4::bigint ELSE 0 END - coalesce(stock, 0)
        AND $4 - coalesce(stock, 0) RETURNING ",
    product_columns!()
);

macro_rules! page {
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT ",
            product_columns!(),
            " FROM order_store.order_product WHERE ",
            $condition,
            " AND id > $1 ORDER BY ",
            $order,
            " LIMIT $2"
        )
    };
}

pub(crate) const PAGE: &str =
    page!("$3::text IS NULL AND $4::text[] IS NULL AND $5::text IS NULL", "id");
/// An array of one, so that only the index of categories seems to have the order.
pub(crate) const PAGE_OF_CATEGORY: &str =
    page!("category = ANY (ARRAY[$3]) AND $4::text[] IS NULL AND $5::text IS NULL", "category, id");
pub(crate) const PAGE_OF_WORDS: &str =
    page!("words LIKE $5 AND words LIKE ALL ($4) AND ($3::text IS NULL OR category = $3)", "id");

/// Those of low stock, which a partial index holds: the lowest first.
pub(crate) const PAGE_OF_LOW: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM order_store.order_product
    WHERE low_stock < $5 AND (low_stock, id) > ($6, $1) AND ($3::text IS NULL OR category = $3)
        AND ($4::text[] IS NULL OR words LIKE ALL ($4))
    ORDER BY low_stock, id LIMIT $2"
);

/// The rows of known products.
pub(crate) async fn rows_of<'a>(
    schema: &Schema,
    connection: &mut PgConnection,
    ids: impl Iterator<Item = &'a ProductId>,
) -> Result<Vec<PgRow>, sqlx::Error> {
    let mut ids: Vec<&str> = ids.map(ProductId::as_str).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    ids.sort_unstable();
    ids.dedup();
    sqlx::query(schema.sql(PRODUCTS)).bind(ids).fetch_all(connection).await
}

/// Inserts or replaces a product.
pub(crate) async fn put(
    schema: &Schema,
    connection: &mut PgConnection,
    product: &Product,
    with_stock: bool,
) -> Result<(), StoreError> {
    let version = i64::try_from(product.version).map_err(|_| StoreError::ProductConflict)?;
    if let (true, Some(stock)) = (version == 1 || with_stock, product.counted()) {
        stock.check(&product.id)?;
    }
    for _ in 0..ATTEMPTS_MAX {
        if write(schema, connection, product, version, with_stock).await? {
            return Ok(());
        }
        why_not(schema, connection, &product.id, version - 1).await?;
        // It would fit by now.
    }
    Err(StoreError::Overloaded)
}

async fn write(
    schema: &Schema,
    connection: &mut PgConnection,
    product: &Product,
    version: i64,
    with_stock: bool,
) -> Result<bool, StoreError> {
    let is_new = version == 1;
    let query = sqlx::query(schema.sql(if is_new { INSERT } else { REPLACE }))
        .bind(product.id.as_str())
        .bind(product.name.as_str())
        .bind(product.description.as_deref())
        .bind(product.price.minor())
        .bind(product.price.currency().code())
        .bind(product.stock)
        .bind(product.category.as_ref().map(order_core::Category::as_str))
        .bind(version)
        .bind(product.created_at.millis())
        .bind(product.updated_at.millis())
        .bind(format!(" {}", product_words(product)))
        .bind(product.backorder);
    let query = if is_new { query } else { query.bind(with_stock) };
    Ok(query.execute(connection).await.map_err(from_sqlx)?.rows_affected() == 1)
}

/// Removes a product of this version.
pub(crate) async fn remove(
    schema: &Schema,
    connection: &mut PgConnection,
    id: &ProductId,
    version: u64,
) -> Result<(), StoreError> {
    let version = i64::try_from(version).map_err(|_| StoreError::ProductConflict)?;
    for _ in 0..ATTEMPTS_MAX {
        let query = sqlx::query(schema.sql(REMOVE)).bind(id.as_str()).bind(version);
        let done = query.execute(&mut *connection).await.map_err(from_sqlx)?;
        if done.rows_affected() == 1 {
            return Ok(());
        }
        why_not(schema, connection, id, version).await?;
        // It could go by now.
    }
    Err(StoreError::Overloaded)
}

/// Fails with the reason why a change of a product from this version changed nothing, unless that has
/// gone.
async fn why_not(
    schema: &Schema,
    connection: &mut PgConnection,
    id: &ProductId,
    version: i64,
) -> Result<(), StoreError> {
    let query = sqlx::query(schema.sql(LOOK_UP)).bind(id.as_str());
    let row = query.fetch_optional(connection).await.map_err(from_sqlx)?;
    let row = row.ok_or(StoreError::ProductConflict)?;
    if row.try_get::<i64, _>(0).map_err(from_sqlx)? != version {
        return Err(StoreError::ProductConflict);
    }
    let level = row.try_get(1).map_err(from_sqlx)?;
    Stock { level, backorder: false }.check(id)
}

/// Changes a stock and gives the product as it is then.
pub(crate) async fn change_stock(
    schema: &Schema,
    connection: &mut PgConnection,
    id: &ProductId,
    delta: i64,
    at: Timestamp,
) -> Result<Option<Product>, StoreError> {
    for _ in 0..ATTEMPTS_MAX {
        let query = sqlx::query(schema.sql(CHANGE_STOCK))
            .bind(id.as_str())
            .bind(delta)
            .bind(at.millis())
            .bind(STOCK_MAX);
        let changed = query.fetch_optional(&mut *connection).await.map_err(from_sqlx)?;
        if let Some(row) = changed {
            return product(&row).map(Some);
        }
        let rows = rows_of(schema, connection, std::iter::once(id)).await.map_err(from_sqlx)?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let present = product(row)?;
        let stock = Stock { level: present.stock.unwrap_or(0), backorder: present.backorder };
        stock.after(id, delta)?;
        // It would fit by now.
    }
    Err(StoreError::Overloaded)
}

/// Does a change of any kind.
pub(crate) async fn change(
    schema: &Schema,
    connection: &mut PgConnection,
    change: &CatalogChange,
) -> Result<(), StoreError> {
    match change {
        CatalogChange::Put { product, with_stock } => {
            put(schema, connection, product, *with_stock).await
        }
        CatalogChange::MoveStock { id, delta, at } => {
            let moved = change_stock(schema, connection, id, *delta, *at).await?;
            moved.map(|_| ()).ok_or(StoreError::ProductConflict)
        }
        CatalogChange::Remove { id, version } => remove(schema, connection, id, *version).await,
        CatalogChange::Nothing => Ok(()),
    }
}

/// A page of products.
pub(crate) async fn list(
    schema: &Schema,
    connection: impl sqlx::PgExecutor<'_>,
    query: &ProductQuery,
) -> Result<ProductPage, StoreError> {
    let words: Vec<String> = words_to_find(&query.words).map(|word| format!("% {word}%")).collect();
    let statement = match (query.stock_below, words.is_empty(), &query.category) {
        (Some(_), ..) => PAGE_OF_LOW,
        (None, false, _) => PAGE_OF_WORDS,
        (None, true, Some(_)) => PAGE_OF_CATEGORY,
        (None, true, None) => PAGE,
    };
    // An index serves one pattern: the longest leaves the fewest rows.
    let longest = words.iter().max_by_key(|word| word.len());
    let limit = query.limit as usize;
    let asked = sqlx::query(schema.sql(statement))
        .bind(query.after.as_ref().map_or("", |place| place.id.as_str()))
        .bind(i64::from(query.limit) + 1)
        .bind(query.category.as_ref().map(order_core::Category::as_str))
        .bind((!words.is_empty()).then_some(&words));
    let asked = match query.stock_below {
        Some(below) => asked.bind(below).bind(query.level_after()),
        None => asked.bind(longest),
    };
    let rows = asked.fetch_all(connection).await.map_err(from_sqlx)?;
    let more = rows.len() > limit;
    let products = rows.iter().take(limit).map(product).collect::<Result<_, _>>()?;
    Ok(ProductPage { products, more })
}

#[async_trait]
impl Catalog for PgOrderStore {
    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
        match self.ask(Ask::Products(ids.to_vec())).await? {
            Found::Products(products) => Ok(products),
            _ => Err(unexpected()),
        }
    }

    async fn put(&self, product: &Product, with_stock: bool) -> Result<(), StoreError> {
        let mut connection = self.pool().acquire().await.map_err(from_sqlx)?;
        put(self.schema(), &mut connection, product, with_stock).await
    }

    async fn change_stock(
        &self,
        id: &ProductId,
        delta: i64,
        at: Timestamp,
    ) -> Result<Option<Product>, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(from_sqlx)?;
        change_stock(self.schema(), &mut connection, id, delta, at).await
    }

    async fn remove_product(&self, id: &ProductId, version: u64) -> Result<(), StoreError> {
        let mut connection = self.pool().acquire().await.map_err(from_sqlx)?;
        remove(self.schema(), &mut connection, id, version).await
    }

    async fn list_products(&self, query: &ProductQuery) -> Result<ProductPage, StoreError> {
        list(self.schema(), self.pool(), query).await
    }
}
