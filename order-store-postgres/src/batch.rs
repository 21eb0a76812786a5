//! A group of commits in one transaction: look, decide, write.

use std::collections::HashMap;

use order_core::{
    OrderId, PersonalData,
    catalog::Stock,
    ports::{Batch, Commit, RequestKey, StoreError},
};
use sqlx::{PgConnection, postgres::PgRow};

use crate::{
    error::from_sqlx,
    rows::{CommitRows, Reading, Words, person_of, words_of},
    schema::Schema,
    write::{Final, write},
};

/// Everything that decides, in one statement. Orders and counted stocks are locked, in this order
/// and each by id, so that batches wait for each other but never in a circle.
pub(crate) const LOOK_UP: &str = "
    WITH present AS MATERIALIZED (
        SELECT id, version FROM order_store.order_state
        WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
    ), counted AS MATERIALIZED (
        SELECT id, stock, backorder FROM order_store.order_product
        WHERE id = ANY ($2) AND stock IS NOT NULL ORDER BY id FOR NO KEY UPDATE
    )
    SELECT 0, id, NULL, version, false FROM present
    UNION ALL
    SELECT 1, id, NULL, stock, backorder FROM counted
    UNION ALL
    SELECT 2, order_id, number, 0, false FROM order_store.order_number WHERE number = ANY ($3)
    UNION ALL
    SELECT 3, r.owner, r.key, 0, false
        FROM unnest($4::text[], $5::text[]) k (owner, key)
        JOIN order_store.order_request r ON r.owner = k.owner AND r.key = k.key";

/// Read when the orders are locked, so that nobody changes it any more.
pub(crate) const PERSONS: &str =
    "SELECT order_id, data FROM order_store.order_person WHERE order_id = ANY ($1)";

/// Writes those of the commits that may be written and says what became of each. A transaction must be open
/// unless all of them [stand alone](CommitRows::stands_alone); an error leaves it to be rolled back.
pub(crate) async fn apply(
    schema: &Schema,
    connection: &mut PgConnection,
    commits: &[&CommitRows],
) -> Result<Vec<Result<(), StoreError>>, sqlx::Error> {
    let mut known = look_up(schema, connection, commits).await?;
    let mut persons = Persons::read(schema, connection, commits).await?;
    let mut answers = Vec::with_capacity(commits.len());
    let mut winners = Vec::with_capacity(commits.len());
    for commit in commits {
        let words = known.check(&commit.commit).and_then(|()| persons.words(commit));
        answers.push(words.map(|words| {
            known.take(&commit.commit);
            winners.push((*commit, words));
        }));
    }
    if !winners.is_empty() {
        let commits: Vec<&CommitRows> = winners.iter().map(|(commit, _)| *commit).collect();
        let finals = finals(winners, &known);
        write(schema, connection, &commits, &finals, known.stocks()).await?;
    }
    Ok(answers)
}

async fn look_up(
    schema: &Schema,
    connection: &mut PgConnection,
    commits: &[&CommitRows],
) -> Result<Batch, sqlx::Error> {
    let all = || commits.iter().map(|commit| &commit.commit);
    let keys = || all().filter_map(|commit| commit.request()).map(|request| &request.key);
    let stock = all().flat_map(Commit::stock);
    let rows = sqlx::query(schema.sql(LOOK_UP))
        .bind(all().map(|commit| commit.order_id().as_str()).collect::<Vec<_>>())
        .bind(stock.map(|step| step.product_id.as_str()).collect::<Vec<_>>())
        .bind(all().map(|commit| commit.order().number().as_str()).collect::<Vec<_>>())
        .bind(keys().map(|key| key.owner.as_str()).collect::<Vec<_>>())
        .bind(keys().map(|key| key.key.as_str()).collect::<Vec<_>>())
        .fetch_all(&mut *connection)
        .await?;
    let mut batch = Batch::default();
    rows.iter()
        .try_for_each(|row| learn(&mut batch, row))
        .map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(batch)
}

