//! Who takes records over: the use cases in this process, or a server.

use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use order_core::{
    ErrorKind, ImportOutcome, ImportRecord, OrderService, Orders, Principal, RefusedRow,
    ServiceError,
};
use tokio::time::sleep;

use super::unit::{Piece, Refusal};
use crate::{
    client::Client,
    error::{Done, Failure},
};

/// How many records are under way at once here: enough to fill the store's transactions.
const RECORDS_IN_FLIGHT: usize = 512;
/// How many records go to a server in one request, at most.
const BATCH_RECORDS: usize = 200;
/// How many rows they stand for: some 5 MB of JSON. A single order may have more.
const BATCH_ROWS: usize = 20_000;
/// How many requests to a server are under way at once.
const BATCHES_IN_FLIGHT: usize = 4;
/// How often a store or server that has too much to do is asked again.
const ATTEMPTS_MAX: u32 = 5;
/// The first pause before asking again, in milliseconds; it doubles.
const PAUSE_MS: u64 = 50;

/// What became of a piece.
#[derive(Debug)]
pub(super) struct Settlement {
    pub(super) piece: Piece,
    /// Whether it was taken over before.
    pub(super) is_known: bool,
    /// The rows of a record that was refused.
    pub(super) refusals: Vec<Refusal>,
}

/// Takes records over.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    client: &'a Client,
    who: Principal,
    source: &'a str,
    in_flight: usize,
}

impl<'a> Feed<'a> {
    /// A feed into a store or a server, with so much under way at once.
    pub(super) fn new(client: &'a Client, source: &'a str, in_flight: Option<usize>) -> Self {
        let usual = if client.service().is_some() { RECORDS_IN_FLIGHT } else { BATCHES_IN_FLIGHT };
        let in_flight = in_flight.unwrap_or(usual).max(1);
        Self { client, who: Client::principal(), source, in_flight }
    }

    /// Takes over all pieces, in any order, and tells what became of each.
    pub(super) async fn take_all(
        &self,
        pieces: impl Stream<Item = Piece> + Send,
        mut settle: impl FnMut(Settlement) -> Done + Send,
    ) -> Done {
        let most = if self.client.service().is_some() { 1 } else { BATCH_RECORDS };
        let batches = batches(pieces, most);
        let work = batches.map(|batch| self.take_batch(batch)).buffer_unordered(self.in_flight);
        let mut work = std::pin::pin!(work);
        while let Some(settled) = work.next().await {
            settled?.into_iter().try_for_each(&mut settle)?;
        }
        Ok(())
    }

    async fn take_batch(&self, batch: Vec<Piece>) -> Done<Vec<Settlement>> {
        let record = |piece: &Piece| match piece {
            Piece::Taken(unit) => unit.record.clone(),
            Piece::Refused(refusal) => ImportRecord::Refused(refusal.row.clone()),
        };
        let outcomes = self.take(batch.iter().map(record).collect()).await?;
        let mut settled = Vec::with_capacity(batch.len());
        let mut refused: Vec<RefusedRow> = Vec::new();
        for (piece, outcome) in batch.into_iter().zip(outcomes) {
            let is_known = outcome == ImportOutcome::Known;
            let mut refusals = Vec::new();
            if let (Piece::Taken(unit), ImportOutcome::Refused { code, detail }) =
                (&piece, &outcome)
            {
                refusals = unit.refused(self.source, code, detail);
                refused.extend(refusals.iter().map(|refusal| refusal.row.clone()));
            }
            settled.push(Settlement { piece, is_known, refusals });
        }
        if !refused.is_empty() {
            self.take(refused.into_iter().map(ImportRecord::Refused).collect()).await?;
        }
        Ok(settled)
    }

    async fn take(&self, records: Vec<ImportRecord>) -> Done<Vec<ImportOutcome>> {
        let Some(service) = self.client.service() else {
            return self.send(&records).await;
        };
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            outcomes.push(self.take_one(service, record).await?);
        }
        Ok(outcomes)
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
                Err(error) => return Err(unavailable(&error)),
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

/// Puts pieces together, in order.
fn batches(
    pieces: impl Stream<Item = Piece> + Send,
    most: usize,
) -> impl Stream<Item = Vec<Piece>> + Send {
    let rows_of = |piece: &Piece| match piece {
        Piece::Taken(unit) => unit.parts.len(),
        Piece::Refused(_) => 1,
    };
    let pieces = Box::pin(pieces.peekable());
    stream::unfold(pieces, move |mut pieces| async move {
        let first = pieces.next().await?;
        let mut rows = rows_of(&first);
        let mut batch = vec![first];
        while batch.len() < most {
            let fits = |piece: &Piece| rows + rows_of(piece) <= BATCH_ROWS;
            let Some(piece) = pieces.as_mut().next_if(fits).await else {
                break;
            };
            rows += rows_of(&piece);
            batch.push(piece);
        }
        Some((batch, pieces))
    })
}

fn unavailable(error: &ServiceError) -> Failure {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Failure::Unavailable(text)
}
