//! What happens to orders, counted.

use order_core::{
    OrderEvent, Status,
    ports::{Commit, Observer},
};

/// Everything that happened.
const EVENTS: &str = "order_events_total";
/// New orders.
const PLACED: &str = "order_placed_total";
/// Moves from one status to another.
const TRANSITIONS: &str = "order_transitions_total";
/// What became of payments.
const PAYMENTS: &str = "order_payments_total";

pub(super) fn describe() {
    metrics::describe_counter!(EVENTS, "Events that this server committed, by type");
    metrics::describe_counter!(PLACED, "Orders that were placed through this server, by currency");
    metrics::describe_counter!(TRANSITIONS, "Changes of status, by the one before and after");
    metrics::describe_counter!(PAYMENTS, "What became of payments and refunds, by result");
}

/// Counts what commits say. Labels are words of ours, so there is no end of series.
#[derive(Debug)]
pub(crate) struct OrderCounter;

impl Observer for OrderCounter {
    fn committed(&self, before: Option<Status>, commit: &Commit) {
        for recorded in commit.events() {
            let name = recorded.event.name();
            metrics::counter!(EVENTS, "type" => name).increment(1);
            if let OrderEvent::Placed(_) = &recorded.event {
                let currency = commit.order().currency().code();
                metrics::counter!(PLACED, "currency" => currency).increment(1);
            }
            if let Some(result) = name.strip_prefix("payment.") {
                metrics::counter!(PAYMENTS, "result" => result).increment(1);
            }
        }
        let after = commit.order().status();
        if before != Some(after) {
            let from = before.map_or("none", Status::as_str);
            metrics::counter!(TRANSITIONS, "from" => from, "to" => after.as_str()).increment(1);
        }
    }
}
