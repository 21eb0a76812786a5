//! What can be done.

mod account;
mod action;
mod operation;
mod order;
mod parcel;
mod payment;
mod product;
mod webhook;

use async_graphql::{MergedObject, SimpleObject};
use order_core::{Command, Reason, ports::OrderView};

use super::{event::OrderEvent, order::Order, query::checked};
use crate::{
    body::EventBody,
    error::ApiError,
    extract::{Call, Done},
    rest::status::Brought,
};

/// What a mutation costs besides what is asked of its answer.
const COST: usize = 100;

/// What a command did, or with `dryRun` would do.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderReceipt {
    /// The order after it.
    order: Order,
    /// What happened.
    events: Vec<OrderEvent>,
    /// Whether this is the answer of an earlier request with the same key.
    replayed: bool,
    /// Whether nothing was written.
    dry_run: bool,
}

impl From<Done> for OrderReceipt {
    fn from(Done { receipt, dry_run }: Done) -> Self {
        let order_id = receipt.order.id().clone();
        let events = receipt.events.into_iter();
        let events = events.map(|recorded| OrderEvent::new(&order_id, EventBody::from(recorded)));
        Self {
            events: events.collect(),
            order: Order(OrderView { order: receipt.order, person: receipt.person }),
            replayed: receipt.replayed,
            dry_run,
        }
    }
}

impl From<Brought> for OrderReceipt {
    fn from(brought: Brought) -> Self {
        match brought {
            Brought::Done(done) => done.into(),
            Brought::There(view) => {
                let (events, replayed, dry_run) = (Vec::new(), false, false);
                Self { order: Order(view), events, replayed, dry_run }
            }
        }
    }
}

/// What every mutation of an order gives: null beside an error, and the others are answered all the same.
type Receipt = Option<Result<OrderReceipt, ApiError>>;

fn why(reason: Option<&str>) -> Result<Option<Reason>, ApiError> {
    reason.map(|text| checked(text.trim(), "/reason")).transpose()
}

/// Carries out a command on the order of a call.
async fn run(call: &Call, command: Command) -> Result<OrderReceipt, ApiError> {
    let meta = call.meta().await?;
    Ok(call.run(command, meta).await?.into())
}

/// What can be done.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Mutation(
    order::Orders,
    action::Actions,
    payment::Payments,
    parcel::Parcels,
    product::Products,
    account::Accounts,
    webhook::Webhooks,
    operation::Operations,
);
