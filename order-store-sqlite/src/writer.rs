//! The one writer: takes what has gathered, writes it in one transaction, then answers.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use order_core::{
    OrderId, Product, ProductId, Timestamp, UserId,
    ports::{AuditEntry, Due, Finding, KeptNotice, StoreError},
};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    accounts::{self, AccountRow},
    agenda::{self, PutOff},
    audit_log, batch,
    books::{self, NoteRow, RefusedLine},
    catalog,
    doctor::{self, Settings},
    error::{Lost, Stopped, from_sqlx, is_busy, is_constraint},
    feed::{self, Advance, Claim},
    inbox::{self, Incoming, Settle, Take},
    outbox::{self, Settled, Steer},
    rollups::{self, FigureChange},
    rows::CommitRows,
    store,
    subscriptions::{self, Change, Changed},
    sweep,
};

/// The most tasks that wait; more are refused at once.
const QUEUE_MAX: usize = 8_192;
/// The most tasks in one transaction.
const BATCH_MAX: usize = 256;

/// Something to write.
#[derive(Debug)]
pub(crate) enum Task {
    Commit(Box<CommitRows>),
    PutProduct {
        product: Box<Product>,
        with_stock: bool,
    },
    ChangeStock {
        id: ProductId,
        delta: i64,
        at: Timestamp,
    },
    RemoveProduct {
        id: ProductId,
        version: u64,
    },
    PutAccount(Box<AccountRow>),
    RemoveAccount {
        id: UserId,
        version: u64,
    },
    Issue(Box<NoteRow>),
    Refuse(Vec<RefusedLine>),
    /// Takes so many order numbers.
    TakeNumbers(i64),
    Claim(Claim),
    Advance(Advance),
    SettleStreams(Settled),
    SteerStreams(Steer),
    /// Claims what is due now, until a time, at most so many.
    ClaimDue(i64, i64, u32),
    PutOff(PutOff),
    Receive(Incoming),
    Take(Box<Take>),
    /// Forgets what is from before a time, at most so much.
    Forget(i64, u32),
    /// As for orders.
    ClaimNotices(i64, i64, u32),
    SettleNotice(Settle),
    Webhook(Change),
    Note(Box<AuditEntry>),
    /// Takes away what is left of rows that are gone; alone, outside of a transaction.
    Sweep,
    Figures(Box<FigureChange>),
    /// Reads how the writer's own connection is set.
    Settings,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    Written,
    Product(Option<Box<Product>>),
    /// The last number taken.
    Numbers(i64),
    /// Where the relay is, if the lease was to be had.
    Claimed(Option<i64>),
    Is(bool),
    /// The orders that are free, if the lease was held.
    Freed(Option<Vec<OrderId>>),
    Count(u64),
    Due(Vec<Due>),
    Forgotten(u64),
    Notices(Vec<KeptNotice>),
    Webhook(Changed),
    Swept(Vec<Finding>),
    Settings(Settings),
}

type Answer = Result<Done, StoreError>;

struct Job {
    task: Task,
    reply: oneshot::Sender<Answer>,
}

/// Hands tasks to the writer, which runs while somebody holds this.
pub(crate) struct Writer {
    options: SqliteConnectOptions,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    jobs: Option<mpsc::Sender<Job>>,
    runs: Option<JoinHandle<()>>,
    closed: bool,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.options.get_filename();
        f.debug_struct("Writer").field("path", &path).finish_non_exhaustive()
    }
}

impl Writer {
    /// Begins to run with the first task.
    pub(crate) fn new(options: SqliteConnectOptions) -> Self {
        Self { options, line: Mutex::default() }
    }

