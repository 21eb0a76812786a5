//! Reads for screens. Every list walks one index in its own order, from where the page begins.

use async_trait::async_trait;
use order_core::{
    ports::{
        OrderPage, OrderQueries, OrderQuery, OrderView, Sort, StatsQuery, StatsRow, StoreError,
    },
    search,
};
use sqlx::PgConnection;

use crate::{
    PgOrderStore,
    error::from_sqlx,
    reader::{Ask, Found},
    rows::{shortened, view},
    schema::Schema,
    stats,
    store::{place_of, unexpected},
};

/// The order with an id, else the one with a number.
pub(crate) const FIND: &str = "
    SELECT k.place, s.id, s.version, s.state, p.data
    FROM unnest($1::text[]) WITH ORDINALITY AS k (reference, place)
    JOIN order_store.order_state s ON s.id = coalesce(
        (SELECT id FROM order_store.order_state WHERE id = k.reference),
        (SELECT order_id FROM order_store.order_number WHERE number = k.reference))
    LEFT JOIN order_store.order_person p ON p.order_id = s.id";

/// Between the bounds ($1, $2) and ($3, $4) of time and id.
macro_rules! between {
    ($at:literal, $id:literal) => {
        concat!("(", $at, ", ", $id, ") > ($1, $2) AND (", $at, ", ", $id, ") < ($3, $4)")
    };
}

/// What must hold of an order, if it is asked for.
macro_rules! filter {
    (customer) => {
        "($7::text IS NULL OR s.customer_id = $7)"
    };
    (product) => {
        "($8::text IS NULL OR EXISTS (SELECT 1 FROM order_store.order_product_index x
            WHERE x.product_id = $8 AND x.listed_at = s.listed_at AND x.order_id = s.id))"
    };
    (status) => {
        "($9::text IS NULL OR s.status = $9)"
    };
    (payment) => {
        "($10::text IS NULL OR s.payment_status = $10)"
    };
    (fulfillment) => {
        "($11::text IS NULL OR s.fulfillment_status = $11)"
    };
    (words) => {
        "($12::text IS NULL OR (SELECT p.words @@ $12::text::tsquery
            FROM order_store.order_person p WHERE p.order_id = s.id))"
    };
}

/// The columns that [`view`] reads. The personal data is looked up by key and never joined: a page
/// of a million orders would be merged with all persons before it.
macro_rules! view_columns {
    () => {
        "s.id, s.version, s.state,
            (SELECT p.data FROM order_store.order_person p WHERE p.order_id = s.id)"
    };
}
pub(crate) use view_columns;

/// A list in both directions, the oldest first and the newest first: along an index that begins with
/// a column, filtered by all else.
///
/// The column is compared with an array of one. An equality would tell the planner that every index
/// by time has the right order; it then walks past all the newer orders that are not completed to
/// find the newest completed one.
macro_rules! list {
    ($from:literal, $own:literal, $first:literal, $at:literal, $id:literal, $filters:tt) => {
        [
            list!(@one $from, $own, $first, $at, $id, $filters, ""),
            list!(@one $from, $own, $first, $at, $id, $filters, " DESC"),
        ]
    };
    (@one $from:literal, $own:literal, $first:literal, $at:literal, $id:literal,
        [$($filter:ident)*], $way:literal) => {
        concat!(
            "SELECT ", view_columns!(), " FROM ", $from, " WHERE ", $own,
            " AND ", between!($at, $id), $(" AND ", filter!($filter),)*
            " ORDER BY ", $first, $way, ", ", $at, $way, ", ", $id, $way, " LIMIT $5 OFFSET $6"
        )
    };
}

/// A list of one table, along an index of its own.
macro_rules! list_of {
    ($own:literal, $first:literal, $filters:tt) => {
        list!("order_store.order_state s", $own, $first, "s.listed_at", "s.id", $filters)
    };
}

/// What a search finds has no order of its own. A common word is found among the next thousand
/// orders; for any other one the index of words gives all its orders, and their places are sorted.
/// What is materialized, and OFFSET 0, stay the steps that they are written as: how common the
/// beginning of a word is, the planner does not know, and its guesses cost whole tables.
macro_rules! search {
    ($way:literal) => {
        concat!(
            "WITH near AS MATERIALIZED (
                SELECT s.id, s.listed_at FROM (
                    SELECT * FROM order_store.order_state s WHERE ",
            between!("s.listed_at", "s.id"),
            search!(@order $way),
            " LIMIT 1000) s WHERE ",
            filter!(words),
            search!(@filters),
            search!(@order $way),
            " LIMIT $5 OFFSET $6
            ), matching AS MATERIALIZED (
                SELECT p.order_id FROM order_store.order_person p
                WHERE p.words @@ $12::text::tsquery AND (SELECT count(*) FROM near) < $5
            ), far AS MATERIALIZED (
                SELECT s.id, s.listed_at FROM matching m CROSS JOIN LATERAL (
                    SELECT * FROM order_store.order_state s WHERE s.id = m.order_id OFFSET 0) s
                WHERE ",
            between!("s.listed_at", "s.id"),
            search!(@filters),
            search!(@order $way),
            " LIMIT $5 OFFSET $6
            )
            SELECT ",
            view_columns!(),
            " FROM (
                SELECT id FROM near WHERE (SELECT count(*) FROM near) >= $5
                UNION ALL SELECT id FROM far) found
            CROSS JOIN LATERAL (
                SELECT * FROM order_store.order_state s WHERE s.id = found.id OFFSET 0) s",
            search!(@order $way)
        )
    };
    (@order $way:literal) => {
        concat!(" ORDER BY s.listed_at", $way, ", s.id", $way)
    };
    (@filters) => {
        concat!(
            " AND ", filter!(customer), " AND ", filter!(product), " AND ", filter!(status),
            " AND ", filter!(payment), " AND ", filter!(fulfillment)
        )
    };
}

