//! What is kept, as rows: the domain's values on the way in and checked on the way out.

use std::{error::Error, str::FromStr, sync::Arc};

use order_core::{
    EventId, Money, Order, OrderEvent, OrderId, PersonalData, Product, Recorded, Timestamp,
    ports::{Commit, OrderView, RequestRecord, StockMove, StoreError},
    search::order_words,
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Decode, Row, Sqlite, Type, sqlite::SqliteRow};

use crate::error::{Misfit, corrupt};

/// All that one commit writes, ready to be bound. Made by whoever commits, so that the writer only
/// has to pass it on.
#[derive(Debug)]
pub(crate) struct CommitRows {
    pub(crate) commit: Commit,
    pub(crate) id: Arc<str>,
    pub(crate) number: Arc<str>,
    /// The version that the order must have now.
    pub(crate) expected: i64,
    pub(crate) state: Arc<str>,
    pub(crate) person: Option<Arc<str>>,
    pub(crate) words: Words,
    pub(crate) events: Vec<EventRow>,
    pub(crate) refunds: Vec<RefundRow>,
}

/// The words an order is found by.
#[derive(Debug, Clone)]
pub(crate) enum Words {
    /// They stay as they are.
    Kept,
    /// These from now on.
    Known(Arc<str>),
    /// New ones, which also depend on personal data that is not part of the commit.
    OfStored,
}

#[derive(Debug, Clone)]
pub(crate) struct EventRow {
    pub(crate) ordinal: i64,
    pub(crate) at: i64,
    pub(crate) actor: Arc<str>,
    pub(crate) kind: &'static str,
    pub(crate) event: Arc<str>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct RefundRow {
    pub(crate) ordinal: i64,
    pub(crate) at: i64,
    pub(crate) amount: i64,
}

impl CommitRows {
    pub(crate) fn of(commit: &Commit) -> Result<Self, StoreError> {
        let order = commit.order();
        let id = order.id().shared();
        let expected = i64::try_from(commit.expected_version())
            .map_err(|error| corrupt("order_state", "version", &id, error))?;
        let person = commit.person().map(|person| json("order_person", "data", &id, &**person));
        let words = match commit.person() {
            _ if !commit.touches_search() => Words::Kept,
            Some(person) => Words::Known(words_of(order, person)),
            None if expected == 0 => Words::Known(words_of(order, &PersonalData::default())),
            None => Words::OfStored,
        };
        let events = commit.events().iter().map(|recorded| event_row(&id, recorded));
        let refund = |recorded: &Recorded| match &recorded.event {
            OrderEvent::PaymentRefunded { amount, .. } => Some(RefundRow {
                ordinal: recorded.id.ordinal.into(),
                at: recorded.at.millis(),
                amount: amount.minor(),
            }),
            _ => None,
        };
        Ok(Self {
            number: order.number().shared(),
            expected,
            state: json("order_state", "state", &id, &**order)?,
            person: person.transpose()?,
            words,
            events: events.collect::<Result<_, _>>()?,
            refunds: commit.events().iter().filter_map(refund).collect(),
            id,
            commit: commit.clone(),
        })
    }

    pub(crate) fn order(&self) -> &Order {
        self.commit.order()
    }

    /// The version that the commit makes.
    pub(crate) const fn version(&self) -> i64 {
        self.expected.saturating_add(1)
    }

    pub(crate) fn stock(&self) -> &[StockMove] {
        self.commit.stock()
    }

    pub(crate) fn request(&self) -> Option<&RequestRecord> {
        self.commit.request()
    }
}

/// The words that an order is found by, each once.
pub(crate) fn words_of(order: &Order, person: &PersonalData) -> Arc<str> {
    let text = order_words(order, person);
    let mut words: Vec<_> = text.split(' ').collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ").into()
}

fn event_row(id: &str, recorded: &Recorded) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        ordinal: recorded.id.ordinal.into(),
        at: recorded.at.millis(),
        actor: recorded.actor.shared(),
        kind: recorded.event.name(),
        event: json("order_event", "event", id, &recorded.event)?,
    })
}

/// A value as a document. Fails only for a value that no reader could take back.
pub(crate) fn json(
    table: &'static str,
    column: &'static str,
    id: &str,
    value: &impl Serialize,
) -> Result<Arc<str>, StoreError> {
    let text = serde_json::to_string(value);
    text.map(Into::into).map_err(|error| corrupt(table, column, id, error))
}

/// A row that is being read, with its name for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    id: &'r str,
}

impl<'r> Reading<'r> {
    /// Begins with the column that names the row.
    pub(crate) fn new(
        row: &'r SqliteRow,
        table: &'static str,
        name: usize,
    ) -> Result<Self, StoreError> {
        let id = row.try_get(name).map_err(|error| corrupt(table, "id", "a row", error))?;
        Ok(Self { row, table, id })
    }

