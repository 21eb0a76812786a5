//! Writes commits that were decided: one statement for the whole batch.

use std::collections::BTreeMap;

use order_core::{
    Country, CustomerId, ProductId,
    ports::{OrderChange, StockChange},
};
use sqlx::{PgConnection, Postgres, postgres::PgArguments, query::Query};

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

/// All that most commits write, in one statement: states and numbers of new orders, states of others from
/// the version that was seen, the place in the feed, what happened, what is remembered, personal data and
/// words, the products of new lines, and stocks, where the condition is the last guard. It fails if one of
/// the rows that only one may write is another's by now, or not as it was seen: $55 says how many there are.
pub(crate) const WRITE: &str = "
    WITH inserted AS (
        INSERT INTO order_store.order_state (id, number, version, customer_id, status,
            payment_status, fulfillment_status, return_status, currency, country, total, listed_at,
            updated_at, state)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[],
            $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[],
            $12::bigint[], $13::bigint[], $14::text[])
        ON CONFLICT (id) DO NOTHING RETURNING 1
    ), numbered AS (
        INSERT INTO order_store.order_number (number, order_id)
        SELECT * FROM unnest($2::text[], $1::text[]) AS n (number, id) ORDER BY number
        ON CONFLICT (number) DO NOTHING RETURNING 1
    ), updated AS (
        UPDATE order_store.order_state s SET number = v.number, version = v.version,
            customer_id = v.customer_id, status = v.status, payment_status = v.payment_status,
            fulfillment_status = v.fulfillment_status, return_status = v.return_status,
            currency = v.currency, country = v.country, total = v.total, listed_at = v.listed_at,
            updated_at = v.updated_at, state = v.state
        FROM unnest($15::text[], $16::text[], $17::bigint[], $18::text[], $19::text[], $20::text[],
            $21::text[], $22::text[], $23::text[], $24::text[], $25::bigint[], $26::bigint[],
            $27::bigint[], $28::text[], $29::bigint[])
            AS v (id, number, version, customer_id, status, payment_status, fulfillment_status,
                return_status, currency, country, total, listed_at, updated_at, state, before)
        WHERE s.id = v.id AND s.version = v.before RETURNING 1
    ), remembered AS (
        INSERT INTO order_store.order_request (owner, key, fingerprint, order_id, version, at)
        SELECT * FROM unnest($30::text[], $31::text[], $32::bigint[], $33::text[], $34::bigint[],
            $35::bigint[]) AS r (owner, key, fingerprint, order_id, version, at) ORDER BY owner, key
        ON CONFLICT (owner, key) DO NOTHING RETURNING 1
    ), moved AS (
        UPDATE order_store.order_product p SET stock = p.stock + v.delta, updated_at = v.at
        FROM unnest($36::text[], $37::bigint[], $38::bigint[]) AS v (id, delta, at)
        WHERE p.id = v.id AND (p.backorder OR p.stock + v.delta >= 0) RETURNING 1
    ), queued AS (
        INSERT INTO order_store.order_feed (events, order_ids, versions, counts)
        VALUES (cardinality($42::text[]), $39, $40, $41) RETURNING seq
    ), written AS (
        INSERT INTO order_store.order_event
            (order_id, version, ordinal, at, actor, type, event, feed)
        SELECT e.*, queued.seq FROM queued, unnest($42::text[], $43::bigint[], $44::int[],
            $45::bigint[], $46::text[], $47::text[], $48::text[]) AS e
    ), persons AS (
        INSERT INTO order_store.order_person AS p (order_id, data, words)
        SELECT id, data, array_to_tsvector(string_to_array(words, ' '))
            FROM unnest($49::text[], $50::text[], $51::text[]) AS v (id, data, words)
        ON CONFLICT (order_id) DO UPDATE SET
            data = coalesce(excluded.data, p.data), words = coalesce(excluded.words, p.words)
    ), products AS (
        INSERT INTO order_store.order_product_index (product_id, listed_at, order_id)
        SELECT * FROM unnest($52::text[], $53::bigint[], $54::text[])
    )
    SELECT CASE WHEN (SELECT count(*) FROM inserted) + (SELECT count(*) FROM numbered)
            + (SELECT count(*) FROM updated) + (SELECT count(*) FROM remembered)
            + (SELECT count(*) FROM moved) = $55::bigint
        THEN true ELSE order_store.order_outrun() END";

/// Forgets the products of orders as their rows still have them.
pub(crate) const DELETE_PRODUCTS: &str = "
    DELETE FROM order_store.order_product_index x
    USING order_store.order_state s, json_array_elements(s.state::json -> 'lines') line
    WHERE s.id = ANY ($1) AND x.product_id = line.value ->> 'productId'
        AND x.listed_at = s.listed_at AND x.order_id = s.id";

pub(crate) const INSERT_REFUNDS: &str = "
    INSERT INTO order_store.order_refund (order_id, version, ordinal, at, amount)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[])";