pub(crate) const LIST: [&str; 2] = list_of!(
    "TRUE",
    "s.listed_at",
    [customer product status payment fulfillment words]
);
pub(crate) const LIST_OF_CUSTOMER: [&str; 2] = list_of!(
    "s.customer_id = ANY (ARRAY[$7])",
    "s.customer_id",
    [product status payment fulfillment words]
);
pub(crate) const LIST_OF_STATUS: [&str; 2] = list_of!(
    "s.status = ANY (ARRAY[$9])",
    "s.status",
    [customer product payment fulfillment words]
);
pub(crate) const LIST_OF_PAYMENT: [&str; 2] = list_of!(
    "s.payment_status = ANY (ARRAY[$10])",
    "s.payment_status",
    [customer product status fulfillment words]
);
pub(crate) const LIST_OF_FULFILLMENT: [&str; 2] = list_of!(
    "s.fulfillment_status = ANY (ARRAY[$11])",
    "s.fulfillment_status",
    [customer product status payment words]
);
pub(crate) const LIST_OF_PRODUCT: [&str; 2] = list!(
    "order_store.order_product_index i JOIN order_store.order_state s ON s.id = i.order_id",
    "i.product_id = ANY (ARRAY[$8])",
    "i.product_id",
    "i.listed_at",
    "i.order_id",
    [customer status payment fulfillment words]
);
pub(crate) const LIST_OF_WORDS: [&str; 2] = [search!(""), search!(" DESC")];

/// The statement that walks the index which leaves the least to filter.
fn statement_of(query: &OrderQuery, has_words: bool) -> &'static str {
    let both = if query.customer_id.is_some() {
        &LIST_OF_CUSTOMER
    } else if has_words {
        &LIST_OF_WORDS
    } else if query.product_id.is_some() {
        &LIST_OF_PRODUCT
    } else if query.status.is_some() {
        &LIST_OF_STATUS
    } else if query.fulfillment_status.is_some() {
        &LIST_OF_FULFILLMENT
    } else if query.payment_status.is_some() {
        &LIST_OF_PAYMENT
    } else {
        &LIST
    };
    match query.sort {
        Sort::Oldest => both[0],
        Sort::Newest => both[1],
    }
}

/// The words to look for, each in the form in which it is kept.
pub(crate) fn words_to_find(words: &[String]) -> impl Iterator<Item = String> {
    let cut = words.iter().flat_map(|word| search::words(word));
    cut.map(|word| shortened(&word).to_owned())
}

/// The words as a search: each at the beginning of some word. None if there are none.
fn search_of(words: &[String]) -> Option<String> {
    // They are of letters and digits only, so nothing in them can be an operator.
    let quoted: Vec<_> = words_to_find(words).map(|word| format!("'{word}':*")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" & "))
}

/// Orders by id or number, with the places they are asked from.
pub(crate) async fn find_all(
    schema: &Schema,
    connection: &mut PgConnection,
    references: Vec<(usize, &str)>,
) -> Result<Vec<(usize, Result<Option<OrderView>, StoreError>)>, sqlx::Error> {
    if references.is_empty() {
        return Ok(Vec::new());
    }
    let texts: Vec<&str> = references.iter().map(|(_, reference)| *reference).collect();
    let found = sqlx::query(schema.sql(FIND)).bind(texts).fetch_all(connection).await?;
    let mut all: Vec<_> = references.iter().map(|(place, _)| (*place, Ok(None))).collect();
    for row in &found {
        if let Some((_, order)) = all.get_mut(place_of(row)?) {
            *order = view(row, 1).map(Some);
        }
    }
    Ok(all)
}

/// A page of orders.
pub(crate) async fn list(
    schema: &Schema,
    connection: impl sqlx::PgExecutor<'_>,
    query: &OrderQuery,
) -> Result<OrderPage, StoreError> {
    let words = search_of(&query.words);
    let ((from, from_id), (to, to_id)) = query.bounds();
    let rows = sqlx::query(schema.sql(statement_of(query, words.is_some())))
        .bind(from)
        .bind(from_id)
        .bind(to)
        .bind(to_id)
        .bind(i64::from(query.limit) + 1)
        .bind(i64::from(query.skip()))
        .bind(query.customer_id.as_ref().map(order_core::CustomerId::as_str))
        .bind(query.product_id.as_ref().map(order_core::ProductId::as_str))
        .bind(query.status.map(order_core::Status::as_str))
        .bind(query.payment_status.map(order_core::PaymentStatus::as_str))
        .bind(query.fulfillment_status.map(order_core::FulfillmentStatus::as_str))
        .bind(words)
        .fetch_all(connection)
        .await
        .map_err(from_sqlx)?;
    let orders = rows.iter().map(|row| view(row, 0)).collect::<Result<_, _>>()?;
    Ok(OrderPage::of(orders, query.limit))
}

#[async_trait]
impl OrderQueries for PgOrderStore {
    async fn find(&self, reference: &str) -> Result<Option<OrderView>, StoreError> {
        // No text that PostgreSQL keeps holds it.
        if reference.contains('\0') {
            return Ok(None);
        }
        match self.ask(Ask::Find(reference.to_owned())).await? {
            Found::View(view) => Ok(view),
            _ => Err(unexpected()),
        }
    }

    async fn list(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        list(self.schema(), self.pool(), query).await
    }

    async fn stats(&self, query: &StatsQuery) -> Result<Vec<StatsRow>, StoreError> {
        stats::report(self.schema(), self.pool(), query).await
    }
}
