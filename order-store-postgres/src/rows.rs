//! What is kept, as rows: the domain's values on the way in and checked on the way out.

use std::{error::Error, str::FromStr};

use order_core::{
    EventId, Money, Order, OrderEvent, OrderId, PersonalData, Product, Recorded, Timestamp,
    ports::{AgendaChange, Commit, OrderView, StoreError},
    search::order_words,
};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Decode, Postgres, Row, Type, postgres::PgRow};

use crate::error::{Misfit, corrupt};

/// The longest word that PostgreSQL keeps is 2,046 bytes; what two words share beyond this many
/// characters does not matter to anybody.
const WORD_CHARS_MAX: usize = 250;
/// The most bytes of words that PostgreSQL keeps of one order is 1 MiB. Words beyond are not found.
const WORDS_BYTES_MAX: usize = 1_000_000;

/// All that one commit writes, ready to be bound. Made by whoever commits, so that the writer only
/// has to pass it on.
#[derive(Debug)]
pub(crate) struct CommitRows {
    pub(crate) commit: Commit,
    pub(crate) version: i64,
    pub(crate) state: String,
    pub(crate) person: Option<String>,
    pub(crate) words: Words,
    pub(crate) events: Vec<EventRow>,
}

/// The words an order is found by.
#[derive(Debug, Clone)]
pub(crate) enum Words {
    /// They stay as they are.
    Kept,
    /// These from now on.
    Known(String),
    /// New ones, which also depend on personal data that is not part of the commit.
    OfStored,
}

#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) ordinal: i32,
    pub(crate) at: i64,
    pub(crate) event: String,
    /// What went back to the customer, in minor units.
    pub(crate) refund: Option<i64>,
}

impl CommitRows {
    pub(crate) fn of(commit: &Commit) -> Result<Self, StoreError> {
        let order = commit.order();
        let id = order.id().as_str();
        let version = i64::try_from(order.version())
            .map_err(|error| corrupt("order_state", "version", id, error))?;
        let person = commit.person().map(|person| json("order_person", "data", id, &**person));
        let words = match commit.person() {
            _ if !commit.touches_search() => Words::Kept,
            Some(person) => Words::Known(words_of(order, person)),
            None if commit.expected_version() == 0 => {
                Words::Known(words_of(order, &PersonalData::default()))
            }
            None => Words::OfStored,
        };
        let events = commit.events().iter().map(|recorded| event_row(id, recorded));
        Ok(Self {
            version,
            state: json("order_state", "state", id, &**order)?,
            person: person.transpose()?,
            words,
            events: events.collect::<Result<_, _>>()?,
            commit: commit.clone(),
        })
    }

    pub(crate) fn order(&self) -> &Order {
        self.commit.order()
    }

    /// Whether it needs no transaction: a new order that takes no stock. Nothing has to stay as it was seen
    /// until it is written, and one statement writes all of it.
    pub(crate) fn stands_alone(&self) -> bool {
        self.commit.expected_version() == 0
            && self.commit.stock().is_empty()
            && matches!(self.commit.agenda(), AgendaChange::Leave)
            && self.events.iter().all(|event| event.refund.is_none())
    }

    pub(crate) fn id(&self) -> &str {
        self.commit.order_id().as_str()
    }
}

/// The words that an order is found by, separated by blanks, each in a length that can be kept.
pub(crate) fn words_of(order: &Order, person: &PersonalData) -> String {
    let mut words = order_words(order, person);
    if words.len() > WORD_CHARS_MAX {
        let cut: Vec<&str> = words.split(' ').map(shortened).collect();
        words = cut.join(" ");
    }
    if words.len() > WORDS_BYTES_MAX {
        let end = words.floor_char_boundary(WORDS_BYTES_MAX);
        words.truncate(words[..end].rfind(' ').unwrap_or(end));
    }
    words
}

/// A word in the length in which it is kept and looked for.
pub(crate) fn shortened(word: &str) -> &str {
    match word.char_indices().nth(WORD_CHARS_MAX) {
        Some((end, _)) => &word[..end],
        None => word,
    }
}

