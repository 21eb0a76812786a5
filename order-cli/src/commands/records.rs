//! Who takes records over: the use cases in this process, or a server.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use order_core::{ErrorKind, ImportOutcome, ImportRecord, OrderService, Orders, Principal};
use tokio::time::sleep;

use crate::{
    client::Client,
    error::{Done, Failure, chain},
};

/// How many records are under way at once here: as many as the store writes at once, and as many
/// again that gather meanwhile.
const RECORDS_IN_FLIGHT: usize = 1_024;
/// How many records go to a server in one request, at most.
const BATCH_RECORDS: usize = 200;
/// How many requests to a server are under way at once.
const BATCHES_IN_FLIGHT: usize = 4;
/// How often a store or server that has too much to do is asked again.
const ATTEMPTS_MAX: u32 = 5;
/// The first pause before asking again, in milliseconds; it doubles.
const PAUSE_MS: u64 = 50;

/// Takes records over.
#[derive(Debug)]
pub(super) struct Taker<'a> {
    client: &'a Client,
    who: Principal,
    /// How many were taken over here.
    taken: AtomicU64,
}

impl<'a> Taker<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, who: Client::principal(), taken: AtomicU64::new(0) }
    }

    /// How many records are best given at once.
    pub(super) const fn batch_max(&self) -> usize {
        if self.client.service().is_some() { 1 } else { BATCH_RECORDS }
    }

    /// How many calls are best under way at once.
    pub(super) const fn in_flight(&self) -> usize {
        if self.client.service().is_some() { RECORDS_IN_FLIGHT } else { BATCHES_IN_FLIGHT }
    }

    /// Takes records over; what became of each. One may need another that comes before it if they
    /// are of different kinds.
    pub(super) async fn take(&self, records: Vec<ImportRecord>) -> Done<Vec<ImportOutcome>> {
        let Some(service) = self.client.service() else {
            return self.send(&records).await;
        };
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            let outcome = self.take_one(service, record).await?;
            if outcome == ImportOutcome::Taken {
                self.taken.fetch_add(1, Ordering::Relaxed);
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Has it written down how many were taken over, once for all; a server does that itself.
    pub(super) async fn note(&self) -> Done {
        let taken = self.taken.swap(0, Ordering::Relaxed);
        match self.client.service() {
            Some(service) if taken > 0 => {
                let noted = service.note_import(&self.who, taken).await;
                noted.map_err(|error| Failure::Unavailable(chain(&error)))
            }
            _ => Ok(()),
        }
    }

    async fn take_one(&self, service: &OrderService, record: ImportRecord) -> Done<ImportOutcome> {
        let mut attempt = 0;
        loop {
            match service.import(&self.who, record.clone()).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) if error.kind() == ErrorKind::Overloaded && attempt < ATTEMPTS_MAX => {
                    sleep(Duration::from_millis(PAUSE_MS << attempt)).await;
                    attempt += 1;
                }
                Err(error) => return Err(Failure::Unavailable(chain(&error))),
            }
        }
    }

    async fn send(&self, records: &[ImportRecord]) -> Done<Vec<ImportOutcome>> {
        let mut attempt = 0;
        let reply = loop {
            match self.client.post(&["admin", "import"]).json(&records).send().await {
                // Whether it was taken is unknown, and to ask again does no harm.
                Err(Failure::Unavailable(_)) if attempt < ATTEMPTS_MAX => {
                    sleep(Duration::from_millis(PAUSE_MS << attempt)).await;
                    attempt += 1;
                }
                reply => break reply?,
            }
        };
        let outcomes: Vec<ImportOutcome> = reply.read()?;
        if outcomes.len() == records.len() {
            return Ok(outcomes);
        }
        let (got, asked) = (outcomes.len(), records.len());
        Err(Failure::Unavailable(format!("the server answered {got} records of {asked}")))
    }
}
