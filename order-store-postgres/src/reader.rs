//! Reads by key that are waiting share a statement.

use std::{collections::HashMap, time::Duration};

use order_core::{
    OrderId, Product, ProductId,
    ports::{OrderView, Remembered, RequestKey, Revalidated, StoreError, Stored},
};
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    catalog,
    confirmed::Confirmed,
    crew::{Outcome, Performing, Work},
    error::Stopped,
    queries,
    rows::product,
    schema::Schema,
    store,
};

/// A read by key.
#[derive(Debug)]
pub(crate) enum Ask {
    Load(OrderId),
    Find(String),
    Revalidate(queries::Known),
    Recall(RequestKey),
    Products(Vec<ProductId>),
    /// So many numbers of orders.
    Numbers(i32),
}

/// What was found.
#[derive(Debug)]
pub(crate) enum Found {
    Stored(Box<Stored>),
    View(Option<OrderView>),
    Revalidated(Revalidated),
    Remembered(Option<Remembered>),
    Products(Vec<Product>),
    Numbers(Vec<i64>),
}

/// Answers reads.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) schema: Schema,
    pub(crate) confirmed: Confirmed,
}

impl Work for Reading {
    type Task = Ask;
    type Answer = Found;

    const BATCH_MAX: usize = 256;
    const TIME_MAX: Duration = Duration::from_secs(3);

    fn perform<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        tasks: &'a [Ask],
    ) -> Performing<'a, Found> {
        Box::pin(self.read(connection, tasks))
    }
}

impl Reading {
    async fn read(&self, connection: &mut PgConnection, tasks: &[Ask]) -> Outcome<Found> {
        let mut answers: Vec<Option<Result<Found, StoreError>>> =
            tasks.iter().map(|_| None).collect();
        let mut put = |place: usize, answer| answers[place] = Some(answer);
        let loads = some(tasks, |task| match task {
            Ask::Load(id) => Some(id),
            _ => None,
        });
        for (place, stored) in store::load_all(&self.schema, connection, loads).await? {
            put(place, stored.map(|stored| Found::Stored(Box::new(stored))));
        }
        let finds = some(tasks, |task| match task {
            Ask::Find(reference) => Some(reference.as_str()),
            _ => None,
        });
        for (place, view) in queries::find_all(&self.schema, connection, finds).await? {
            put(place, view.map(Found::View));
        }
        let known = some(tasks, |task| match task {
            Ask::Revalidate(known) => Some(known),
            _ => None,
        });
        let (schema, confirmed) = (&self.schema, &self.confirmed);
        for (place, answer) in queries::revalidate_all(schema, connection, confirmed, known).await?
        {
            put(place, answer.map(Found::Revalidated));
        }
        let keys = some(tasks, |task| match task {
            Ask::Recall(key) => Some(key),
            _ => None,
        });
        for (place, known) in store::recall_all(&self.schema, connection, keys).await? {
            put(place, known.map(Found::Remembered));
        }
        let wanted = some(tasks, |task| match task {
            Ask::Products(ids) => Some(ids),
            _ => None,
        });
        let ids = wanted.iter().flat_map(|(_, ids)| ids.iter());
        let rows = catalog::rows_of(&self.schema, connection, ids).await?;
        let mut known = HashMap::with_capacity(rows.len());
        for row in &rows {
            known.insert(row.try_get::<&str, _>(0)?, row);
        }
        for (place, ids) in wanted {
            put(place, pick(&known, ids).map(Found::Products));
        }
        let counts = some(tasks, |task| match task {
            Ask::Numbers(count) => Some(*count),
            _ => None,
        });
        for (place, count) in counts {
            let taken = store::take_numbers(&self.schema, connection, count).await?;
            put(place, Ok(Found::Numbers(taken)));
        }
        let missing = || Err(StoreError::Unavailable(Stopped.into()));
        Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect())
    }
}

/// The tasks of one kind, with their places.
fn some<'a, T>(tasks: &'a [Ask], of: impl Fn(&'a Ask) -> Option<T>) -> Vec<(usize, T)> {
    let placed = tasks.iter().enumerate();
    placed.filter_map(|(place, task)| of(task).map(|it| (place, it))).collect()
}

fn pick(rows: &HashMap<&str, &PgRow>, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
    ids.iter().filter_map(|id| rows.get(id.as_str())).map(|row| product(row)).collect()
}