fn event_row(id: &str, recorded: &Recorded) -> Result<EventRow, StoreError> {
    let misfit = |error| corrupt("order_event", "ordinal", id, error);
    Ok(EventRow {
        ordinal: i32::try_from(recorded.id.ordinal).map_err(misfit)?,
        at: recorded.at.millis(),
        event: json("order_event", "event", id, &recorded.event)?,
        refund: match &recorded.event {
            OrderEvent::PaymentRefunded { amount, .. } => Some(amount.minor()),
            _ => None,
        },
    })
}

/// A value as a document. Fails only for a value that no reader could take back.
pub(crate) fn json(
    table: &'static str,
    column: &'static str,
    id: &str,
    value: &impl Serialize,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(table, column, id, error))
}

/// A row that is being read, with its name for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'r> {
    row: &'r PgRow,
    table: &'static str,
    id: &'r str,
}

impl<'r> Reading<'r> {
    /// Begins with the column that names the row.
    pub(crate) fn new(
        row: &'r PgRow,
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
    pub(crate) fn get<T: Decode<'r, Postgres> + Type<Postgres>>(
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

    /// A whole number within the bounds that the domain sets.
    pub(crate) fn number<T: TryFrom<i64, Error: Error + Send + Sync + 'static>>(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let number: i64 = self.get(index, column)?;
        T::try_from(number).map_err(|error| self.corrupt(column, error))
    }

    pub(crate) fn time(&self, index: usize, column: &'static str) -> Result<Timestamp, StoreError> {
        self.number(index, column)
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

/// Reads id, version, state and personal data, beginning with this column.
pub(crate) fn view(row: &PgRow, first: usize) -> Result<OrderView, StoreError> {
    let order = state(row, first)?;
    Ok(OrderView { order: order.into(), person: person(row, first, first + 3)?.into() })
}

/// Reads the state of an order from the columns with its id, its version and the document.
pub(crate) fn state(row: &PgRow, first: usize) -> Result<Order, StoreError> {
    let row = Reading::new(row, "order_state", first)?;
    let order: Order = row.json(first + 2, "state")?;
    if *order.id() != row.id() {
        return Err(row.corrupt("state", Misfit("the state is that of another order")));
    }
    if order.version() != row.number::<u64>(first + 1, "version")? {
        return Err(row.corrupt("version", Misfit("the state has another version")));
    }
    Ok(order)
}

/// Reads the personal data of an order; empty if there is none.
pub(crate) fn person(row: &PgRow, id: usize, data: usize) -> Result<PersonalData, StoreError> {
    let row = Reading::new(row, "order_person", id)?;
    let text: Option<&str> = row.get(data, "data")?;
    text.map_or_else(|| Ok(PersonalData::default()), |text| person_of(row.id(), text))
}

/// Reads the personal data of an order.
pub(crate) fn person_of(id: &str, text: &str) -> Result<PersonalData, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt("order_person", "data", id, error))
}

/// Reads an event, beginning with this column: order, version, ordinal, time, author and document.
pub(crate) fn event(row: &PgRow, first: usize) -> Result<Recorded, StoreError> {
    let row = Reading::new(row, "order_event", first)?;
    let ordinal: i32 = row.get(first + 2, "ordinal")?;
    let id = EventId {
        order_id: row.parse::<OrderId>(first, "order_id")?,
        version: row.number(first + 1, "version")?,
        ordinal: ordinal.try_into().map_err(|error| row.corrupt("ordinal", error))?,
    };
    Ok(Recorded {
        id,
        at: row.time(first + 3, "at")?,
        actor: row.parse(first + 4, "actor")?,
        event: row.json(first + 5, "event")?,
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
pub(crate) fn product(row: &PgRow) -> Result<Product, StoreError> {
    let row = Reading::new(row, "order_product", 0)?;
    Ok(Product {
        id: row.parse(0, "id")?,
        name: row.parse(1, "name")?,
        description: row.get(2, "description")?,
        price: Money::new(row.get(3, "price")?, row.parse(4, "currency")?),
        stock: row.get(5, "stock")?,
        category: row.parse_some(6, "category")?,
        version: row.number(7, "version")?,
        created_at: row.time(8, "created_at")?,
        updated_at: row.time(9, "updated_at")?,
        backorder: row.get(10, "backorder")?,
    })
}
