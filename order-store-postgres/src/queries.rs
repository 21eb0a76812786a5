//! Reads for screens. Every list walks one index in its own order, from where the page begins.

use async_trait::async_trait;
use order_core::{
    ports::{
        OrderPage, OrderQueries, OrderQuery, OrderView, Revalidated, Revalidation, Sort, Stamp,
        StatsQuery, StatsRow, StoreError,
    },
    search,
};
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    PgOrderStore,
    confirmed::{Confirmed, MOMENT, moment},
    error::from_sqlx,
    reader::{Ask, Found},
    rows::{Reading, shortened, view},
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

/// The same with which writing of its rows it is (the ids of the transactions that wrote them); the
/// documents only if it is not the one that is known.
pub(crate) const REVALIDATE: &str = concat!(
    "
    SELECT k.place, s.id, s.version,
        CASE WHEN w.same THEN NULL ELSE s.state END,
        CASE WHEN w.same THEN NULL ELSE p.data END,
        w.writing, (SELECT ",
    moment!(),
    ")
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
        AS k (reference, id, version, writing, place)
    JOIN order_store.order_state s ON s.id = coalesce(
        (SELECT id FROM order_store.order_state WHERE id = k.reference),
        (SELECT order_id FROM order_store.order_number WHERE number = k.reference))
    LEFT JOIN order_store.order_person p ON p.order_id = s.id
    CROSS JOIN LATERAL (SELECT x.writing,
            s.id = k.id AND s.version = k.version AND x.writing = k.writing AS same
        FROM (SELECT (s.xmin::text::bigint << 32) | coalesce(p.xmin::text::bigint, 0) AS writing) x) w"
);

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
    ($($filter:ident)*) => {
        concat!("TRUE" $(, " AND ", filter!($filter))*)
    };
}

/// The columns that [`view`] reads. Personal data is looked up and not joined: the planner would
/// merge the persons of all orders with the few of a page.
macro_rules! view_columns {
    () => {
        "s.id, s.version, s.state,
            (SELECT p.data FROM order_store.order_person p WHERE p.order_id = s.id)"
    };
}
pub(crate) use view_columns;

/// A list along an index that begins with a column, and a search in it: each from the oldest on, then
/// from the newest on.
///
/// The column is compared with an array of one. With an equality, every index by time would have the
/// right order too; the planner then walks past all the new orders that are not completed to find
/// the newest completed one.
///
/// How common the beginning of a word is, it does not know either, so the steps of a search stay as
/// they are written (materialized, OFFSET 0). A common word is found among the next thousand orders
/// of the list; for any other one the index of words gives its orders, whose places are sorted.
macro_rules! list {
    ($of:tt, $filters:tt) => {
        [
            list!(@list $of, $filters, ""),
            list!(@list $of, $filters, " DESC"),
            list!(@search $of, $filters, ""),
            list!(@search $of, $filters, " DESC"),
        ]
    };
    (@list ($from:literal $join:literal, $own:literal, $first:literal, $at:literal, $id:literal),
        ($($filter:ident)*), $way:literal) => {
        concat!(
            "SELECT ", view_columns!(), " FROM ", $from, $join,
            " WHERE ", $own, " AND ", between!($at, $id), " AND ", filter!($($filter)*),
            " AND $12::text IS NULL
            ORDER BY ", $first, $way, ", ", $at, $way, ", ", $id, $way, " LIMIT $5 OFFSET $6"
        )
    };
    (@search ($from:literal $join:literal, $own:literal, $first:literal, $at:literal, $id:literal),
        ($($filter:ident)*), $way:literal) => {
        concat!(
            "WITH next AS MATERIALIZED (
                SELECT ", $id, " AS id FROM ", $from, "
                WHERE ", $own, " AND ", between!($at, $id), "
                ORDER BY ", $first, $way, ", ", $at, $way, ", ", $id, $way, " LIMIT 1000
            ), near AS MATERIALIZED (
                SELECT s.id FROM next CROSS JOIN LATERAL (
                    SELECT * FROM order_store.order_state s WHERE s.id = next.id OFFSET 0) s
                WHERE (SELECT p.words @@ $12::text::tsquery
                    FROM order_store.order_person p WHERE p.order_id = next.id)
                    AND ", filter!($($filter)*), "
                LIMIT $5 OFFSET $6
            ), is_near AS MATERIALIZED (
                SELECT (SELECT count(*) FROM near) >= $5
                    OR (SELECT count(*) FROM next) < 1000 AS yes
            ), matching AS MATERIALIZED (
                SELECT order_id AS id FROM order_store.order_person
                WHERE words @@ $12::text::tsquery AND NOT (SELECT yes FROM is_near)
            ), far AS MATERIALIZED (
                SELECT s.id FROM matching CROSS JOIN LATERAL (
                    SELECT * FROM order_store.order_state s WHERE s.id = matching.id OFFSET 0) s
                WHERE ", between!("s.listed_at", "s.id"), "
                    AND ", filter!(customer product status payment fulfillment), "
                ORDER BY s.listed_at", $way, ", s.id", $way, " LIMIT $5 OFFSET $6
            )
            SELECT ", view_columns!(), "
            FROM (SELECT id FROM near WHERE (SELECT yes FROM is_near)
                UNION ALL SELECT id FROM far) found
            CROSS JOIN LATERAL (
                SELECT * FROM order_store.order_state s WHERE s.id = found.id OFFSET 0) s
            ORDER BY s.listed_at", $way, ", s.id", $way
        )
    };
}