    /// Has a task carried out. Whoever stops waiting leaves it to be carried out all the same.
    pub(crate) async fn run(&self, task: Task) -> Answer {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs()?;
        match jobs.try_send(Job { task, reply }) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(stopped())),
            Err(mpsc::error::TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(stopped()),
        }
    }

    /// Carries out what is waiting, then ends.
    pub(crate) async fn close(&self) {
        let runs = {
            let mut line = self.line();
            line.closed = true;
            line.jobs = None;
            line.runs.take()
        };
        if let Some(runs) = runs {
            // It fails only if its runtime ended, and then it has ended too.
            let _ = runs.await;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way to the writer. It is begun anew if it ended with the runtime it was begun in.
    fn jobs(&self) -> Result<mpsc::Sender<Job>, StoreError> {
        let mut line = self.line();
        if line.closed {
            return Err(stopped());
        }
        match &line.jobs {
            Some(jobs) if !jobs.is_closed() => Ok(jobs.clone()),
            _ => {
                let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
                line.runs = Some(tokio::spawn(serve(self.options.clone(), waiting)));
                line.jobs = Some(jobs.clone());
                Ok(jobs)
            }
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable(Stopped.into())
}

/// Nothing else uses the writer's connection, so that nothing can leave it half-way.
async fn serve(options: SqliteConnectOptions, mut waiting: mpsc::Receiver<Job>) {
    let mut connection = None;
    let mut jobs = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut jobs, BATCH_MAX).await > 0 {
        let (tasks, replies): (Vec<_>, Vec<_>) =
            jobs.drain(..).map(|job| (job.task, job.reply)).unzip();
        let mut answers = Vec::with_capacity(tasks.len());
        for run in tasks.chunk_by(|one, other| !is_alone(one) && !is_alone(other)) {
            answers.extend(carry_out(&options, &mut connection, run).await);
        }
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever does not wait any more does not need to know.
            let _ = reply.send(answer);
        }
    }
    if let Some(connection) = connection {
        // All that was acknowledged is on the disk; closing only tidies up.
        let _ = connection.close().await;
    }
}

/// Whether a task shares no transaction with others.
const fn is_alone(task: &Task) -> bool {
    matches!(task, Task::Sweep)
}

async fn carry_out(
    options: &SqliteConnectOptions,
    connection: &mut Option<SqliteConnection>,
    tasks: &[Task],
) -> Vec<Answer> {
    match attempt(options, connection, tasks).await {
        Ok(answers) => answers,
        // One of them is to blame: each alone shows which.
        Err(error) if is_constraint(&error) && tasks.len() > 1 => {
            let mut answers = Vec::with_capacity(tasks.len());
            for task in tasks.chunks(1) {
                match attempt(options, connection, task).await {
                    Ok(answer) => answers.extend(answer),
                    Err(error) => answers.push(Err(from_sqlx(error))),
                }
            }
            answers
        }
        Err(error) if tasks.len() == 1 => vec![Err(from_sqlx(error))],
        Err(error) if is_busy(&error) => {
            tasks.iter().map(|_| Err(StoreError::Overloaded)).collect()
        }
        Err(error) => {
            let lost = Lost(Arc::new(error));
            tasks.iter().map(|_| Err(StoreError::Unavailable(lost.clone().into()))).collect()
        }
    }
}

/// Carries out tasks in one transaction. After a failure that is not about the data, the next
/// attempt begins with a new connection.
async fn attempt(
    options: &SqliteConnectOptions,
    slot: &mut Option<SqliteConnection>,
    tasks: &[Task],
) -> Result<Vec<Answer>, sqlx::Error> {
    let mut connection = match slot.take() {
        Some(connection) => connection,
        None => options.connect().await?,
    };
    let outcome = transact(&mut connection, tasks).await;
    let keep = match &outcome {
        Ok(_) => true,
        Err(error) if is_constraint(error) => {
            sqlx::query("ROLLBACK").execute(&mut connection).await.is_ok()
        }
        Err(_) => false,
    };
    if keep {
        *slot = Some(connection);
    } else {
        // Whatever is open is rolled back with the connection.
        let _ = connection.close().await;
    }
    outcome
}

/// Boxed, so that the compiler need not look through the whole of it to see that it can move
/// between threads.
fn transact<'a>(
    connection: &'a mut SqliteConnection,
    tasks: &'a [Task],
) -> Pin<Box<dyn Future<Output = Result<Vec<Answer>, sqlx::Error>> + Send + 'a>> {
    Box::pin(write_all(connection, tasks))
}

