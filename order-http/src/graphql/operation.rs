//! What operators look at, as GraphQL shows it.

use std::fmt;

use async_graphql::{ID, InputObject, SimpleObject};
use order_core::{ImportOutcome, VerifyPage};
use serde::Serialize;

use super::{
    part::{of_text, text},
    scalar::{DateTime, Long},
    word::{FindingSeverity, ImportState, NoticeState, Role},
};
use crate::body::{
    AuditBody, AuditEntryBody, ErasureBody, HeldBody, NoticeBody, OutboxBody, ProcessBody,
    ProcessListBody, RelayBody,
};

/// A page of orders that something is to happen to, or that somebody has to look at.
#[derive(Debug, SimpleObject)]
pub(super) struct ProcessPage {
    /// By order id.
    processes: Vec<OrderProcess>,
    /// The last order of a full page: `after` of the next one.
    next: Option<ID>,
}

impl From<ProcessListBody> for ProcessPage {
    fn from(ProcessListBody { processes, next }: ProcessListBody) -> Self {
        let processes = processes.into_iter().map(Into::into).collect();
        Self { processes, next: next.as_ref().map(of_text) }
    }
}

/// An order that something is to happen to, or that somebody has to look at.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderProcess {
    /// Which order.
    order_id: ID,
    /// When something is to happen next; null if it waits for somebody.
    next_at: Option<DateTime>,
    /// How often it was tried since the order last changed.
    tries: u32,
    /// What went wrong last, as a stable code.
    trouble: Option<String>,
    /// Why somebody has to look at it, as a stable code.
    attention: Option<String>,
}

impl From<ProcessBody> for OrderProcess {
    fn from(process: ProcessBody) -> Self {
        Self {
            order_id: of_text(&process.order_id),
            next_at: process.next_at.map(Into::into),
            tries: process.tries,
            trouble: text(process.trouble.as_ref()),
            attention: text(process.attention.as_ref()),
        }
    }
}

/// A notice of a payment provider that is in no order.
#[derive(Debug, SimpleObject)]
pub(super) struct PaymentNotice {
    /// Which provider.
    provider: String,
    /// The provider's id of what happened.
    id: ID,
    /// What it was, in the provider's words.
    kind: String,
    /// The order it is about.
    order_id: ID,
    /// The payment it is about.
    payment_id: ID,
    /// What became of it.
    state: NoticeState,
    /// Why, as a stable code.
    code: Option<String>,
    /// When it came in.
    received_at: DateTime,
    /// When it is tried next; null if not by itself.
    next_at: Option<DateTime>,
    /// How often it was tried.
    tries: u32,
}

impl From<NoticeBody> for PaymentNotice {
    fn from(notice: NoticeBody) -> Self {
        Self {
            provider: notice.provider.to_string(),
            id: of_text(&notice.id),
            kind: notice.kind.to_string(),
            order_id: of_text(&notice.order_id),
            payment_id: of_text(&notice.payment_id),
            state: notice.state.into(),
            code: text(notice.code.as_ref()),
            received_at: notice.received_at.into(),
            next_at: notice.next_at.map(Into::into),
            tries: notice.tries,
        }
    }
}

/// How relays are doing, and orders that they hold.
#[derive(Debug, SimpleObject)]
pub(super) struct Outbox {
    /// Every relay there ever was, by name.
    relays: Vec<Relay>,
    /// Orders that they hold, by relay and order.
    held: Vec<HeldOrder>,
    /// The last order of a full page: `after` of the next one, with its `relay`.
    next: Option<ID>,
}

impl From<OutboxBody> for Outbox {
    fn from(OutboxBody { relays, held, next }: OutboxBody) -> Self {
        Self {
            relays: relays.into_iter().map(Into::into).collect(),
            held: held.into_iter().map(Into::into).collect(),
            next: next.as_ref().map(of_text),
        }
    }
}

/// How a relay is doing: what brings every event to one receiver.
#[derive(Debug, SimpleObject)]
pub(super) struct Relay {
    /// Which relay.
    name: ID,
    /// The last position in the feed that it has passed.
    position: Long,
    /// The last position there is.
    head: Long,
    /// How many events are not published.
    backlog: Long,
    /// When the oldest of them happened.
    oldest_at: Option<DateTime>,
    /// How long ago that was, in whole seconds; 0 if there is none.
    lag_seconds: Long,
    /// How many orders it holds.
    held: Long,
    /// How many of them are parked: they wait for somebody.
    parked: Long,
}

impl From<RelayBody> for Relay {
    fn from(relay: RelayBody) -> Self {
        Self {
            name: of_text(&relay.name),
            position: relay.position.into(),
            head: relay.head.into(),
            backlog: relay.backlog.into(),
            oldest_at: relay.oldest_at.map(Into::into),
            lag_seconds: relay.lag_seconds.into(),
            held: relay.held.into(),
            parked: relay.parked.into(),
        }
    }
}

/// An order whose next event was refused by a receiver, and whose later events wait behind it.
#[derive(Debug, SimpleObject)]
pub(super) struct HeldOrder {
    /// Which relay holds it.
    relay: ID,
    /// Which order.
    order_id: ID,
    /// The position of the first event that waits.
    position: Option<Long>,
    /// The id of that event.
    event_id: Option<ID>,
    /// How many events wait.
    events: Long,
    /// How often the first one has been refused.
    tries: u32,
    /// When it is tried again; null if the order is parked.
    next_at: Option<DateTime>,
    /// Whether it waits for somebody: to be tried again, or the event to be given up.
    parked: bool,
    /// Why it was refused, as a stable code.
    code: String,
    /// Since when.
    since: DateTime,
}

