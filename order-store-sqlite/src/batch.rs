//! Which of some commits may be written: decided in order, under the write lock, from one look at
//! the database and the effects of those decided before.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use order_core::{PersonalData, catalog::STOCK_MAX, ports::StoreError};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    rows::{CommitRows, Words, person_of, words_of},
    write::{Final, write},
};

/// Everything that decides, in one statement: orders, numbers, remembered keys, counted stocks,
/// personal data that words depend on, and the last row of `order_state`.
pub(crate) const LOOK_UP: &str = "
    SELECT 0, s.id, s.number, s.seq, s.version
        FROM json_each(?1) j CROSS JOIN order_state s ON s.id = j.value
    UNION ALL
    SELECT 1, s.number, s.id, 0, 0
        FROM json_each(?2) j CROSS JOIN order_state s ON s.number = j.value
    UNION ALL
    SELECT 2, r.owner, r.key, 0, 0
        FROM json_each(?3) j
        CROSS JOIN order_request r ON r.owner = j.value ->> 0 AND r.key = j.value ->> 1
    UNION ALL
    SELECT 3, p.id, NULL, p.stock, 0
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
    let mut batch = Batch::look_up(connection, commits).await?;
    let answers: Vec<_> = commits.iter().map(|commit| batch.take(commit)).collect();
    let winners: Vec<&CommitRows> = commits
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.is_ok())
        .map(|(commit, _)| *commit)
        .collect();
    if !winners.is_empty() {
        write(connection, &winners, batch.orders, batch.moved).await?;
    }
    Ok(answers)
}

/// What is known of the database, as it will be after the commits taken so far.
#[derive(Debug, Default)]
struct Batch {
    present: HashMap<Arc<str>, Present>,
    numbers: HashMap<Arc<str>, Arc<str>>,
    keys: HashSet<(Arc<str>, Arc<str>)>,
    stocks: HashMap<Arc<str>, i64>,
    persons: HashMap<Arc<str>, Person>,
    last_seq: i64,
    /// What the orders become, by id.
    orders: HashMap<Arc<str>, Final>,
    /// The level and the time of change of each stock that moved.
    moved: HashMap<Arc<str>, (i64, i64)>,
}

/// Personal data: as it is stored, or as it was committed.
#[derive(Debug)]
enum Person {
    Stored(Arc<str>),
    Known(Arc<PersonalData>),
}

/// An order that exists.
#[derive(Debug, Clone)]
struct Present {
    seq: i64,
    version: i64,
    number: Arc<str>,
}

impl Batch {
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
        let rows = sqlx::query(LOOK_UP)
            .bind(list(commits.iter().map(|commit| &commit.id))?)
            .bind(list(commits.iter().map(|commit| &commit.number))?)
            .bind(list(commits.iter().filter_map(request))?)
            .bind(list(commits.iter().flat_map(stock).collect::<HashSet<_>>())?)
            .bind(list(commits.iter().filter(of_stored).map(|commit| &commit.id))?)
            .fetch_all(&mut *connection)
            .await?;
        let mut batch = Self::default();
        rows.iter().try_for_each(|row| batch.learn(row))?;
        Ok(batch)
    }

    fn learn(&mut self, row: &SqliteRow) -> Result<(), sqlx::Error> {
        let text = |index| row.try_get::<&str, _>(index).map(Arc::<str>::from);
        let number = |index| row.try_get::<i64, _>(index);
        match number(0)? {
            0 => {
                let present = Present { seq: number(3)?, version: number(4)?, number: text(2)? };
                self.present.insert(text(1)?, present);
            }
            1 => {
                self.numbers.insert(text(1)?, text(2)?);
            }
            2 => {
                self.keys.insert((text(1)?, text(2)?));
            }
            3 => {
                self.stocks.insert(text(1)?, number(3)?);
            }
            4 => {
                self.persons.insert(text(1)?, Person::Stored(text(2)?));
            }
            _ => self.last_seq = number(3)?,
        }
        Ok(())
    }

    /// Takes a commit if it may be written: key before everything, then version, number, stock.
    fn take(&mut self, commit: &CommitRows) -> Result<(), StoreError> {
        let key =
            commit.request().map(|request| (request.key.owner.shared(), request.key.key.shared()));
        if key.as_ref().is_some_and(|key| self.keys.contains(key)) {
            return Err(StoreError::KeyTaken);
        }
        let present = self.present.get(&commit.id);
        if present.map_or(0, |present| present.version) != commit.expected {
            return Err(StoreError::Conflict);
        }
        if self.numbers.get(&commit.number).is_some_and(|other| *other != commit.id) {
            return Err(StoreError::NumberTaken);
        }
        let levels = self.levels_after(commit)?;
        let words = self.words_after(commit)?;
        // Nothing can fail from here on.
        self.keys.extend(key);
        let at = commit.at();
        for (product, level) in levels {
            self.stocks.insert(Arc::clone(&product), level);
            self.moved.insert(product, (level, at));
        }
        self.become_of(commit, words);
        Ok(())
    }

    /// The levels of the counted stocks that the commit moves.
    fn levels_after(&self, commit: &CommitRows) -> Result<Vec<(Arc<str>, i64)>, StoreError> {
        let mut levels = Vec::with_capacity(commit.stock().len());
        for step in commit.stock() {
            if let Some(level) = self.stocks.get(step.product_id.as_str()) {
                let after = level_after(&step.product_id, *level, step.delta)?;
                levels.push((step.product_id.shared(), after));
            }
        }
        Ok(levels)
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
        let seq = self.present.get(id).map_or(self.last_seq + 1, |present| present.seq);
        self.last_seq = self.last_seq.max(seq);
        let present =
            Present { seq, version: commit.version(), number: Arc::clone(&commit.number) };
        if let Some(before) = self.present.insert(Arc::clone(id), present)
            && before.number != commit.number
        {
            self.numbers.remove(&before.number);
        }
        self.numbers.insert(Arc::clone(&commit.number), Arc::clone(id));
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

/// The level of a stock after a change, if it can have it.
pub(crate) fn level_after(
    product_id: &order_core::ProductId,
    level: i64,
    delta: i64,
) -> Result<i64, StoreError> {
    match level.checked_add(delta) {
        Some(after) if after < 0 => Err(StoreError::InsufficientStock {
            product_id: product_id.clone(),
            available: level,
            requested: delta.saturating_neg(),
        }),
        Some(after) if after <= STOCK_MAX => Ok(after),
        _ => Err(StoreError::StockOverflow { product_id: product_id.clone() }),
    }
}

/// A JSON array for `json_each`.
pub(crate) fn list<T: serde::Serialize>(
    items: impl IntoIterator<Item = T>,
) -> Result<String, sqlx::Error> {
    let items: Vec<T> = items.into_iter().collect();
    serde_json::to_string(&items).map_err(|error| sqlx::Error::Encode(error.into()))
}
