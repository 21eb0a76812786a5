//! Which of some commits may be written: decided in order, under the write lock, from one look at
//! the database and the effects of those decided before.

use std::{collections::HashMap, sync::Arc};

use order_core::{
    PersonalData,
    catalog::Stock,
    ports::{Batch, RequestKey, StoreError},
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use crate::{
    rows::{CommitRows, Reading, Words, person_of, words_of},
    write::{Final, write},
};

/// Everything that decides, in one statement: orders, numbers, remembered keys, counted stocks,
/// personal data that words depend on, and the last row of `order_state`.
pub(crate) const LOOK_UP: &str = "
    SELECT 0, s.id, NULL, s.seq, s.version
        FROM json_each(?1) j CROSS JOIN order_state s ON s.id = j.value
    UNION ALL
    SELECT 1, s.number, s.id, 0, 0
        FROM json_each(?2) j CROSS JOIN order_state s ON s.number = j.value
    UNION ALL
    SELECT 2, r.owner, r.key, 0, 0
        FROM json_each(?3) j
        CROSS JOIN order_request r ON r.owner = j.value ->> 0 AND r.key = j.value ->> 1
    UNION ALL
    SELECT 3, p.id, NULL, p.stock, p.backorder
        FROM json_each(?4) j CROSS JOIN order_product p ON p.id = j.value
        WHERE p.stock IS NOT NULL
    UNION ALL
    SELECT 4, p.order_id, p.data, 0, 0
        FROM json_each(?5) j CROSS JOIN order_person p ON p.order_id = j.value
    UNION ALL
    SELECT 5, '', NULL, coalesce(max(seq), 0), 0 FROM order_state";

/// Writes those of the commits that may be written and says what became of each. The write lock
/// must be held; an error leaves the transaction to be rolled back.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    commits: &[&CommitRows],
) -> Result<Vec<Result<(), StoreError>>, sqlx::Error> {
    let mut known = Known::look_up(connection, commits).await?;
    let answers: Vec<_> = commits.iter().map(|commit| known.take(commit)).collect();
    let winners: Vec<&CommitRows> = commits
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.is_ok())
        .map(|(commit, _)| *commit)
        .collect();
    if !winners.is_empty() {
        write(connection, &winners, known.orders, known.batch.stocks()).await?;
    }
    Ok(answers)
}

/// What is known of the database, as it will be after the commits taken so far.
#[derive(Debug, Default)]
struct Known {
    batch: Batch,
    /// The rows of orders in `order_state`, by id.
    seqs: HashMap<Arc<str>, i64>,
    persons: HashMap<Arc<str>, Person>,
    last_seq: i64,
    /// What the orders become, by id.
    orders: HashMap<Arc<str>, Final>,
}

/// Personal data: as it is stored, or as it was committed.
#[derive(Debug)]
enum Person {
    Stored(Arc<str>),
    Known(Arc<PersonalData>),
}

impl Known {
    async fn look_up(
        connection: &mut SqliteConnection,
        commits: &[&CommitRows],
    ) -> Result<Self, sqlx::Error> {
        let of_stored = |commit: &&&CommitRows| matches!(commit.words, Words::OfStored);
        let request = |commit: &&CommitRows| {
            commit.request().map(|request| [request.key.owner.shared(), request.key.key.shared()])
        };
        let stock = |commit: &&CommitRows| {
            commit.stock().iter().map(|step| step.product_id.shared()).collect::<Vec<_>>()
        };
        let mut products: Vec<_> = commits.iter().flat_map(stock).collect();
        products.sort_unstable();
        products.dedup();
        let rows = sqlx::query(LOOK_UP)
            .bind(list(commits.iter().map(|commit| &commit.id))?)
            .bind(list(commits.iter().map(|commit| &commit.number))?)
            .bind(list(commits.iter().filter_map(request))?)
            .bind(list(products)?)
            .bind(list(commits.iter().filter(of_stored).map(|commit| &commit.id))?)
            .fetch_all(&mut *connection)
            .await?;
        let mut known = Self::default();
        rows.iter()
            .try_for_each(|row| known.learn(row))
            .map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(known)
    }

    fn learn(&mut self, row: &SqliteRow) -> Result<(), StoreError> {
        let row = Reading::new(row, "order_state", 1)?;
        match row.get::<i64>(0, "kind")? {
            0 => {
                self.seqs.insert(row.id().into(), row.get(3, "seq")?);
                self.batch.found_order(row.parse(1, "id")?, row.count(4, "version")?);
            }
            1 => self.batch.found_number(row.parse(1, "number")?, row.parse(2, "id")?),
            2 => {
                let key = RequestKey { owner: row.parse(1, "owner")?, key: row.parse(2, "key")? };
                self.batch.found_key(key);
            }
            3 => {
                let stock =
                    Stock { level: row.get(3, "stock")?, backorder: row.get(4, "backorder")? };
                self.batch.found_stock(row.parse(1, "id")?, stock);
            }
            4 => {
                let data: &str = row.get(2, "data")?;
                self.persons.insert(row.id().into(), Person::Stored(data.into()));
            }
            _ => self.last_seq = row.get(3, "seq")?,
        }
        Ok(())
    }

    /// Takes a commit if it may be written.
    fn take(&mut self, commit: &CommitRows) -> Result<(), StoreError> {
        self.batch.check(&commit.commit)?;
        let words = self.words_after(commit)?;
        // Nothing can fail from here on.
        self.batch.take(&commit.commit);
        self.become_of(commit, words);
        Ok(())
    }

    /// The words to write, if there are any.
    fn words_after(&self, commit: &CommitRows) -> Result<Option<Arc<str>>, StoreError> {
        match &commit.words {
            Words::Kept => Ok(None),
            Words::Known(words) => Ok(Some(Arc::clone(words))),
            Words::OfStored => {
                let person = match self.persons.get(&commit.id) {
                    Some(Person::Stored(text)) => Arc::new(person_of(&commit.id, text)?),
                    Some(Person::Known(person)) => Arc::clone(person),
                    None => Arc::default(),
                };
                Ok(Some(words_of(commit.order(), &person)))
            }
        }
    }

    fn become_of(&mut self, commit: &CommitRows, words: Option<Arc<str>>) {
        let id = &commit.id;
        let seq = self.seqs.get(id).copied().unwrap_or(self.last_seq + 1);
        self.last_seq = self.last_seq.max(seq);
        self.seqs.insert(Arc::clone(id), seq);
        if let Some(person) = commit.commit.person() {
            self.persons.insert(Arc::clone(id), Person::Known(Arc::clone(person)));
        }
        let new = Final { seq, is_new: commit.expected == 0, ..Final::default() };
        let order = self.orders.entry(Arc::clone(id)).or_insert(new);
        order.version = commit.version();
        order.person = commit.person.clone().or_else(|| order.person.take());
        order.words = words.or_else(|| order.words.take());
        order.lines_moved |= commit.commit.touches_lines();
    }
}

/// A JSON array for `json_each`.
pub(crate) fn list<T: serde::Serialize>(
    items: impl IntoIterator<Item = T>,
) -> Result<String, sqlx::Error> {
    let items: Vec<T> = items.into_iter().collect();
    serde_json::to_string(&items).map_err(|error| sqlx::Error::Encode(error.into()))
}
