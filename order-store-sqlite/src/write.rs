//! Writes commits that were decided, each table with a handful of statements.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use order_core::{ProductId, ports::StockChange};
use sqlx::SqliteConnection;

use crate::{
    agenda,
    batch::list,
    bulk::{Bulk, Values},
    rows::CommitRows,
};

/// What an order becomes in a batch.
#[derive(Debug, Default)]
pub(crate) struct Final {
    /// Its row in `order_state` and `order_search`.
    pub(crate) seq: i64,
    pub(crate) is_new: bool,
    pub(crate) version: i64,
    /// The personal data, if it changes.
    pub(crate) person: Option<Arc<str>>,
    /// The words it is found by, if they may have changed.
    pub(crate) words: Option<Arc<str>>,
    /// Whether its place in lists may have changed, or its products.
    pub(crate) lines_moved: bool,
}

pub(crate) static INSERT_STATE: Bulk = Bulk::new(
    "INSERT OR FAIL INTO order_state (seq, id, number, version, customer_id, status, payment_status, \
     fulfillment_status, return_status, currency, country, total, listed_at, updated_at, state) \
     VALUES",
    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    "",
);

/// Leaves alone what only a change of the order's content can move, and its indexes.
pub(crate) static UPDATE_STATE: Bulk = Bulk::new(
    "UPDATE OR FAIL order_state SET version = v.column2, status = v.column3, payment_status = v.column4, \
     fulfillment_status = v.column5, return_status = v.column6, country = v.column7, \
     total = v.column8, updated_at = v.column9, state = v.column10 FROM (VALUES",
    "(?,?,?,?,?,?,?,?,?,?)",
    ") v WHERE order_state.seq = v.column1",
);

pub(crate) static MOVE_STATE: Bulk = Bulk::new(
    "UPDATE OR FAIL order_state SET number = v.column2, customer_id = v.column3, currency = v.column4, \
     listed_at = v.column5 FROM (VALUES",
    "(?,?,?,?,?)",
    ") v WHERE order_state.seq = v.column1",
);

pub(crate) static INSERT_EVENT: Bulk = Bulk::new(
    "INSERT OR FAIL INTO order_event (order_id, version, ordinal, at, actor, type, event) VALUES",
    "(?,?,?,?,?,?,?)",
    "",
);

pub(crate) static PUT_PERSON: Bulk = Bulk::new(
    "INSERT OR FAIL INTO order_person (order_id, data) VALUES",
    "(?,?)",
    "ON CONFLICT (order_id) DO UPDATE SET data = excluded.data",
);

pub(crate) static INSERT_PRODUCT: Bulk = Bulk::new(
    "INSERT OR FAIL INTO order_product_index (product_id, listed_at, order_id) VALUES",
    "(?,?,?)",
    "",
);

pub(crate) static INSERT_REFUND: Bulk = Bulk::new(
    "INSERT OR FAIL INTO order_refund (order_id, version, ordinal, at, amount) VALUES",
    "(?,?,?,?,?)",
    "",
);

pub(crate) static INSERT_REQUEST: Bulk = Bulk::new(
    "INSERT OR FAIL INTO order_request (owner, key, fingerprint, order_id, version, at) VALUES",
    "(?,?,?,?,?,?)",
    "",
);

pub(crate) static INSERT_WORDS: Bulk =
    Bulk::new("INSERT OR FAIL INTO order_search (rowid, words) VALUES", "(?,?)", "");

/// The levels were decided under the write lock; a CHECK is the last guard.
pub(crate) static SET_STOCK: Bulk = Bulk::new(
    "UPDATE OR FAIL order_product SET stock = v.column2, updated_at = v.column3 FROM (VALUES",
    "(?,?,?)",
    ") v WHERE order_product.id = v.column1",
);

pub(crate) const DELETE_WORDS: &str =
    "DELETE FROM order_search WHERE rowid IN (SELECT value FROM json_each(?1))";

/// Forgets the products of orders as their rows still have them.
pub(crate) const DELETE_PRODUCTS: &str = "
    DELETE FROM order_product_index WHERE (product_id, listed_at, order_id) IN (
        SELECT line.value ->> '$.productId', s.listed_at, s.id
        FROM json_each(?1) j
        CROSS JOIN order_state s ON s.seq = j.value
        CROSS JOIN json_each(s.state, '$.lines') line
    )";

/// Writes commits, in order, and what their orders become.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    commits: &[&CommitRows],
    mut orders: HashMap<Arc<str>, Final>,
    stocks: &BTreeMap<ProductId, StockChange>,
) -> Result<(), sqlx::Error> {
    let mut finals = Vec::with_capacity(orders.len());
    for commit in commits.iter().rev() {
        // The last commit of an order has the state it becomes.
        if let Some(order) = orders.remove(&commit.id) {
            finals.push((*commit, order));
        }
    }
    finals.sort_unstable_by_key(|(_, order)| order.seq);
    forget(connection, &finals).await?;
    write_states(connection, &finals).await?;
    write_finds(connection, &finals).await?;
    write_history(connection, commits).await?;
    agenda::put(connection, commits).await?;
    if !stocks.is_empty() {
        let bind = |values: &mut Values, (id, change): (&ProductId, &StockChange)| {
            values.add(id.shared()).add(change.level).add(change.at.millis());
        };
        SET_STOCK.run(connection, stocks.iter().collect(), bind).await?;
    }
    Ok(())
}

