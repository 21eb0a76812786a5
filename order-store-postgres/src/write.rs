//! Writes commits that were decided, each table with one statement for the whole batch.

use std::collections::BTreeMap;

use order_core::{
    Country, CustomerId, ProductId,
    ports::{OrderChange, StockChange},
};
use sqlx::{PgConnection, Postgres, Row, postgres::PgArguments, query::Query};

use crate::{agenda, rows::CommitRows, schema::Schema};

/// What an order becomes in a batch.
#[derive(Debug)]
pub(crate) struct Final<'a> {
    /// The commit whose state it has then.
    pub(crate) last: &'a CommitRows,
    pub(crate) change: OrderChange,
    /// The personal data, if it changes.
    pub(crate) person: Option<&'a str>,
    /// The words it is found by, if they may have changed.
    pub(crate) words: Option<String>,
}

impl<'a> Final<'a> {
    pub(crate) const fn new(last: &'a CommitRows, change: OrderChange) -> Self {
        Self { last, change, person: None, words: None }
    }

    const fn is_new(&self) -> bool {
        self.change.before == 0
    }
}

/// New orders and their numbers. What another server wrote in between is left out and not counted.
pub(crate) const INSERT_STATES: &str = "
    WITH states AS (
        INSERT INTO order_store.order_state (id, number, version, customer_id, status,
            payment_status, fulfillment_status, return_status, currency, country, total, listed_at,
            updated_at, state)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[],
            $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[],
            $12::bigint[], $13::bigint[], $14::text[])
        ON CONFLICT (id) DO NOTHING RETURNING 1
    ), numbers AS (
        INSERT INTO order_store.order_number (number, order_id)
        SELECT * FROM unnest($2::text[], $1::text[]) AS n (number, id) ORDER BY number
        ON CONFLICT (number) DO NOTHING RETURNING 1
    )
    SELECT (SELECT count(*) FROM states) + (SELECT count(*) FROM numbers)";

/// Orders that exist, from the version that was seen and locked.
pub(crate) const UPDATE_STATES: &str = "
    UPDATE order_store.order_state s SET number = v.number, version = v.version,
        customer_id = v.customer_id, status = v.status, payment_status = v.payment_status,
        fulfillment_status = v.fulfillment_status, return_status = v.return_status,
        currency = v.currency, country = v.country, total = v.total, listed_at = v.listed_at,
        updated_at = v.updated_at, state = v.state
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bigint[],
        $13::bigint[], $14::text[], $15::bigint[])
        AS v (id, number, version, customer_id, status, payment_status, fulfillment_status,
            return_status, currency, country, total, listed_at, updated_at, state, before)
    WHERE s.id = v.id AND s.version = v.before";

/// What happened, what is remembered, and their place in the feed.
pub(crate) const INSERT_HISTORY: &str = "
    WITH queued AS (
        INSERT INTO order_store.order_feed (events, order_ids, versions, counts)
        VALUES (cardinality($1::text[]), $14, $15, $16) RETURNING seq
    ), written AS (
        INSERT INTO order_store.order_event
            (order_id, version, ordinal, at, actor, type, event, feed)
        SELECT e.*, queued.seq FROM queued, unnest($1::text[], $2::bigint[], $3::int[],
            $4::bigint[], $5::text[], $6::text[], $7::text[]) AS e
    ), remembered AS (
        INSERT INTO order_store.order_request (owner, key, fingerprint, order_id, version, at)
        SELECT * FROM unnest($8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[],
            $13::bigint[]) AS r (owner, key, fingerprint, order_id, version, at) ORDER BY owner, key
        ON CONFLICT (owner, key) DO NOTHING RETURNING 1
    )
    SELECT count(*) FROM remembered";

/// What new orders are found by, and the products of new lines.
pub(crate) const INSERT_FINDS: &str = "
    WITH persons AS (
        INSERT INTO order_store.order_person (order_id, data, words)
        SELECT id, data, array_to_tsvector(string_to_array(words, ' '))
            FROM unnest($1::text[], $2::text[], $3::text[]) AS v (id, data, words)
    )
    INSERT INTO order_store.order_product_index (product_id, listed_at, order_id)
    SELECT * FROM unnest($4::text[], $5::bigint[], $6::text[])";

/// Personal data and words, where they change.
pub(crate) const PUT_PERSONS: &str = "
    INSERT INTO order_store.order_person AS p (order_id, data, words)
    SELECT id, data, array_to_tsvector(string_to_array(words, ' '))
        FROM unnest($1::text[], $2::text[], $3::text[]) AS v (id, data, words)
    ON CONFLICT (order_id) DO UPDATE SET
        data = coalesce(excluded.data, p.data), words = coalesce(excluded.words, p.words)";

/// Forgets the products of orders as their rows still have them.
pub(crate) const DELETE_PRODUCTS: &str = "
    DELETE FROM order_store.order_product_index x
    USING order_store.order_state s, json_array_elements(s.state::json -> 'lines') line
    WHERE s.id = ANY ($1) AND x.product_id = line.value ->> 'productId'
        AND x.listed_at = s.listed_at AND x.order_id = s.id";

