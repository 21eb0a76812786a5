//! One statement for many rows.

use std::sync::OnceLock;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Encode, Sqlite, SqliteConnection, Type, error::BoxDynError};

/// How many rows one statement carries. Any number of rows is a sum of these, so that every text is
/// known beforehand and stays prepared.
const SIZES: [usize; 8] = [128, 64, 32, 16, 8, 4, 2, 1];

/// A statement that takes rows: `head (…), (…) tail`.
#[derive(Debug)]
pub(crate) struct Bulk {
    head: &'static str,
    row: &'static str,
    tail: &'static str,
    texts: OnceLock<[String; SIZES.len()]>,
}

impl Bulk {
    pub(crate) const fn new(head: &'static str, row: &'static str, tail: &'static str) -> Self {
        Self { head, row, tail, texts: OnceLock::new() }
    }

    /// The text for each size.
    pub(crate) fn texts(&'static self) -> &'static [String] {
        self.texts.get_or_init(|| {
            SIZES.map(|rows| {
                let rows = vec![self.row; rows].join(",");
                format!("{} {rows} {}", self.head, self.tail)
            })
        })
    }

    /// Runs the statement for all rows and says how many it wrote.
    pub(crate) async fn run<R: Send>(
        &'static self,
        connection: &mut SqliteConnection,
        rows: Vec<R>,
        bind: impl Fn(&mut Values, R) + Send,
    ) -> Result<u64, sqlx::Error> {
        let mut written = 0;
        let mut rows = rows.into_iter();
        for (text, size) in self.texts().iter().zip(SIZES) {
            while rows.len() >= size {
                let mut values = Values::default();
                rows.by_ref().take(size).for_each(|row| bind(&mut values, row));
                let query = sqlx::query_with(text.as_str(), values.into_arguments()?);
                written += query.execute(&mut *connection).await?.rows_affected();
            }
        }
        Ok(written)
    }
}

/// The values of a statement, in order.
#[derive(Debug, Default)]
pub(crate) struct Values {
    arguments: SqliteArguments,
    failed: Option<BoxDynError>,
}

impl Values {
    pub(crate) fn add<'a, T: Encode<'a, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(error);
        }
        self
    }

    fn into_arguments(self) -> Result<SqliteArguments, sqlx::Error> {
        self.failed.map_or(Ok(self.arguments), |error| Err(sqlx::Error::Encode(error)))
    }
}