/// Takes away what orders that exist are found by, where that changes.
async fn forget(
    connection: &mut SqliteConnection,
    finals: &[(&CommitRows, Final)],
) -> Result<(), sqlx::Error> {
    let old: Vec<&Final> =
        finals.iter().map(|(_, order)| order).filter(|order| !order.is_new).collect();
    let seqs = |which: fn(&Final) -> bool| -> Vec<i64> {
        old.iter().filter(|order| which(order)).map(|order| order.seq).collect()
    };
    let moved = seqs(|order| order.lines_moved);
    let reworded = seqs(|order| order.words.is_some());
    if !moved.is_empty() {
        sqlx::query(DELETE_PRODUCTS).bind(list(moved)?).execute(&mut *connection).await?;
    }
    if !reworded.is_empty() {
        sqlx::query(DELETE_WORDS).bind(list(reworded)?).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write_states(
    connection: &mut SqliteConnection,
    finals: &[(&CommitRows, Final)],
) -> Result<(), sqlx::Error> {
    type Row<'a> = &'a (&'a CommitRows, Final);
    let (new, old): (Vec<Row<'_>>, Vec<Row<'_>>) = finals.iter().partition(|(_, f)| f.is_new);
    let moved: Vec<Row<'_>> = old.iter().filter(|(_, f)| f.lines_moved).copied().collect();
    let customer =
        |rows: &CommitRows| rows.order().customer_id().map(order_core::CustomerId::shared);
    let country = |rows: &CommitRows| rows.order().country().map(order_core::Country::shared);
    let insert = |values: &mut Values, (rows, order): Row<'_>| {
        let state = rows.order();
        values.add(order.seq).add(Arc::clone(&rows.id)).add(Arc::clone(&rows.number));
        values.add(order.version).add(customer(rows));
        values.add(state.status().as_str()).add(state.payment_status().as_str());
        values.add(state.fulfillment_status().as_str()).add(state.return_status().as_str());
        values.add(state.currency().code()).add(country(rows));
        values.add(state.totals().total.minor()).add(state.listed_at().millis());
        values.add(state.updated_at().millis()).add(Arc::clone(&rows.state));
    };
    INSERT_STATE.run(connection, new, insert).await?;
    let expected = old.len() as u64;
    let update = |values: &mut Values, (rows, order): Row<'_>| {
        let state = rows.order();
        values.add(order.seq).add(order.version);
        values.add(state.status().as_str()).add(state.payment_status().as_str());
        values.add(state.fulfillment_status().as_str()).add(state.return_status().as_str());
        values.add(country(rows)).add(state.totals().total.minor());
        values.add(state.updated_at().millis()).add(Arc::clone(&rows.state));
    };
    if UPDATE_STATE.run(connection, old, update).await? != expected {
        return Err(sqlx::Error::RowNotFound);
    }
    let move_to = |values: &mut Values, (rows, order): Row<'_>| {
        let state = rows.order();
        values.add(order.seq).add(Arc::clone(&rows.number)).add(customer(rows));
        values.add(state.currency().code()).add(state.listed_at().millis());
    };
    MOVE_STATE.run(connection, moved, move_to).await?;
    Ok(())
}

/// Writes personal data, and what orders are found by.
async fn write_finds(
    connection: &mut SqliteConnection,
    finals: &[(&CommitRows, Final)],
) -> Result<(), sqlx::Error> {
    let (mut persons, mut words, mut products) = (Vec::new(), Vec::new(), Vec::new());
    for (rows, order) in finals {
        persons.extend(order.person.clone().map(|person| (Arc::clone(&rows.id), person)));
        words.extend(order.words.clone().map(|words| (order.seq, words)));
        if order.lines_moved {
            let at = rows.order().listed_at().millis();
            let of = |product: &ProductId| (product.shared(), at, Arc::clone(&rows.id));
            products.extend(rows.order().product_ids().into_iter().map(of));
        }
    }
    PUT_PERSON
        .run(connection, persons, |values, (id, data)| {
            values.add(id).add(data);
        })
        .await?;
    INSERT_WORDS
        .run(connection, words, |values, (seq, words)| {
            values.add(seq).add(words);
        })
        .await?;
    INSERT_PRODUCT
        .run(connection, products, |values, (product, at, id)| {
            values.add(product).add(at).add(id);
        })
        .await?;
    Ok(())
}

/// Writes events, refunds and requests.
async fn write_history(
    connection: &mut SqliteConnection,
    commits: &[&CommitRows],
) -> Result<(), sqlx::Error> {
    let (mut events, mut refunds, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for commit in commits {
        events.extend(commit.events.iter().map(|event| (*commit, event)));
        refunds.extend(commit.refunds.iter().map(|refund| (*commit, refund)));
        requests.extend(commit.request().map(|request| (*commit, request)));
    }
    INSERT_EVENT
        .run(connection, events, |values, (commit, event)| {
            values.add(Arc::clone(&commit.id)).add(commit.version()).add(event.ordinal);
            values.add(event.at).add(Arc::clone(&event.actor)).add(event.kind);
            values.add(Arc::clone(&event.event));
        })
        .await?;
    INSERT_REFUND
        .run(connection, refunds, |values, (commit, refund)| {
            values.add(Arc::clone(&commit.id)).add(commit.version()).add(refund.ordinal);
            values.add(refund.at).add(refund.amount);
        })
        .await?;
    INSERT_REQUEST
        .run(connection, requests, |values, (commit, request)| {
            values.add(request.key.owner.shared()).add(request.key.key.shared());
            values.add(request.fingerprint.cast_signed()).add(Arc::clone(&commit.id));
            values.add(commit.version()).add(commit.commit.at().millis());
        })
        .await?;
    Ok(())
}