/// Writes commits, in order, and what their orders become. A serialization failure says that another hand
/// wrote some of it since the look.
pub(crate) async fn write(
    schema: &Schema,
    connection: &mut PgConnection,
    commits: &[&CommitRows],
    finals: &[Final<'_>],
    stocks: &BTreeMap<ProductId, StockChange>,
) -> Result<(), sqlx::Error> {
    let (new, old): (Vec<&Final<'_>>, Vec<&Final<'_>>) =
        finals.iter().partition(|order| order.is_new());
    forget_products(schema, connection, &old).await?;
    let stocks: Vec<_> = stocks.iter().filter(|(_, change)| change.delta != 0).collect();
    let requests = commits.iter().filter(|rows| rows.commit.request().is_some()).count();
    let query = bind_states(sqlx::query(schema.sql(WRITE)), &new);
    let query =
        bind_states(query, &old).bind(column(&old, |order| order.change.before.cast_signed()));
    let query = bind_stocks(bind_requests(query, commits), &stocks);
    let query = bind_products(bind_persons(bind_events(query, commits), finals), finals);
    let rows = 2 * new.len() + old.len() + requests + stocks.len();
    query.bind(count(rows)).execute(&mut *connection).await?;
    insert_refunds(schema, connection, commits).await?;
    agenda::put(schema, connection, finals).await
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

fn bind_requests<'q>(query: Statement<'q>, commits: &[&CommitRows]) -> Statement<'q> {
    let all =
        || commits.iter().filter_map(|rows| rows.commit.request().map(|request| (*rows, request)));
    query
        .bind(all().map(|(_, request)| request.key.owner.as_str()).collect::<Vec<_>>())
        .bind(all().map(|(_, request)| request.key.key.as_str()).collect::<Vec<_>>())
        .bind(all().map(|(_, request)| request.fingerprint.cast_signed()).collect::<Vec<_>>())
        .bind(all().map(|(rows, _)| rows.id()).collect::<Vec<_>>())
        .bind(all().map(|(rows, _)| rows.version).collect::<Vec<_>>())
        .bind(all().map(|(rows, _)| rows.commit.at().millis()).collect::<Vec<_>>())
}

fn bind_stocks<'q>(query: Statement<'q>, stocks: &[(&ProductId, &StockChange)]) -> Statement<'q> {
    query
        .bind(stocks.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>())
        .bind(stocks.iter().map(|(_, change)| change.delta).collect::<Vec<_>>())
        .bind(stocks.iter().map(|(_, change)| change.at.millis()).collect::<Vec<_>>())
}

/// Commits as the feed keeps them, and their events.
fn bind_events<'q>(query: Statement<'q>, commits: &[&CommitRows]) -> Statement<'q> {
    let all = || {
        commits.iter().flat_map(|rows| {
            rows.events.iter().zip(rows.commit.events()).map(|(row, event)| (*rows, row, event))
        })
    };
    query
        .bind(column(commits, CommitRows::id))
        .bind(column(commits, |rows| rows.version))
        .bind(column(commits, |rows| count(rows.events.len())))
        .bind(all().map(|(rows, ..)| rows.id()).collect::<Vec<_>>())
        .bind(all().map(|(rows, ..)| rows.version).collect::<Vec<_>>())
        .bind(all().map(|(_, row, _)| row.ordinal).collect::<Vec<_>>())
        .bind(all().map(|(_, row, _)| row.at).collect::<Vec<_>>())
        .bind(all().map(|(.., event)| event.actor.as_str()).collect::<Vec<_>>())
        .bind(all().map(|(.., event)| event.event.name()).collect::<Vec<_>>())
        .bind(all().map(|(_, row, _)| row.event.as_str()).collect::<Vec<_>>())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Personal data and words: of new orders, and where they change.
fn bind_persons<'q>(query: Statement<'q>, finals: &[Final<'_>]) -> Statement<'q> {
    let all = || {
        let is_moved =
            |order: &&Final<'_>| order.is_new() || order.person.is_some() || order.words.is_some();
        finals.iter().filter(is_moved)
    };
    query
        .bind(all().map(|order| order.last.id()).collect::<Vec<_>>())
        .bind(all().map(|order| order.person).collect::<Vec<_>>())
        .bind(all().map(|order| order.words.as_deref()).collect::<Vec<_>>())
}

/// The products of lines: of new orders, and where they change.
fn bind_products<'q>(query: Statement<'q>, finals: &[Final<'_>]) -> Statement<'q> {
    let mut products = Vec::new();
    for order in finals.iter().filter(|order| order.change.lines_moved) {
        let at = order.last.order().listed_at().millis();
        let ids = order.last.order().product_ids();
        products.extend(ids.into_iter().map(|product| (product.as_str(), at, order.last.id())));
    }
    query
        .bind(products.iter().map(|(product, ..)| *product).collect::<Vec<_>>())
        .bind(products.iter().map(|(_, at, _)| *at).collect::<Vec<_>>())
        .bind(products.iter().map(|(.., id)| *id).collect::<Vec<_>>())
}

async fn forget_products(
    schema: &Schema,
    connection: &mut PgConnection,
    old: &[&Final<'_>],
) -> Result<(), sqlx::Error> {
    let is_moved = |order: &&&Final<'_>| order.change.lines_moved;
    let moved: Vec<&str> = old.iter().filter(is_moved).map(|order| order.last.id()).collect();
    if !moved.is_empty() {
        sqlx::query(schema.sql(DELETE_PRODUCTS)).bind(moved).execute(connection).await?;
    }
    Ok(())
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