pub(crate) const INSERT_REFUNDS: &str = "
    INSERT INTO order_store.order_refund (order_id, version, ordinal, at, amount)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[])";

/// The condition is the last guard; the level was seen and locked.
pub(crate) const MOVE_STOCKS: &str = "
    UPDATE order_store.order_product p SET stock = p.stock + v.delta, updated_at = v.at
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS v (id, delta, at)
    WHERE p.id = v.id AND (p.backorder OR p.stock + v.delta >= 0)";

/// Writes commits, in order, and what their orders become. Says whether all of it was written: what
/// is missing was there already, by another hand since the look.
pub(crate) async fn write(
    schema: &Schema,
    connection: &mut PgConnection,
    commits: &[&CommitRows],
    finals: &[Final<'_>],
    stocks: &BTreeMap<ProductId, StockChange>,
) -> Result<bool, sqlx::Error> {
    let (new, old): (Vec<&Final<'_>>, Vec<&Final<'_>>) =
        finals.iter().partition(|order| order.is_new());
    let complete = insert_states(schema, connection, &new).await?
        && update_states(schema, connection, &old).await?
        && insert_history(schema, connection, commits).await?
        && move_stocks(schema, connection, stocks).await?;
    if complete {
        put_finds(schema, connection, &new, &old).await?;
        insert_refunds(schema, connection, commits).await?;
        agenda::put(schema, connection, finals).await?;
    }
    Ok(complete)
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Binds the columns of states, as arrays.
fn bind_states<'q>(query: Statement<'q>, finals: &[&Final<'_>]) -> Statement<'q> {
    query
        .bind(column(finals, |order| order.last.id()))
        .bind(column(finals, |order| order.last.order().number().as_str()))
        .bind(column(finals, |order| order.last.version))
        .bind(column(finals, |order| order.last.order().customer_id().map(CustomerId::as_str)))
        .bind(column(finals, |order| order.last.order().status().as_str()))
        .bind(column(finals, |order| order.last.order().payment_status().as_str()))
        .bind(column(finals, |order| order.last.order().fulfillment_status().as_str()))
        .bind(column(finals, |order| order.last.order().return_status().as_str()))
        .bind(column(finals, |order| order.last.order().currency().code()))
        .bind(column(finals, |order| order.last.order().country().map(Country::as_str)))
        .bind(column(finals, |order| order.last.order().totals().total.minor()))
        .bind(column(finals, |order| order.last.order().listed_at().millis()))
        .bind(column(finals, |order| order.last.order().updated_at().millis()))
        .bind(column(finals, |order| order.last.state.as_str()))
}

fn column<'a, R, T>(rows: &[&'a R], of: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(|row| of(row)).collect()
}

async fn insert_states(
    schema: &Schema,
    connection: &mut PgConnection,
    new: &[&Final<'_>],
) -> Result<bool, sqlx::Error> {
    if new.is_empty() {
        return Ok(true);
    }
    let query = bind_states(sqlx::query(schema.sql(INSERT_STATES)), new);
    let written: i64 = query.fetch_one(connection).await?.try_get(0)?;
    // A row and a number each.
    Ok(written.unsigned_abs() == 2 * new.len() as u64)
}

async fn update_states(
    schema: &Schema,
    connection: &mut PgConnection,
    old: &[&Final<'_>],
) -> Result<bool, sqlx::Error> {
    if old.is_empty() {
        return Ok(true);
    }
    let is_moved = |order: &&&Final<'_>| order.change.lines_moved;
    let moved: Vec<&str> = old.iter().filter(is_moved).map(|order| order.last.id()).collect();
    if !moved.is_empty() {
        let query = sqlx::query(schema.sql(DELETE_PRODUCTS)).bind(moved);
        query.execute(&mut *connection).await?;
    }
    let before: Vec<i64> = old.iter().map(|order| order.change.before.cast_signed()).collect();
    let query = bind_states(sqlx::query(schema.sql(UPDATE_STATES)), old).bind(before);
    Ok(query.execute(connection).await?.rows_affected() == old.len() as u64)
}

async fn insert_history(
    schema: &Schema,
    connection: &mut PgConnection,
    commits: &[&CommitRows],
) -> Result<bool, sqlx::Error> {
    let events = || {
        commits.iter().flat_map(|rows| {
            rows.events.iter().zip(rows.commit.events()).map(|(row, event)| (*rows, row, event))
        })
    };
    let requests =
        || commits.iter().filter_map(|rows| rows.commit.request().map(|request| (*rows, request)));
    let query = sqlx::query(schema.sql(INSERT_HISTORY))
        .bind(events().map(|(rows, ..)| rows.id()).collect::<Vec<_>>())
        .bind(events().map(|(rows, ..)| rows.version).collect::<Vec<_>>())
        .bind(events().map(|(_, row, _)| row.ordinal).collect::<Vec<_>>())
        .bind(events().map(|(_, row, _)| row.at).collect::<Vec<_>>())
        .bind(events().map(|(.., event)| event.actor.as_str()).collect::<Vec<_>>())
        .bind(events().map(|(.., event)| event.event.name()).collect::<Vec<_>>())
        .bind(events().map(|(_, row, _)| row.event.as_str()).collect::<Vec<_>>())
        .bind(requests().map(|(_, request)| request.key.owner.as_str()).collect::<Vec<_>>())
        .bind(requests().map(|(_, request)| request.key.key.as_str()).collect::<Vec<_>>())
        .bind(requests().map(|(_, it)| it.fingerprint.cast_signed()).collect::<Vec<_>>())
        .bind(requests().map(|(rows, _)| rows.id()).collect::<Vec<_>>())
        .bind(requests().map(|(rows, _)| rows.version).collect::<Vec<_>>())
        .bind(requests().map(|(rows, _)| rows.commit.at().millis()).collect::<Vec<_>>())
        .bind(commits.iter().map(|rows| rows.id()).collect::<Vec<_>>())
        .bind(commits.iter().map(|rows| rows.version).collect::<Vec<_>>())
        .bind(commits.iter().map(|rows| count(rows.events.len())).collect::<Vec<_>>());
    let remembered: i64 = query.fetch_one(connection).await?.try_get(0)?;
    Ok(remembered == count(requests().count()))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Writes what orders are found by: all of it for new ones, what changes for the others.
async fn put_finds(
    schema: &Schema,
    connection: &mut PgConnection,
    new: &[&Final<'_>],
    old: &[&Final<'_>],
) -> Result<(), sqlx::Error> {
    let mut products = Vec::new();
    for order in new.iter().chain(old).filter(|order| order.change.lines_moved) {
        let at = order.last.order().listed_at().millis();
        let ids = order.last.order().product_ids();
        products.extend(ids.into_iter().map(|product| (product.as_str(), at, order.last.id())));
    }
    if !(new.is_empty() && products.is_empty()) {
        bind_persons(sqlx::query(schema.sql(INSERT_FINDS)), new)
            .bind(products.iter().map(|(product, ..)| *product).collect::<Vec<_>>())
            .bind(products.iter().map(|(_, at, _)| *at).collect::<Vec<_>>())
            .bind(products.iter().map(|(.., id)| *id).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
    }
    let is_moved = |order: &&&Final<'_>| order.person.is_some() || order.words.is_some();
    let moved: Vec<&Final<'_>> = old.iter().filter(is_moved).copied().collect();
    if !moved.is_empty() {
        bind_persons(sqlx::query(schema.sql(PUT_PERSONS)), &moved).execute(connection).await?;
    }
    Ok(())
}

fn bind_persons<'q>(query: Statement<'q>, finals: &[&Final<'_>]) -> Statement<'q> {
    query
        .bind(column(finals, |order| order.last.id()))
        .bind(column(finals, |order| order.person))
        .bind(column(finals, |order| order.words.as_deref()))
}

async fn insert_refunds(
    schema: &Schema,
    connection: &mut PgConnection,
    commits: &[&CommitRows],
) -> Result<(), sqlx::Error> {
    let refunds: Vec<_> = commits
        .iter()
        .flat_map(|rows| rows.events.iter().map(|event| (*rows, event)))
        .filter_map(|(rows, event)| event.refund.map(|amount| (rows, event, amount)))
        .collect();
    if refunds.is_empty() {
        return Ok(());
    }
    sqlx::query(schema.sql(INSERT_REFUNDS))
        .bind(refunds.iter().map(|(rows, ..)| rows.id()).collect::<Vec<_>>())
        .bind(refunds.iter().map(|(rows, ..)| rows.version).collect::<Vec<_>>())
        .bind(refunds.iter().map(|(_, event, _)| event.ordinal).collect::<Vec<_>>())
        .bind(refunds.iter().map(|(_, event, _)| event.at).collect::<Vec<_>>())
        .bind(refunds.iter().map(|(.., amount)| *amount).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn move_stocks(
    schema: &Schema,
    connection: &mut PgConnection,
    stocks: &BTreeMap<ProductId, StockChange>,
) -> Result<bool, sqlx::Error> {
    let moved = || stocks.iter().filter(|(_, change)| change.delta != 0);
    if moved().next().is_none() {
        return Ok(true);
    }
    let query = sqlx::query(schema.sql(MOVE_STOCKS))
        .bind(moved().map(|(id, _)| id.as_str()).collect::<Vec<_>>())
        .bind(moved().map(|(_, change)| change.delta).collect::<Vec<_>>())
        .bind(moved().map(|(_, change)| change.at.millis()).collect::<Vec<_>>());
    Ok(query.execute(connection).await?.rows_affected() == moved().count() as u64)
}