fn learn(batch: &mut Batch, row: &PgRow) -> Result<(), StoreError> {
    let row = Reading::new(row, "order_state", 1)?;
    match row.get::<i32>(0, "kind")? {
        0 => batch.found_order(row.parse(1, "id")?, row.number(3, "version")?),
        1 => {
            let stock = Stock { level: row.get(3, "stock")?, backorder: row.get(4, "backorder")? };
            batch.found_stock(row.parse(1, "product_id")?, stock);
        }
        2 => batch.found_number(row.parse(2, "number")?, row.parse(1, "order_id")?),
        _ => {
            batch
                .found_key(RequestKey { owner: row.parse(1, "owner")?, key: row.parse(2, "key")? });
        }
    }
    Ok(())
}

/// Personal data that words depend on, as stored or as committed before in the same batch.
struct Persons(HashMap<String, Result<PersonalData, StoreError>>);

impl Persons {
    async fn read(
        schema: &Schema,
        connection: &mut PgConnection,
        commits: &[&CommitRows],
    ) -> Result<Self, sqlx::Error> {
        let of_stored = |commit: &&&CommitRows| matches!(commit.words, Words::OfStored);
        let ids: Vec<_> = commits.iter().filter(of_stored).map(|commit| commit.id()).collect();
        let mut persons = HashMap::new();
        if !ids.is_empty() {
            let query = sqlx::query(schema.sql(PERSONS)).bind(ids);
            for row in &query.fetch_all(&mut *connection).await? {
                let read = Reading::new(row, "order_person", 0);
                let read = read.and_then(|row| Ok((row.id(), row.get::<Option<&str>>(1, "data")?)));
                let (id, data) = read.map_err(|error| sqlx::Error::Decode(error.into()))?;
                let person =
                    data.map_or_else(|| Ok(PersonalData::default()), |it| person_of(id, it));
                persons.insert(id.to_owned(), person);
            }
        }
        Ok(Self(persons))
    }

    /// The words to write, if there are any.
    fn words(&mut self, commit: &CommitRows) -> Result<Option<String>, StoreError> {
        let words = match &commit.words {
            Words::Kept => None,
            Words::Known(words) => Some(words.clone()),
            Words::OfStored => match self.0.remove(commit.id()) {
                None => Some(words_of(commit.order(), &PersonalData::default())),
                Some(person) => {
                    let person = person?;
                    let words = words_of(commit.order(), &person);
                    self.0.insert(commit.id().to_owned(), Ok(person));
                    Some(words)
                }
            },
        };
        if let Some(person) = commit.commit.person() {
            self.0.insert(commit.id().to_owned(), Ok((**person).clone()));
        }
        Ok(words)
    }
}

/// What each order becomes: the state of its last commit, the last words and personal data of any.
fn finals<'a>(winners: Vec<(&'a CommitRows, Option<String>)>, known: &Batch) -> Vec<Final<'a>> {
    let mut finals: HashMap<&OrderId, Final<'a>> = HashMap::with_capacity(winners.len());
    for (commit, words) in winners {
        let id = commit.commit.order_id();
        let change = known.changes().get(id).copied().unwrap_or_default();
        let order = finals.entry(id).or_insert_with(|| Final::new(commit, change));
        order.last = commit;
        order.person = commit.person.as_deref().or(order.person);
        order.words = words.or_else(|| order.words.take());
    }
    let mut finals: Vec<_> = finals.into_values().collect();
    finals.sort_unstable_by_key(|order| order.last.id());
    finals
}

/// One commit in a transaction of the host: on an error nothing of it is left.
pub(crate) async fn apply_one(
    schema: &Schema,
    connection: &mut PgConnection,
    commit: &CommitRows,
) -> Result<(), StoreError> {
    let mut answers = apply(schema, connection, &[commit]).await.map_err(from_sqlx)?;
    answers.pop().unwrap_or(Ok(()))
}
