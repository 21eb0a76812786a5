//! The committers: each takes the commits that have gathered, writes them in one transaction, then
//! answers.

use std::time::Duration;

use order_core::ports::StoreError;
use sqlx::{Executor, PgConnection};

use crate::{
    batch::apply,
    crew::{Outcome, Performing, Work},
    error::{from_sqlx, is_collision, is_refusal},
    rows::CommitRows,
    schema::Schema,
};

/// How often a batch is looked at again after another server was faster, before it is given up.
/// Each time the other one has got on.
const ATTEMPTS_MAX: u32 = 64;

/// Writes commits.
#[derive(Debug)]
pub(crate) struct Committing {
    pub(crate) schema: Schema,
}

impl Work for Committing {
    type Task = Box<CommitRows>;
    type Answer = ();

    const BATCH_MAX: usize = 256;
    const TIME_MAX: Duration = Duration::from_secs(12);

    fn perform<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        tasks: &'a [Box<CommitRows>],
    ) -> Performing<'a, ()> {
        Box::pin(self.write(connection, tasks))
    }
}

impl Committing {
    async fn write(
        &self,
        connection: &mut PgConnection,
        commits: &[Box<CommitRows>],
    ) -> Outcome<()> {
        let together: Vec<&CommitRows> = commits.iter().map(|commit| &**commit).collect();
        let mut answers = Vec::with_capacity(commits.len());
        let mut parts = vec![&together[..]];
        while let Some(part) = parts.pop() {
            match self.transact(connection, part).await {
                Ok(some) => answers.extend(some),
                Err(error) if !is_refusal(&error) => return Err(error),
                Err(error) if part.len() <= 1 => answers.push(Err(from_sqlx(error))),
                // One of them is to blame: halves show which.
                Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(answers)
    }

    /// One transaction; after an error about the data it is rolled back.
    async fn transact(
        &self,
        connection: &mut PgConnection,
        commits: &[&CommitRows],
    ) -> Outcome<()> {
        // Where one statement writes all of it, that is a transaction of its own.
        let needs_transaction = !commits.iter().all(|commit| commit.stands_alone());
        for _ in 0..ATTEMPTS_MAX {
            if needs_transaction {
                connection.execute("BEGIN").await?;
            }
            let applied = apply(&self.schema, connection, commits).await;
            let end = match &applied {
                Ok(_) => "COMMIT",
                Err(error) if is_collision(error) || is_refusal(error) => "ROLLBACK",
                Err(_) => return applied,
            };
            if needs_transaction {
                connection.execute(end).await?;
            }
            match applied {
                Err(error) if is_collision(&error) => {}
                applied => return applied,
            }
        }
        Ok(commits.iter().map(|_| Err(StoreError::Overloaded)).collect())
    }
}
