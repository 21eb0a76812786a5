//! Whether what serves reads still agrees with itself.

use std::collections::HashMap;

use async_trait::async_trait;
use order_core::{
    Order, OrderId, PersonalData, Recorded,
    ports::{Audited, Finding, Maintenance, StoreError},
};
use sqlx::{Connection, PgConnection, Row, postgres::PgRow};

use crate::{
    PgOrderStore,
    error::{Stopped, from_sqlx},
    queries::view_columns,
    rows::{self, Reading, words_of},
    schema::Schema,
    settings::in_time,
};

/// States with their columns, what their refunds come to and whether their numbers lead to them.
pub(crate) const STATES: &str = concat!(
    "SELECT ",
    view_columns!(),
    ", s.number, s.customer_id, s.status, s.payment_status, s.fulfillment_status, s.return_status,
        s.currency, s.country, s.total, s.listed_at, s.updated_at,
        (SELECT coalesce(sum(r.amount), 0)::bigint FROM order_store.order_refund r
            WHERE r.order_id = s.id),
        EXISTS (SELECT 1 FROM order_store.order_number n
            WHERE n.number = s.number AND n.order_id = s.id)
    FROM order_store.order_state s WHERE s.id > $1 ORDER BY s.id LIMIT $2"
);

pub(crate) const EVENTS: &str = "
    SELECT order_id, version, ordinal, at, actor, event FROM order_store.order_event
    WHERE order_id > $1 AND order_id <= $2 ORDER BY order_id, version, ordinal";

/// Which of these products, times and orders are not in the index.
pub(crate) const MISSING_PRODUCTS: &str = "
    SELECT v.order_id, v.product_id
    FROM unnest($1::text[], $2::bigint[], $3::text[]) AS v (product_id, listed_at, order_id)
    WHERE NOT EXISTS (SELECT 1 FROM order_store.order_product_index x
        WHERE x.product_id = v.product_id AND x.listed_at = v.listed_at
            AND x.order_id = v.order_id)";

/// Which of these orders are found by other words than these.
pub(crate) const OTHER_WORDS: &str = "
    SELECT v.id FROM unnest($1::text[], $2::text[]) AS v (id, words)
    LEFT JOIN order_store.order_person p ON p.order_id = v.id
    WHERE p.words IS DISTINCT FROM array_to_tsvector(string_to_array(v.words, ' '))";

pub(crate) const PING: &str = "SELECT version FROM order_store.order_state LIMIT 1";

/// What is read is of one moment.
const ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

async fn read(
    schema: &Schema,
    connection: &mut PgConnection,
    after: &str,
    limit: u32,
) -> Result<Vec<Audited>, StoreError> {
    let query = sqlx::query(schema.sql(STATES)).bind(after).bind(i64::from(limit));
    let states = query.fetch_all(&mut *connection).await.map_err(from_sqlx)?;
    let Some(last) = states.last() else {
        return Ok(Vec::new());
    };
    let last = Reading::new(last, "order_state", 0)?.id();
    let query = sqlx::query(schema.sql(EVENTS)).bind(after).bind(last);
    let events = query.fetch_all(&mut *connection).await.map_err(from_sqlx)?;
    let mut histories: HashMap<&str, Result<Vec<Recorded>, StoreError>> = HashMap::new();
    for row in &events {
        let id = Reading::new(row, "order_event", 0)?.id();
        let history = histories.entry(id).or_insert_with(|| Ok(Vec::new()));
        match (&mut *history, rows::event(row, 0)) {
            (Ok(events), Ok(event)) => events.push(event),
            (Ok(_), Err(error)) => *history = Err(error),
            (Err(_), _) => {}
        }
    }
    let mut audited = Vec::with_capacity(states.len());
    let mut words = Vec::with_capacity(states.len());
    for row in &states {
        let state = rows::state(row, 0);
        let id = Reading::new(row, "order_state", 0)?;
        let events = histories.remove(id.id()).unwrap_or_else(|| Ok(Vec::new()));
        let amiss = match &state {
            Ok(order) => {
                words.push((id.id(), words_of(order, &person_or_none(row))));
                amiss(order, row).map_err(from_sqlx)?
            }
            Err(_) => Vec::new(),
        };
        audited.push(Audited { id: id.parse(0, "id")?, state, events, amiss });
    }
    note_missing_products(schema, connection, &mut audited).await.map_err(from_sqlx)?;
    note_other_words(schema, connection, &mut audited, &words).await.map_err(from_sqlx)?;
    Ok(audited)
}