impl From<HeldBody> for HeldOrder {
    fn from(held: HeldBody) -> Self {
        Self {
            relay: of_text(&held.relay),
            order_id: of_text(&held.order_id),
            position: held.position.map(Into::into),
            event_id: held.event_id.map(ID),
            events: held.events.into(),
            tries: held.tries,
            next_at: held.next_at.map(Into::into),
            parked: held.parked,
            code: held.code.to_string(),
            since: held.since.into(),
        }
    }
}

/// A page of the log of administrative acts, the newest first.
#[derive(Debug, SimpleObject)]
pub(super) struct AuditPage {
    /// The entries.
    entries: Vec<AuditEntry>,
    /// The last entry of a full page: `after` of the next one.
    next: Option<Long>,
}

impl From<AuditBody> for AuditPage {
    fn from(AuditBody { entries, next }: AuditBody) -> Self {
        let entries = entries.into_iter().map(Into::into).collect();
        Self { entries, next: next.map(Into::into) }
    }
}

/// An administrative act.
#[derive(Debug, SimpleObject)]
pub(super) struct AuditEntry {
    /// Where it stands in the log.
    id: Long,
    /// When it was done.
    at: DateTime,
    /// Who did it.
    actor: String,
    /// In which role.
    role: Role,
    /// What was done, such as `user.role_changed`.
    action: String,
    /// The id of what it was done to, if it has one.
    subject: Option<ID>,
    /// `done`, or the code of the refusal.
    outcome: String,
    /// How many things it touched.
    count: Long,
}

impl From<AuditEntryBody> for AuditEntry {
    fn from(entry: AuditEntryBody) -> Self {
        Self {
            id: entry.id.into(),
            at: entry.at.into(),
            actor: entry.actor.to_string(),
            role: entry.role.into(),
            action: entry.action.to_string(),
            subject: entry.subject.as_ref().map(of_text),
            outcome: entry.outcome.to_string(),
            count: entry.count.into(),
        }
    }
}

/// Who is to be forgotten: just one of `customerId`, `orderId` and `email`.
#[derive(Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct EraseInput {
    /// A customer: the personal data of all their orders, and their account.
    customer_id: Option<ID>,
    /// Whoever is behind one order, named by its id or its number: a guest.
    order_id: Option<ID>,
    /// Whoever has this e-mail address, in any case: their account, its orders, and every order that
    /// carries the address.
    email: Option<String>,
    /// Whether to clean the files as well; so if absent. `false` for all but the last of many people.
    sweep: Option<bool>,
}

impl fmt::Debug for EraseInput {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EraseInput").field("sweep", &self.sweep).finish_non_exhaustive()
    }
}

/// What was forgotten. Nothing, if it was before.
#[derive(Debug, SimpleObject)]
pub(super) struct Erasure {
    /// How many orders lost their personal data now.
    orders: Long,
    /// How many accounts were removed now.
    accounts: Long,
    /// Whether there are more orders: ask again.
    more: bool,
    /// What the store cannot take away by itself, and what takes it away.
    remains: Vec<Finding>,
}

impl From<ErasureBody> for Erasure {
    fn from(ErasureBody { orders, accounts, more, remains }: ErasureBody) -> Self {
        let remains = remains.iter().map(Into::into).collect();
        Self { orders: orders.into(), accounts: accounts.into(), more, remains }
    }
}

/// What an operator should know of the store.
#[derive(Debug, SimpleObject)]
pub(super) struct Finding {
    /// How bad it is.
    severity: FindingSeverity,
    /// The stable code.
    code: String,
    /// What it is about: an order, a setting.
    subject: String,
    /// What was found, and what helps.
    detail: String,
}

impl From<&order_core::ports::Finding> for Finding {
    fn from(finding: &order_core::ports::Finding) -> Self {
        let order_core::ports::Finding { severity, code, subject, detail } = finding.clone();
        Self { severity: severity.into(), code, subject, detail }
    }
}

/// What a verification of some orders found.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderVerification {
    /// How many orders were verified.
    orders: Long,
    /// How many events they have.
    events: Long,
    /// What is wrong.
    findings: Vec<Finding>,
    /// The last order verified: `after` of the next page; null when there are no more.
    next: Option<ID>,
}

impl From<VerifyPage> for OrderVerification {
    fn from(VerifyPage { orders, events, findings, next }: VerifyPage) -> Self {
        let findings = findings.iter().map(Into::into).collect();
        let next = next.as_ref().map(of_text);
        Self { orders: orders.into(), events: events.into(), findings, next }
    }
}

/// What became of a record of another system.
#[derive(Debug, SimpleObject)]
pub(super) struct ImportResult {
    /// What became of it.
    state: ImportState,
    /// Why it was refused, as a stable code.
    code: Option<String>,
    /// Why it was refused, in words.
    detail: Option<String>,
}

impl From<&ImportOutcome> for ImportResult {
    fn from(outcome: &ImportOutcome) -> Self {
        let of = |state| Self { state, code: None, detail: None };
        match outcome.clone() {
            ImportOutcome::Taken => of(ImportState::Taken),
            ImportOutcome::Known => of(ImportState::Known),
            ImportOutcome::Refused { code, detail } => {
                Self { state: ImportState::Refused, code: Some(code), detail: Some(detail) }
            }
        }
    }
}
