//! The one write path: load, decide, evolve, commit; bounded retries; replays of known requests.

use std::sync::Arc;

use super::{
    ATTEMPTS_MAX, Confirmation,
    error::ServiceError,
    fingerprint::fingerprint,
    principal::Principal,
    requests::{Meta, Receipt},
};
use crate::{
    Actor, Command, CorruptHistory, EventId, Order, OrderId, OrderService, PersonalData, Plan,
    Recorded, Rejection, Timestamp, Transition, decide, evolve,
    ports::{Commit, OrderView, RequestRecord, StoreError},
    replay,
};

/// One command and the time it is to have happened at; none for now.
#[derive(Debug, Clone, Hash)]
pub(super) struct Step {
    pub(super) command: Command,
    pub(super) at: Option<Timestamp>,
}

impl From<Command> for Step {
    fn from(command: Command) -> Self {
        Self { command, at: None }
    }
}

/// Steps to take on one order, in one commit.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: OrderId,
    pub(super) steps: Vec<Step>,
    pub(super) expected_version: Option<u64>,
    pub(super) dry_run: bool,
    pub(super) request: Option<RequestRecord>,
    /// Until when nobody else shall drive the order on, because whoever runs the job does.
    pub(super) busy_until: Option<Timestamp>,
}

/// What is known of the order before a job runs.
#[derive(Debug)]
pub(super) enum Known {
    /// Nothing: look first.
    Nothing,
    /// There is no such order: its id was made for this job.
    Absent,
    /// It was just loaded.
    Loaded(Box<Loaded>),
}

/// An order as it was loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) order: Order,
    pub(super) person: PersonalData,
    pub(super) history: Vec<Recorded>,
}

impl OrderService {
    pub(super) async fn execute_command(
        &self,
        who: &Principal,
        reference: &str,
        command: Command,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        who.check_action(command.action())?;
        let request = request_of(who, &meta, || fingerprint(reference, &command));
        if let Some(request) = &request
            && let Some(receipt) = self.recall(who, request).await?
        {
            return Ok(receipt);
        }
        let loaded = self.load(who, reference).await?;
        let job = Job {
            id: loaded.order.id().clone(),
            steps: self.with_confirmation(command, loaded.order.plan()),
            expected_version: meta.expected_version,
            dry_run: meta.dry_run,
            request,
            busy_until: None,
        };
        let done = self.run(who, &job, Known::Loaded(Box::new(loaded))).await;
        self.or_first_answer(who, done, job.request.as_ref()).await
    }

    /// What was done, or the first answer if the same request has succeeded before. A repeat that
    /// asked for that answer too early may fail where the first request succeeded: the command is no
    /// longer allowed, a price has changed, the stock is gone.
    pub(super) async fn or_first_answer(
        &self,
        who: &Principal,
        done: Result<Receipt, ServiceError>,
        request: Option<&RequestRecord>,
    ) -> Result<Receipt, ServiceError> {
        if let (Err(_), Some(request)) = (&done, request)
            && let Some(receipt) = self.recall(who, request).await?
        {
            return Ok(receipt);
        }
        done
    }

    /// The command, and the confirmation that the policy adds to a placement.
    pub(super) fn with_confirmation(&self, command: Command, plan: Option<&Plan>) -> Vec<Step> {
        let confirm = matches!(command, Command::Place { .. })
            && self.policy.confirm == Confirmation::WhenHeld
            && plan.is_none_or(Plan::is_plain);
        let mut steps = vec![Step::from(command)];
        if confirm {
            steps.push(Command::Confirm.into());
        }
        steps
    }

    /// The order with this id, else the one with this number, as far as the caller may see it.
    pub(super) async fn load(
        &self,
        who: &Principal,
        reference: &str,
    ) -> Result<Loaded, ServiceError> {
        const GONE: ServiceError = ServiceError::NotFound { what: "order" };
        let id = OrderId::try_from(reference).map_err(|_| GONE)?;
        let mut stored = self.store.load(&id).await?;
        if stored.events.is_empty() {
            let view = self.queries.find(reference).await?.ok_or(GONE)?;
            who.check_owner(&view.order)?;
            stored = self.store.load(view.order.id()).await?;
        }
        let order = replay(&stored.events, None)?.ok_or(GONE)?;
        who.check_owner(&order)?;
        Ok(Loaded { order, person: stored.person, history: stored.events })
    }

    pub(super) async fn view(
        &self,
        who: &Principal,
        reference: &str,
        version: Option<u64>,
    ) -> Result<OrderView, ServiceError> {
        let gone = || ServiceError::NotFound { what: "order" };
        if let Some(version) = version {
            let loaded = self.load(who, reference).await?;
            let past = replay(&loaded.history, Some(version))?;
            let past = past.filter(|order| order.version() == version).ok_or_else(gone)?;
            return Ok(OrderView { order: past.into(), person: loaded.person.into() });
        }
        OrderId::try_from(reference).map_err(|_| gone())?;
        let view = self.queries.find(reference).await?.ok_or_else(gone)?;
        who.check_owner(&view.order)?;
        Ok(view)
    }