/// The same along an index of the states.
macro_rules! list_of {
    ($own:literal, $first:literal, $filters:tt) => {
        list!(
            ("order_store.order_state s" "", $own, $first, "s.listed_at", "s.id"),
            $filters
        )
    };
}

pub(crate) const LIST: [&str; 4] =
    list_of!("TRUE", "s.listed_at", (customer product status payment fulfillment));
pub(crate) const LIST_OF_CUSTOMER: [&str; 4] = list_of!(
    "s.customer_id = ANY (ARRAY[$7])",
    "s.customer_id",
    (product status payment fulfillment)
);
pub(crate) const LIST_OF_STATUS: [&str; 4] = list_of!(
    "s.status = ANY (ARRAY[$9])",
    "s.status",
    (customer product payment fulfillment)
);
pub(crate) const LIST_OF_PAYMENT: [&str; 4] = list_of!(
    "s.payment_status = ANY (ARRAY[$10])",
    "s.payment_status",
    (customer product status fulfillment)
);
pub(crate) const LIST_OF_FULFILLMENT: [&str; 4] = list_of!(
    "s.fulfillment_status = ANY (ARRAY[$11])",
    "s.fulfillment_status",
    (customer product status payment)
);
pub(crate) const LIST_OF_PRODUCT: [&str; 4] = list!(
    ("order_store.order_product_index i" " JOIN order_store.order_state s ON s.id = i.order_id",
        "i.product_id = ANY (ARRAY[$8])", "i.product_id", "i.listed_at", "i.order_id"),
    (customer status payment fulfillment)
);

/// The statement that walks the index which leaves the least to filter.
fn statement_of(query: &OrderQuery, has_words: bool) -> &'static str {
    let list = if query.customer_id.is_some() {
        &LIST_OF_CUSTOMER
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
    match (has_words, query.sort) {
        (false, Sort::Oldest) => list[0],
        (false, Sort::Newest) => list[1],
        (true, Sort::Oldest) => list[2],
        (true, Sort::Newest) => list[3],
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

/// What somebody asks who may have an order already: its reference, and the stamp of what they have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    pub(crate) reference: String,
    pub(crate) stamp: Option<Stamp>,
}

/// What became of orders, with the places they are asked from.
type Answers = Vec<(usize, Result<Revalidated, StoreError>)>;

/// What became of orders that are known. Those that were found right before, when nothing has been written
/// since, are not looked at.
pub(crate) async fn revalidate_all(
    schema: &Schema,
    connection: &mut PgConnection,
    confirmed: &Confirmed,
    asked: Vec<(usize, &Known)>,
) -> Result<Answers, sqlx::Error> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let (trusted, rest) = confirmed.part(asked);
    let (mut all, moment) = if rest.is_empty() {
        (Vec::new(), Some(sqlx::query_scalar(MOMENT).fetch_one(&mut *connection).await?))
    } else {
        look_at(schema, connection, confirmed, rest).await?
    };
    let moment: Option<String> = moment;
    if moment.is_some_and(|moment| confirmed.holds(&moment, &trusted)) {
        all.extend(trusted.iter().map(|(place, _)| (*place, Ok(Revalidated::Unchanged))));
    } else if !trusted.is_empty() {
        all.extend(look_at(schema, connection, confirmed, trusted).await?.0);
    }
    Ok(all)
}

