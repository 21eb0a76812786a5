//! Workers that take whatever has gathered: each has a connection of its own, which nothing else
//! uses, so that nobody who goes away can leave it half-way.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant},
};

use order_core::ports::StoreError;
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{Mutex as Turn, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    error::{Lost, Stopped, from_sqlx, is_busy},
    settings::{CONNECT_TIMEOUT, PATIENCE, in_time},
};

/// The most tasks that wait; more are refused at once.
const QUEUE_MAX: usize = 8_192;
/// An idle connection may have been cut; one that was of use so short a time ago is trusted.
const TRUSTED: Duration = Duration::from_secs(1);

/// What each task comes to, or why the connection is of no use any more.
pub(crate) type Outcome<A> = Result<Vec<Result<A, StoreError>>, sqlx::Error>;
/// Boxed, because the compiler cannot see through it that it can move between threads.
pub(crate) type Performing<'a, A> = Pin<Box<dyn Future<Output = Outcome<A>> + Send + 'a>>;

/// What a crew does.
pub(crate) trait Work: fmt::Debug + Send + Sync + 'static {
    /// What is asked.
    type Task: Send + Sync;
    /// What is answered.
    type Answer: Send;
    /// The most tasks that are done together.
    const BATCH_MAX: usize;
    /// How long a batch may take before the connection is given up.
    const TIME_MAX: Duration;

    /// Does tasks together, on a connection without a transaction. After an error the connection is
    /// given up and the outcome unknown.
    fn perform<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        tasks: &'a [Self::Task],
    ) -> Performing<'a, Self::Answer>;
}

struct Job<W: Work> {
    task: W::Task,
    since: Instant,
    reply: oneshot::Sender<Result<W::Answer, StoreError>>,
}

/// A worker's connection, and when it was last of use.
type Slot = Option<(PgConnection, Instant)>;
type Waiting<W> = Arc<Turn<mpsc::Receiver<Job<W>>>>;

/// Hands tasks to workers, which run while somebody holds this.
pub(crate) struct Crew<W: Work> {
    work: Arc<W>,
    options: PgConnectOptions,
    workers: usize,
    line: Mutex<Line<W>>,
}

struct Line<W: Work> {
    jobs: Option<mpsc::Sender<Job<W>>>,
    runs: Vec<JoinHandle<()>>,
    closed: bool,
}

impl<W: Work> fmt::Debug for Crew<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (work, workers) = (&self.work, self.workers);
        f.debug_struct("Crew")
            .field("work", work)
            .field("workers", &workers)
            .finish_non_exhaustive()
    }
}

impl<W: Work> Crew<W> {
    /// Begins to run with the first task.
    pub(crate) fn new(work: W, options: PgConnectOptions, workers: usize) -> Self {
        let line = Mutex::new(Line { jobs: None, runs: Vec::new(), closed: false });
        Self { work: Arc::new(work), options, workers, line }
    }

    /// Has a task done. Whoever stops waiting leaves it to be done all the same.
    pub(crate) async fn run(&self, task: W::Task) -> Result<W::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs()?;
        match jobs.try_send(Job { task, since: Instant::now(), reply }) {
            Ok(()) => in_time(async { answer.await.unwrap_or_else(|_| Err(stopped())) }).await,
            Err(mpsc::error::TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(stopped()),
        }
    }