    /// Runs a job, again and again while it loses races that the caller cannot know of.
    pub(super) async fn run(
        &self,
        who: &Principal,
        job: &Job,
        mut known: Known,
    ) -> Result<Receipt, ServiceError> {
        for _ in 0..ATTEMPTS_MAX {
            let (before, person) = match std::mem::replace(&mut known, Known::Nothing) {
                Known::Absent => (None, PersonalData::default()),
                Known::Loaded(loaded) => (Some(loaded.order), loaded.person),
                Known::Nothing => {
                    let stored = self.store.load(&job.id).await?;
                    (replay(&stored.events, None)?, stored.person)
                }
            };
            check_version(job.expected_version, before.as_ref().map_or(0, Order::version))?;
            let staged = stage(who, self.clock.now(), job, before.as_ref(), person)?;
            if job.dry_run {
                return Ok(staged.receipt());
            }
            let commit = staged.commit(before.as_ref(), job);
            match self.store.commit(&commit).await {
                Ok(()) => {
                    if let Some(observer) = &self.observer {
                        observer.committed(before.as_ref().map(Order::status), &commit);
                    }
                    return Ok(staged.receipt());
                }
                // Who lost the race to begin the order learns from the next load that it exists.
                Err(StoreError::Conflict) => {}
                Err(StoreError::KeyTaken) => {
                    if let Some(request) = &job.request
                        && let Some(receipt) = self.recall(who, request).await?
                    {
                        return Ok(receipt);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Contended(ATTEMPTS_MAX))
    }

    /// The first answer to a request, if there was one, as far as the caller may see it.
    pub(super) async fn recall(
        &self,
        who: &Principal,
        request: &RequestRecord,
    ) -> Result<Option<Receipt>, ServiceError> {
        let Some(known) = self.store.recall(&request.key).await? else {
            return Ok(None);
        };
        if known.fingerprint != request.fingerprint {
            return Err(ServiceError::KeyReused);
        }
        let mut stored = self.store.load(&known.order_id).await?;
        let order = replay(&stored.events, Some(known.version))?;
        let order = order.ok_or(ServiceError::NotFound { what: "order" })?;
        who.check_owner(&order)?;
        stored.events.retain(|recorded| recorded.id.version == known.version);
        Ok(Some(Receipt {
            order: order.into(),
            person: stored.person.into(),
            events: stored.events,
            replayed: true,
        }))
    }
}

/// The request to remember; none for a dry run or without a key.
pub(super) fn request_of(
    who: &Principal,
    meta: &Meta,
    fingerprint: impl FnOnce() -> u64,
) -> Option<RequestRecord> {
    let key = meta.key.clone().filter(|_| !meta.dry_run)?;
    Some(RequestRecord { key: who.request_key(key), fingerprint: fingerprint() })
}

/// That something has the version that is asked for, if one is.
pub(super) fn check_version(expected: Option<u64>, actual: u64) -> Result<(), ServiceError> {
    match expected {
        Some(expected) if expected != actual => Err(ServiceError::Stale { expected, actual }),
        _ => Ok(()),
    }
}

/// What a job would write.
struct Staged {
    order: Arc<Order>,
    person: Arc<PersonalData>,
    person_changed: bool,
    events: Vec<Recorded>,
}

impl Staged {
    fn receipt(self) -> Receipt {
        Receipt { order: self.order, person: self.person, events: self.events, replayed: false }
    }

    fn commit(&self, before: Option<&Order>, job: &Job) -> Commit {
        let person = self.person_changed.then(|| Arc::clone(&self.person));
        let order = Arc::clone(&self.order);
        let request = job.request.clone();
        Commit::new(before, self.events.clone(), order, person, request, job.busy_until)
    }
}

/// Takes the steps in memory. The table has the last word on each.
fn stage(
    who: &Principal,
    now: Timestamp,
    job: &Job,
    before: Option<&Order>,
    mut person: PersonalData,
) -> Result<Staged, ServiceError> {
    let version = before.map_or(0, Order::version) + 1;
    let mut order = before.cloned();
    let mut person_changed = false;
    let mut events = Vec::with_capacity(job.steps.len());
    for Step { command, at } in &job.steps {
        let at = at.unwrap_or(now);
        let from = order.as_ref().map(Order::status);
        for event in decide(order.as_ref(), command)? {
            let ordinal = u32::try_from(events.len()).unwrap_or(u32::MAX);
            let id = EventId { order_id: job.id.clone(), version, ordinal };
            let recorded = Recorded { id, at, actor: Actor::clone(&who.subject), event };
            order = Some(evolve(order, &recorded)?);
            events.push(recorded);
        }
        check_table(order.as_ref(), from, command, &job.id)?;
        if let Some(after) = person.after(command, at, &who.subject) {
            person = after;
            person_changed = true;
        }
    }
    let order = order.ok_or(Rejection::NoSuchOrder)?;
    Ok(Staged { order: order.into(), person: person.into(), person_changed, events })
}

fn check_table(
    order: Option<&Order>,
    from: Option<crate::Status>,
    command: &Command,
    id: &OrderId,
) -> Result<(), ServiceError> {
    let action = command.action();
    let legal = order.is_some_and(|order| {
        let to = order.status();
        Transition { from, action, to }.is_legal()
    });
    if legal {
        return Ok(());
    }
    let fact = "a decision left the transition table";
    Err(CorruptHistory { order_id: id.clone(), version: 0, fact }.into())
}