async fn write_all(
    connection: &mut SqliteConnection,
    tasks: &[Task],
) -> Result<Vec<Answer>, sqlx::Error> {
    if let [Task::Sweep] = tasks {
        return Ok(vec![Ok(Done::Swept(sweep::run(connection).await))]);
    }
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let mut answers = Vec::with_capacity(tasks.len());
    let commits = |task: &Task| matches!(task, Task::Commit(_));
    for run in tasks.chunk_by(|one, other| commits(one) && commits(other)) {
        let together: Vec<&CommitRows> = run.iter().filter_map(commit_of).collect();
        if together.is_empty() {
            for task in run {
                answers.push(perform(connection, task).await?);
            }
        } else {
            let written = batch::apply(connection, &together).await?;
            answers.extend(written.into_iter().map(|done| done.map(|()| Done::Written)));
        }
    }
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(answers)
}

fn commit_of(task: &Task) -> Option<&CommitRows> {
    match task {
        Task::Commit(commit) => Some(commit),
        _ => None,
    }
}

async fn perform(connection: &mut SqliteConnection, task: &Task) -> Result<Answer, sqlx::Error> {
    Ok(match task {
        Task::Commit(commit) => {
            let mut written = batch::apply(connection, &[commit]).await?;
            written.pop().unwrap_or(Ok(())).map(|()| Done::Written)
        }
        Task::PutProduct { product, with_stock } => {
            catalog::write(connection, product, *with_stock).await?.map(|()| Done::Written)
        }
        Task::ChangeStock { id, delta, at } => {
            catalog::move_stock(connection, id, *delta, *at).await?.map(Done::Product)
        }
        Task::RemoveProduct { id, version } => {
            catalog::remove(connection, id, *version).await?.map(|()| Done::Written)
        }
        Task::PutAccount(row) => accounts::write(connection, row).await?.map(|()| Done::Written),
        Task::RemoveAccount { id, version } => {
            accounts::remove(connection, id, *version).await?.map(|()| Done::Written)
        }
        Task::Issue(note) => Ok(Done::Is(books::write_note(connection, note).await?)),
        Task::Refuse(lines) => {
            books::write_refused(connection, lines).await?;
            Ok(Done::Written)
        }
        Task::TakeNumbers(count) => {
            Ok(Done::Numbers(store::take_numbers(connection, *count).await?))
        }
        Task::Claim(claim) => Ok(Done::Claimed(feed::take_lease(connection, claim).await?)),
        Task::Advance(advance) => Ok(Done::Is(feed::move_place(connection, advance).await?)),
        Task::SettleStreams(settled) => Ok(Done::Freed(outbox::settle(connection, settled).await?)),
        Task::SteerStreams(steer) => Ok(Done::Count(outbox::steer(connection, steer).await?)),
        Task::ClaimDue(now, until, limit) => {
            agenda::take_due(connection, (*now, *until, *limit)).await?.map(Done::Due)
        }
        Task::PutOff(put_off) => {
            agenda::set_off(connection, put_off).await?;
            Ok(Done::Written)
        }
        Task::Take(take) => inbox::take(connection, take).await?.map(Done::Is),
        Task::Forget(before, limit) => {
            Ok(Done::Forgotten(inbox::forget(connection, (*before, *limit)).await?))
        }
        Task::Receive(incoming) => Ok(Done::Is(inbox::keep(connection, incoming).await?)),
        Task::ClaimNotices(now, until, limit) => {
            inbox::take_due(connection, (*now, *until, *limit)).await?.map(Done::Notices)
        }
        Task::SettleNotice(settle) => {
            inbox::settle(connection, settle).await?;
            Ok(Done::Written)
        }
        Task::Webhook(change) => {
            subscriptions::perform(connection, change).await?.map(Done::Webhook)
        }
        Task::Note(entry) => {
            audit_log::write(connection, entry).await?;
            Ok(Done::Written)
        }
        // Never within a transaction.
        Task::Sweep => Ok(Done::Swept(Vec::new())),
        Task::Figures(change) => rollups::perform(connection, change).await?.map(Done::Is),
        Task::Settings => Ok(Done::Settings(doctor::settings(connection).await?)),
    })
}