    /// Does what is waiting, then ends.
    pub(crate) async fn close(&self) {
        let runs = {
            let mut line = self.line();
            line.closed = true;
            line.jobs = None;
            std::mem::take(&mut line.runs)
        };
        for run in runs {
            // It fails only if its runtime ended, and then it has ended too.
            let _ = run.await;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line<W>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way to the workers. They are begun anew if they ended with the runtime they began in.
    fn jobs(&self) -> Result<mpsc::Sender<Job<W>>, StoreError> {
        let mut line = self.line();
        if line.closed {
            return Err(stopped());
        }
        match &line.jobs {
            Some(jobs) if !jobs.is_closed() => Ok(jobs.clone()),
            _ => {
                let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
                let waiting = Arc::new(Turn::new(waiting));
                let begin = |_| {
                    let (work, options) = (Arc::clone(&self.work), self.options.clone());
                    tokio::spawn(serve(work, options, Arc::clone(&waiting)))
                };
                line.runs = (0..self.workers).map(begin).collect();
                line.jobs = Some(jobs.clone());
                Ok(jobs)
            }
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable(Stopped.into())
}

async fn serve<W: Work>(work: Arc<W>, options: PgConnectOptions, waiting: Waiting<W>) {
    let mut slot = None;
    let mut jobs = Vec::with_capacity(W::BATCH_MAX);
    while gather(&mut *waiting.lock().await, &mut jobs, W::BATCH_MAX).await {
        let (fresh, late): (Vec<_>, Vec<_>) =
            jobs.drain(..).partition(|job: &Job<W>| job.since.elapsed() < PATIENCE);
        for job in late {
            // Untried, so nothing was done.
            let _ = job.reply.send(Err(StoreError::Overloaded));
        }
        let (tasks, replies): (Vec<_>, Vec<_>) =
            fresh.into_iter().map(|job| (job.task, job.reply)).unzip();
        if tasks.is_empty() {
            continue;
        }
        let answers = answer(&*work, &options, &mut slot, &tasks).await;
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever does not wait any more does not need to know.
            let _ = reply.send(answer);
        }
    }
    if let Some((connection, _)) = slot {
        // All that was acknowledged is lasting; closing only tidies up.
        let _ = PgConnection::close(connection).await;
    }
}

/// Takes what is waiting, and what whoever is about to run adds to it: under load every turn of theirs
/// brings another task, and a statement costs nearly the same for few as for many. Says whether there can
/// be more.
async fn gather<T>(waiting: &mut mpsc::Receiver<T>, jobs: &mut Vec<T>, most: usize) -> bool {
    if waiting.recv_many(jobs, most).await == 0 {
        return false;
    }
    let_others_run().await;
    while jobs.len() < most
        && let Ok(job) = waiting.try_recv()
    {
        jobs.push(job);
    }
    true
}

/// One turn for each task that is ready. Tokio's own `yield_now` looks for new input too, which would make
/// every read wait for a call of the system.
async fn let_others_run() {
    let mut is_my_turn = false;
    poll_fn(|context| {
        if is_my_turn {
            return Poll::Ready(());
        }
        is_my_turn = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn answer<W: Work>(
    work: &W,
    options: &PgConnectOptions,
    slot: &mut Slot,
    tasks: &[W::Task],
) -> Vec<Result<W::Answer, StoreError>> {
    match attempt(work, options, slot, tasks).await {
        Ok(answers) => answers,
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

/// Does tasks on the worker's connection, or on a new one.
async fn attempt<W: Work>(
    work: &W,
    options: &PgConnectOptions,
    slot: &mut Slot,
    tasks: &[W::Task],
) -> Outcome<W::Answer> {
    let mut connection = match slot.take() {
        Some((connection, since)) if since.elapsed() < TRUSTED => connection,
        Some((mut connection, _)) => match timeout(CONNECT_TIMEOUT, connection.ping()).await {
            Ok(Ok(())) => connection,
            _ => connect(options).await?,
        },
        None => connect(options).await?,
    };
    let done = match timeout(W::TIME_MAX, work.perform(&mut connection, tasks)).await {
        Ok(done) => done,
        Err(late) => Err(sqlx::Error::Io(late.into())),
    };
    if done.is_ok() {
        *slot = Some((connection, Instant::now()));
    }
    // Otherwise it is dropped here: the server rolls back what is open.
    done
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    match timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(connected) => connected,
        Err(late) => Err(sqlx::Error::Io(late.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_about_to_come_is_taken_along() {
        let (jobs, mut waiting) = mpsc::channel(8);
        let taking = tokio::spawn(async move {
            let mut taken = Vec::new();
            let is_open = gather(&mut waiting, &mut taken, 3).await;
            (is_open, taken, waiting)
        });
        let (first, second) = (jobs.clone(), jobs.clone());
        tokio::spawn(async move {
            first.send(0).await.expect("it is taken");
            // Behind the worker, whom the first has woken.
            tokio::spawn(async move { second.send(1).await });
        });
        let (is_open, mut taken, mut waiting) = taking.await.expect("it ends");
        assert_eq!((is_open, &taken[..]), (true, &[0, 1][..]));
        for more in 2..5 {
            jobs.try_send(more).expect("there is room");
        }
        drop(jobs);
        taken.clear();
        assert!(gather(&mut waiting, &mut taken, 2).await);
        assert_eq!(taken, [2, 3], "no more than was asked for");
        assert!(gather(&mut waiting, &mut taken, 9).await);
        assert!(!gather(&mut waiting, &mut taken, 2).await, "nothing can come any more");
    }
}
