//! Pieces on their way to where orders are, and what became of each.

use futures::{Stream, StreamExt, stream};
use order_core::{ImportOutcome, ImportRecord, RefusedRow};

use super::unit::{Piece, Refusal};
use crate::{client::Client, commands::records::Taker, error::Done};

/// How many rows go to a server in one request: some 5 MB of JSON. A single order may have more.
const BATCH_ROWS: usize = 20_000;

/// What became of a piece.
#[derive(Debug)]
pub(super) struct Settlement {
    pub(super) piece: Piece,
    /// Whether it was taken over before.
    pub(super) is_known: bool,
    /// The rows of a record that was refused.
    pub(super) refusals: Vec<Refusal>,
}

/// Takes pieces over.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    taker: Taker<'a>,
    source: &'a str,
    in_flight: usize,
}

impl<'a> Feed<'a> {
    /// A feed into a store or a server, with so much under way at once.
    pub(super) fn new(client: &'a Client, source: &'a str, in_flight: Option<usize>) -> Self {
        let taker = Taker::new(client);
        let in_flight = in_flight.unwrap_or_else(|| taker.in_flight()).max(1);
        Self { taker, source, in_flight }
    }

    /// Has it written down how many records were taken over.
    pub(super) async fn note(&self) -> Done {
        self.taker.note().await
    }

    /// Takes over all pieces, whichever is done first, and tells in order what became of each.
    pub(super) async fn take_all(
        &self,
        pieces: impl Stream<Item = Piece> + Send,
        mut settle: impl FnMut(Settlement) -> Done + Send,
    ) -> Done {
        let batches = batches(pieces, self.taker.batch_max());
        let work = batches.map(|batch| self.take_batch(batch)).buffered(self.in_flight);
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
        let outcomes = self.taker.take(batch.iter().map(record).collect()).await?;
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
            self.taker.take(refused.into_iter().map(ImportRecord::Refused).collect()).await?;
        }
        Ok(settled)
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