/// Looks at orders, and gives the moment of the look if it found any.
async fn look_at(
    schema: &Schema,
    connection: &mut PgConnection,
    confirmed: &Confirmed,
    asked: Vec<(usize, &Known)>,
) -> Result<(Answers, Option<String>), sqlx::Error> {
    let of_stamps = |of: fn(&Stamp) -> Option<i64>| -> Vec<Option<i64>> {
        asked.iter().map(|(_, known)| known.stamp.as_ref().and_then(of)).collect()
    };
    let references: Vec<&str> = asked.iter().map(|(_, known)| known.reference.as_str()).collect();
    let stamps = asked.iter().map(|(_, known)| known.stamp.as_ref());
    let ids: Vec<_> = stamps.map(|stamp| stamp.map(|stamp| stamp.order_id.as_str())).collect();
    let found = sqlx::query(schema.sql(REVALIDATE))
        .bind(references)
        .bind(ids)
        .bind(of_stamps(|stamp| i64::try_from(stamp.version).ok()))
        .bind(of_stamps(|stamp| Some(stamp.writing)))
        .fetch_all(connection)
        .await?;
    let moment = found.first().map(|row| row.try_get::<String, _>(6)).transpose()?;
    let mut all: Vec<_> =
        asked.iter().map(|(place, _)| (*place, Ok(Revalidated::Absent))).collect();
    let mut right = Vec::with_capacity(found.len());
    for row in &found {
        let at = place_of(row)?;
        if let (Some((_, answer)), Some((_, known))) = (all.get_mut(at), asked.get(at)) {
            *answer = revalidated(row);
            right.extend(answer.as_ref().ok().and_then(|answer| known.after(answer)));
        }
    }
    if let Some(moment) = &moment {
        confirmed.note(moment, right);
    }
    Ok((all, moment))
}

impl Known {
    /// What is known after this answer; nothing of an order that is not there.
    fn after(&self, answer: &Revalidated) -> Option<Self> {
        match answer {
            Revalidated::Absent => None,
            Revalidated::Unchanged => Some(self.clone()),
            Revalidated::Changed { stamp, .. } => {
                Some(Self { reference: self.reference.clone(), stamp: Some(stamp.clone()) })
            }
        }
    }
}

fn revalidated(row: &PgRow) -> Result<Revalidated, StoreError> {
    let columns = Reading::new(row, "order_state", 1)?;
    if columns.get::<Option<&str>>(3, "state")?.is_none() {
        return Ok(Revalidated::Unchanged);
    }
    let view = view(row, 1)?;
    let (order_id, version) = (view.order.id().clone(), view.order.version());
    let writing = columns.get(5, "xmin")?;
    Ok(Revalidated::Changed { stamp: Stamp { order_id, version, writing }, view })
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

#[async_trait]
impl Revalidation for PgOrderStore {
    async fn revalidate(
        &self,
        reference: &str,
        known: Option<&Stamp>,
    ) -> Result<Revalidated, StoreError> {
        if reference.contains('\0') {
            return Ok(Revalidated::Absent);
        }
        let known = Known { reference: reference.to_owned(), stamp: known.cloned() };
        match self.ask(Ask::Revalidate(known)).await? {
            Found::Revalidated(answer) => Ok(answer),
            _ => Err(unexpected()),
        }
    }
}