    /// The text that names the row.
    pub(crate) const fn id(&self) -> &'r str {
        self.id
    }

    /// Says that a column does not fit.
    pub(crate) fn corrupt(
        &self,
        column: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> StoreError {
        corrupt(self.table, column, self.id, source)
    }

    /// A column as it is.
    pub(crate) fn get<T: Decode<'r, Sqlite> + Type<Sqlite>>(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<T, StoreError> {
        self.row.try_get(index).map_err(|error| self.corrupt(column, error))
    }

    /// A text that the domain checks.
    pub(crate) fn parse<T>(&self, index: usize, column: &'static str) -> Result<T, StoreError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        let text: &str = self.get(index, column)?;
        text.parse().map_err(|error: T::Err| self.corrupt(column, error))
    }

    /// A text that the domain checks, or none.
    pub(crate) fn parse_some<T>(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<Option<T>, StoreError>
    where
        T: FromStr<Err: Error + Send + Sync + 'static>,
    {
        let text: Option<&str> = self.get(index, column)?;
        let parsed =
            text.map(|text| text.parse().map_err(|error: T::Err| self.corrupt(column, error)));
        parsed.transpose()
    }

    /// A number that is never negative.
    pub(crate) fn count<T: TryFrom<i64, Error: Error + Send + Sync + 'static>>(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let number: i64 = self.get(index, column)?;
        T::try_from(number).map_err(|error| self.corrupt(column, error))
    }

    pub(crate) fn time(&self, index: usize, column: &'static str) -> Result<Timestamp, StoreError> {
        self.count(index, column)
    }

    /// A time, if there is one.
    pub(crate) fn time_some(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = self.get(index, column)?;
        millis.map(|_| self.time(index, column)).transpose()
    }

    /// A document.
    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let text: &str = self.get(index, column)?;
        serde_json::from_str(text).map_err(|error| self.corrupt(column, error))
    }
}

/// Reads id, version, state and personal data.
pub(crate) fn view(row: &SqliteRow) -> Result<OrderView, StoreError> {
    let order = state(row, 0, 1, 2)?;
    Ok(OrderView { order: order.into(), person: person(row, 0, 3)?.into() })
}

/// Reads the state of an order from the columns with its id, its version and the document.
pub(crate) fn state(
    row: &SqliteRow,
    id: usize,
    version: usize,
    state: usize,
) -> Result<Order, StoreError> {
    let row = Reading::new(row, "order_state", id)?;
    let order: Order = row.json(state, "state")?;
    if *order.id() != row.id() {
        return Err(row.corrupt("state", Misfit("the state is that of another order")));
    }
    if order.version() != row.count::<u64>(version, "version")? {
        return Err(row.corrupt("version", Misfit("the state has another version")));
    }
    Ok(order)
}

/// Reads the personal data of an order; empty if there is none.
pub(crate) fn person(row: &SqliteRow, id: usize, data: usize) -> Result<PersonalData, StoreError> {
    let row = Reading::new(row, "order_person", id)?;
    let text: Option<&str> = row.get(data, "data")?;
    text.map_or_else(|| Ok(PersonalData::default()), |text| person_of(row.id(), text))
}

/// Reads the personal data of an order.
pub(crate) fn person_of(id: &str, text: &str) -> Result<PersonalData, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt("order_person", "data", id, error))
}

/// Reads an event: order, version, ordinal, time, author and document.
pub(crate) fn event(row: &SqliteRow) -> Result<Recorded, StoreError> {
    let row = Reading::new(row, "order_event", 0)?;
    let id = EventId {
        order_id: row.parse::<OrderId>(0, "order_id")?,
        version: row.count(1, "version")?,
        ordinal: row.count(2, "ordinal")?,
    };
    Ok(Recorded {
        id,
        at: row.time(3, "at")?,
        actor: row.parse(4, "actor")?,
        event: row.json(5, "event")?,
    })
}

/// The columns that [`product`] reads.
macro_rules! product_columns {
    () => {
        "id, name, description, price, currency, stock, category, version, created_at, updated_at, \
         backorder"
    };
}
pub(crate) use product_columns;

/// Reads a product.
pub(crate) fn product(row: &SqliteRow) -> Result<Product, StoreError> {
    let row = Reading::new(row, "order_product", 0)?;
    Ok(Product {
        id: row.parse(0, "id")?,
        name: row.parse(1, "name")?,
        description: row.get(2, "description")?,
        price: Money::new(row.get(3, "price")?, row.parse(4, "currency")?),
        stock: row.get(5, "stock")?,
        category: row.parse_some(6, "category")?,
        version: row.count(7, "version")?,
        created_at: row.time(8, "created_at")?,
        updated_at: row.time(9, "updated_at")?,
        backorder: row.get(10, "backorder")?,
    })
}
