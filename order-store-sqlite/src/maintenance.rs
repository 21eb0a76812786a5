//! Whether what serves reads still agrees with itself.

use std::collections::HashMap;

use async_trait::async_trait;
use order_core::{
    Order, OrderId, Recorded,
    ports::{Audited, Finding, Maintenance, StoreError},
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    batch::list,
    error::from_sqlx,
    rows::{self, Reading},
};

/// States with their columns, whether they are found by words, and what their refunds come to.
pub(crate) const STATES: &str = "
    SELECT s.id, s.version, s.state, s.number, s.customer_id, s.status, s.payment_status,
        s.fulfillment_status, s.return_status, s.currency, s.country, s.total, s.listed_at,
        s.updated_at, EXISTS (SELECT 1 FROM order_search f WHERE f.rowid = s.seq),
        (SELECT coalesce(sum(r.amount), 0) FROM order_refund r WHERE r.order_id = s.id)
    FROM order_state s WHERE s.id > ?1 ORDER BY s.id LIMIT ?2";

pub(crate) const EVENTS: &str = "
    SELECT order_id, version, ordinal, at, actor, event FROM order_event
    WHERE order_id > ?1 AND order_id <= ?2 ORDER BY order_id, version, ordinal";

/// Which of these products, times and orders are not in the index.
pub(crate) const MISSING_PRODUCTS: &str = "
    SELECT j.value ->> 2, j.value ->> 0 FROM json_each(?1) j
    WHERE NOT EXISTS (SELECT 1 FROM order_product_index x WHERE x.product_id = j.value ->> 0
        AND x.listed_at = j.value ->> 1 AND x.order_id = j.value ->> 2)";

pub(crate) const PING: &str = "SELECT coalesce(max(seq), 0) FROM order_state";

async fn read(
    connection: &mut SqliteConnection,
    after: &str,
    limit: u32,
) -> Result<Vec<Audited>, StoreError> {
    let query = sqlx::query(STATES).bind(after).bind(limit);
    let states = query.fetch_all(&mut *connection).await.map_err(from_sqlx)?;
    let Some(last) = states.last() else {
        return Ok(Vec::new());
    };
    let last = Reading::new(last, "order_state", 0)?.id();
    let query = sqlx::query(EVENTS).bind(after).bind(last);
    let events = query.fetch_all(&mut *connection).await.map_err(from_sqlx)?;
    let mut histories: HashMap<&str, Result<Vec<Recorded>, StoreError>> = HashMap::new();
    for row in &events {
        let id = Reading::new(row, "order_event", 0)?.id();
        let history = histories.entry(id).or_insert_with(|| Ok(Vec::new()));
        match (&mut *history, rows::event(row)) {
            (Ok(events), Ok(event)) => events.push(event),
            (Ok(_), Err(error)) => *history = Err(error),
            (Err(_), _) => {}
        }
    }
    let mut audited = Vec::with_capacity(states.len());
    for row in &states {
        let state = rows::state(row, 0, 1, 2);
        let row = Reading::new(row, "order_state", 0)?;
        let events = histories.remove(row.id()).unwrap_or_else(|| Ok(Vec::new()));
        audited.push(Audited { id: row.parse(0, "id")?, state, events, amiss: Vec::new() });
    }
    for (audited, row) in audited.iter_mut().zip(&states) {
        if let Ok(order) = &audited.state {
            audited.amiss = amiss(order, row).map_err(from_sqlx)?;
        }
    }
    note_missing_products(connection, &mut audited).await.map_err(from_sqlx)?;
    Ok(audited)
}

/// The columns that disagree with the state.
fn amiss(order: &Order, row: &SqliteRow) -> Result<Vec<String>, sqlx::Error> {
    let mut amiss = Vec::new();
    let texts = [
        ("number", Some(order.number().as_str())),
        ("customer_id", order.customer_id().map(order_core::CustomerId::as_str)),
        ("status", Some(order.status().as_str())),
        ("payment_status", Some(order.payment_status().as_str())),
        ("fulfillment_status", Some(order.fulfillment_status().as_str())),
        ("return_status", Some(order.return_status().as_str())),
        ("currency", Some(order.currency().code())),
        ("country", order.country().map(order_core::Country::as_str)),
    ];
    for (index, (column, expected)) in (3..).zip(texts) {
        let kept: Option<&str> = row.try_get(index)?;
        if kept != expected {
            amiss.push(format!("column {column} disagrees with the state"));
        }
    }
    let numbers = [
        ("total", order.totals().total.minor()),
        ("listed_at", order.listed_at().millis()),
        ("updated_at", order.updated_at().millis()),
    ];
    for (index, (column, expected)) in (11..).zip(numbers) {
        if row.try_get::<i64, _>(index)? != expected {
            amiss.push(format!("column {column} disagrees with the state"));
        }
    }
    if !row.try_get::<bool, _>(14)? {
        amiss.push("the order is not found by words".to_owned());
    }
    if row.try_get::<i64, _>(15)? != order.refunded() {
        amiss.push("the refunds for reports disagree with the state".to_owned());
    }
    Ok(amiss)
}

async fn note_missing_products(
    connection: &mut SqliteConnection,
    audited: &mut [Audited],
) -> Result<(), sqlx::Error> {
    let mut expected = Vec::new();
    for order in audited.iter().filter_map(|audited| audited.state.as_ref().ok()) {
        let at = order.listed_at().millis();
        expected.extend(
            order.product_ids().into_iter().map(|id| (id.shared(), at, order.id().shared())),
        );
    }
    let query = sqlx::query(MISSING_PRODUCTS).bind(list(expected)?);
    for row in query.fetch_all(&mut *connection).await? {
        let (id, product): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        if let Some(order) = audited.iter_mut().find(|order| order.id == *id) {
            order.amiss.push(format!("the order is not found by product {product}"));
        }
    }
    Ok(())
}

#[async_trait]
impl Maintenance for SqliteStore {
    async fn audit(&self, after: Option<&OrderId>, limit: u32) -> Result<Vec<Audited>, StoreError> {
        // One transaction, so that states and events are of one moment.
        let mut moment = self.reads().begin().await.map_err(from_sqlx)?;
        let audited = read(&mut moment, after.map_or("", |id| id.as_str()), limit).await?;
        moment.rollback().await.map_err(from_sqlx)?;
        Ok(audited)
    }

    async fn doctor(&self) -> Result<Vec<Finding>, StoreError> {
        self.examine().await
    }

    async fn sweep(&self) -> Result<Vec<Finding>, StoreError> {
        self.sweep_file().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query(PING).fetch_one(self.reads()).await.map(|_| ()).map_err(from_sqlx)
    }
}