/// Damaged personal data shows as other words.
fn person_or_none(row: &PgRow) -> PersonalData {
    rows::person(row, 0, 3).unwrap_or_default()
}

/// The columns that disagree with the state.
fn amiss(order: &Order, row: &PgRow) -> Result<Vec<String>, sqlx::Error> {
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
    for (index, (column, expected)) in (4..).zip(texts) {
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
    for (index, (column, expected)) in (12..).zip(numbers) {
        if row.try_get::<i64, _>(index)? != expected {
            amiss.push(format!("column {column} disagrees with the state"));
        }
    }
    if row.try_get::<i64, _>(15)? != order.refunded() {
        amiss.push("the refunds for reports disagree with the state".to_owned());
    }
    if !row.try_get::<bool, _>(16)? {
        amiss.push("the order is not found by its number".to_owned());
    }
    Ok(amiss)
}

async fn note_missing_products(
    schema: &Schema,
    connection: &mut PgConnection,
    audited: &mut [Audited],
) -> Result<(), sqlx::Error> {
    let rows = {
        let orders = || audited.iter().filter_map(|audited| audited.state.as_ref().ok());
        let lines = || {
            orders().flat_map(|order| order.product_ids().into_iter().map(move |id| (id, order)))
        };
        sqlx::query(schema.sql(MISSING_PRODUCTS))
            .bind(lines().map(|(id, _)| id.as_str()).collect::<Vec<_>>())
            .bind(lines().map(|(_, order)| order.listed_at().millis()).collect::<Vec<_>>())
            .bind(lines().map(|(_, order)| order.id().as_str()).collect::<Vec<_>>())
            .fetch_all(&mut *connection)
            .await?
    };
    for row in rows {
        let (id, product): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        note(audited, id, format!("the order is not found by product {product}"));
    }
    Ok(())
}

async fn note_other_words(
    schema: &Schema,
    connection: &mut PgConnection,
    audited: &mut [Audited],
    words: &[(&str, String)],
) -> Result<(), sqlx::Error> {
    let query = sqlx::query_scalar(schema.sql(OTHER_WORDS))
        .bind(words.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(words.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>());
    let ids: Vec<String> = query.fetch_all(connection).await?;
    for id in ids {
        note(audited, &id, "the order is not found by its words".to_owned());
    }
    Ok(())
}

fn note(audited: &mut [Audited], id: &str, what: String) {
    if let Some(order) = audited.iter_mut().find(|order| order.id == *id) {
        order.amiss.push(what);
    }
}

#[async_trait]
impl Maintenance for PgOrderStore {
    async fn audit(&self, after: Option<&OrderId>, limit: u32) -> Result<Vec<Audited>, StoreError> {
        let store = self.clone();
        let after = after.map_or_else(String::new, ToString::to_string);
        // A task of its own: whoever stops waiting cannot leave the transaction half begun.
        let reading = tokio::spawn(async move {
            let mut connection = store.pool().acquire().await.map_err(from_sqlx)?;
            let mut moment = connection.begin_with(ONE_MOMENT).await.map_err(from_sqlx)?;
            let audited = read(store.schema(), &mut moment, &after, limit).await?;
            moment.rollback().await.map_err(from_sqlx)?;
            Ok(audited)
        });
        reading.await.unwrap_or_else(|_| Err(StoreError::Unavailable(Stopped.into())))
    }

    async fn doctor(&self) -> Result<Vec<Finding>, StoreError> {
        self.examine().await
    }

    async fn sweep(&self) -> Result<Vec<Finding>, StoreError> {
        self.sweep_tables().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let query = sqlx::query(self.schema().sql(PING));
        let asked = query.fetch_optional(self.pool());
        in_time(async { asked.await.map(drop).map_err(from_sqlx) }).await
    }
}
