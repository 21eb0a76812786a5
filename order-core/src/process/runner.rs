//! Makes happen what happens next.

use std::{fmt, sync::Arc};

use super::{
    LEASE_MS, ORDERS_MAX, STEPS_MAX,
    next::{Next, Step, expiry, next_step},
};
use crate::{
    Command, ErrorKind, Label, Operation, Order, OrderService, Principal, Progress, Reason,
    Receipt, Rejection, Role, ServiceError, Timestamp,
    ports::{
        Due, HoldAnswer, Inventory, Outcome, PaymentAnswer, PaymentCall, Payments, RemoteError,
        StockHold,
    },
};

/// How long an order that cannot be read is left alone, in milliseconds.
const POISON_MS: i64 = 60 * 60 * 1_000;

/// How often and how long a runner asks a service that does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long it waits after the first failure, in milliseconds. Every further one doubles it, and a
    /// part of it is left to chance, so that not everybody comes back at once.
    pub first_ms: i64,
    /// The longest it waits, in milliseconds.
    pub longest_ms: i64,
    /// How long after a call was recorded the order asks for attention, in milliseconds.
    pub deadline_ms: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { first_ms: 500, longest_ms: 60_000, deadline_ms: 6 * 60 * 60 * 1_000 }
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Driven {
    /// How many orders were looked at. After [`ORDERS_MAX`] there may be more at once.
    pub orders: u32,
    /// How many notices of payment providers were looked at.
    pub notices: u32,
}

/// Drives orders to their end. Any number of runners may work on one store: an order is driven by one
/// of them, and if that one dies, by another some time later. The host owns the loop, the pause and
/// the end; dropping a step half-way does no harm.
#[derive(Clone)]
pub struct Runner {
    pub(super) orders: OrderService,
    payments: Option<Arc<dyn Payments>>,
    inventory: Option<Arc<dyn Inventory>>,
    patience: Patience,
    pub(super) who: Principal,
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// What became of a step.
enum Done {
    /// The order is another now: look again.
    Changed,
    /// Nothing can be done before this time, because of this.
    Later(Timestamp, Label),
}

/// The order is another now, by our hand or by somebody else's in the meantime.
fn changed(done: Result<Receipt, ServiceError>) -> Result<Done, ServiceError> {
    match done {
        Ok(_) | Err(ServiceError::Stale { .. } | ServiceError::Contended(_)) => Ok(Done::Changed),
        Err(error) => Err(error),
    }
}

impl Runner {
    /// A runner over the orders of a service, without anybody to ask outside.
    pub fn new(orders: OrderService) -> Self {
        let who = Principal { subject: Label::fixed("process"), role: Role::Service };
        Self { orders, payments: None, inventory: None, patience: Patience::default(), who }
    }

    /// The same with a payment provider.
    #[must_use]
    pub fn with_payments(mut self, payments: Arc<dyn Payments>) -> Self {
        self.payments = Some(payments);
        self
    }

    /// The same with an inventory beside us.
    #[must_use]
    pub fn with_inventory(mut self, inventory: Arc<dyn Inventory>) -> Self {
        self.inventory = Some(inventory);
        self
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Drives the orders that are due, at most [`ORDERS_MAX`], and applies the notices that wait.
    ///
    /// # Errors
    /// [`ServiceError`] if the store failed. What was not done is done by a later step.
    pub async fn step(&self) -> Result<Driven, ServiceError> {
        let notices = self.apply_due_notices().await?;
        let now = self.orders.now();
        let due =
            self.orders.agenda_port().claim_due(now, now.plus_millis(LEASE_MS), ORDERS_MAX).await?;
        for order in &due {
            match self.drive(order).await {
                // One order that cannot go on does not stop the others.
                Err(error) if !is_in_every_way(&error) => {
                    let is_poison = error.kind() == ErrorKind::Internal;
                    let pause = if is_poison { POISON_MS } else { self.wait(order.tries) };
                    let (at, code) = (now.plus_millis(pause), Label::fixed(error.code()));
                    self.orders
                        .agenda_port()
                        .put_off(&order.order_id, None, Some(at), Some(&code))
                        .await?;
                }
                driven => driven?,
            }
        }
        Ok(Driven { orders: u32::try_from(due.len()).unwrap_or(ORDERS_MAX), notices })
    }

    /// Drives one order as far as it goes now.
    async fn drive(&self, due: &Due) -> Result<(), ServiceError> {
        let id = &due.order_id;
        for _ in 0..STEPS_MAX {
            let Some(order) = self.orders.fold(id).await? else {
                self.orders.agenda_port().put_off(id, None, None, None).await?;
                return Ok(());
            };
            let now = self.orders.now();
            let (at, trouble) = match next_step(&order, now) {
                Next::Never => (None, None),
                Next::At(at) => (Some(at), None),
                Next::Now(step) => match self.take(&order, step, due.tries, now).await? {
                    Done::Changed => continue,
                    Done::Later(at, trouble) => (Some(at), Some(trouble)),
                },
            };
            self.orders
                .agenda_port()
                .put_off(id, Some(order.version()), at, trouble.as_ref())
                .await?;
            return Ok(());
        }
        // It goes on later; others have their turn first.
        Ok(())
    }

    async fn take(
        &self,
        order: &Order,
        step: Step,
        tries: u32,
        now: Timestamp,
    ) -> Result<Done, ServiceError> {
        match step {
            Step::Take(command) => self.record(order, *command).await,
            Step::Call(call) => self.call(order, &call, tries, now).await,
            Step::Hold(hold) => self.hold(order, &hold, tries, now).await,
        }
    }

    /// Carries out a command on the order as it was seen. If it changed meanwhile, it is looked at
    /// again; if the domain refuses, somebody has to.
    async fn record(&self, order: &Order, command: Command) -> Result<Done, ServiceError> {
        match self.orders.drive(&self.who, order, command).await {
            Err(ServiceError::Rejected(rejection)) => self.rejected(order, &rejection).await,
            done => changed(done),
        }
    }

    /// The domain refuses what the process asks for: somebody has to look at it.
    async fn rejected(&self, order: &Order, rejection: &Rejection) -> Result<Done, ServiceError> {
        let detail = Reason::try_from(rejection.to_string()).ok();
        self.stall(order, Label::fixed(rejection.code()), detail).await
    }

    async fn stall(
        &self,
        order: &Order,
        code: Label,
        detail: Option<Reason>,
    ) -> Result<Done, ServiceError> {
        let stall = Command::Advance(Progress::Stall { code, detail });
        changed(self.orders.drive(&self.who, order, stall).await)
    }

    async fn call(
        &self,
        order: &Order,
        call: &PaymentCall,
        tries: u32,
        now: Timestamp,
    ) -> Result<Done, ServiceError> {
        let Some(payments) = &self.payments else {
            return self.again(order, tries, now, Label::fixed("payment.no_provider")).await;
        };
        match payments.call(call).await {
            Ok(answer) => self.answered(order, call, answer, tries, now).await,
            Err(error) => self.unanswered(order, &error, tries, now).await,
        }
    }

    /// Records what a provider answered: what it knows of the payment, and whether it refused.
    async fn answered(
        &self,
        order: &Order,
        call: &PaymentCall,
        answer: PaymentAnswer,
        tries: u32,
        now: Timestamp,
    ) -> Result<Done, ServiceError> {
        let PaymentAnswer { outcome, mut facts } = answer;
        if let (Operation::Authorize, Outcome::Refused(reason)) = (call.operation, &outcome) {
            facts.declined.get_or_insert_with(|| reason.clone());
        }
        let learned = match self.orders.learn(&self.who, facts, LEASE_MS).await {
            Ok(_) => true,
            Err(ServiceError::Rejected(Rejection::NothingTo { .. })) => false,
            Err(ServiceError::Rejected(rejection)) => {
                return self.rejected(order, &rejection).await;
            }
            Err(error) => return Err(error),
        };
        match outcome {
            Outcome::Refused(reason) => self.refused(order, call, reason).await,
            _ if learned => Ok(Done::Changed),
            _ => self.again(order, tries, now, Label::fixed("payment.pending")).await,
        }
    }

    /// Strikes out a call that a provider refused, and asks for attention. Nothing is left to do if
    /// what the provider knows has answered the call already.
    async fn refused(
        &self,
        order: &Order,
        call: &PaymentCall,
        reason: Reason,
    ) -> Result<Done, ServiceError> {
        let Some(order) = self.orders.fold(order.id()).await? else {
            return Ok(Done::Changed);
        };
        let is_open = order.calls().iter().any(|open| {
            open.operation == call.operation
                && open.payment_id == call.payment_id
                && open.refund_id == call.refund_id
        });
        if !is_open {
            return Ok(Done::Changed);
        }
        let refused = Progress::Refused {
            operation: call.operation,
            payment_id: call.payment_id.clone(),
            refund_id: call.refund_id.clone(),
            reason: Some(reason.clone()),
        };
        let code = Label::fixed("payment.request_refused");
        let stall = Progress::Stall { code, detail: Some(reason) };
        let commands = [Command::Advance(refused), Command::Advance(stall)];
        changed(self.orders.drive_all(&self.who, &order, commands.into()).await)
    }

    async fn hold(
        &self,
        order: &Order,
        hold: &StockHold,
        tries: u32,
        now: Timestamp,
    ) -> Result<Done, ServiceError> {
        let Some(inventory) = &self.inventory else {
            return self.again(order, tries, now, Label::fixed("stock.no_inventory")).await;
        };
        let progress = match inventory.hold(hold).await {
            Ok(HoldAnswer::Held) => Progress::Held,
            Ok(HoldAnswer::Refused(reason)) => Progress::Short { reason: Some(reason) },
            Err(error) => return self.unanswered(order, &error, tries, now).await,
        };
        self.record(order, Command::Advance(progress)).await
    }

    async fn unanswered(
        &self,
        order: &Order,
        error: &RemoteError,
        tries: u32,
        now: Timestamp,
    ) -> Result<Done, ServiceError> {
        match error {
            RemoteError::Unavailable { .. } => {
                self.again(order, tries, now, Label::fixed(error.code())).await
            }
            RemoteError::Misused { code, .. } => {
                let detail = Reason::try_from(code.as_str()).ok();
                self.stall(order, Label::fixed(error.code()), detail).await
            }
        }
    }

    /// Comes back later, or asks for attention once it has waited too long.
    async fn again(
        &self,
        order: &Order,
        tries: u32,
        now: Timestamp,
        trouble: Label,
    ) -> Result<Done, ServiceError> {
        let process = order.process();
        let hold = process.and_then(|it| it.hold_asked.as_ref()).map(|asked| asked.at);
        let since = hold.or_else(|| order.calls().first().map(|call| call.at));
        let waited = since.map_or(0, |since| now.millis_since(since));
        if waited >= self.patience.deadline_ms {
            return self.stall(order, trouble, None).await;
        }
        let wait = self.wait(tries).min(self.patience.deadline_ms - waited);
        let at = now.plus_millis(wait.max(1));
        Ok(Done::Later(expiry(order).map_or(at, |expires| expires.min(at)), trouble))
    }

    /// How long to wait after so many tries: between half and all of the doubled time.
    pub(super) fn wait(&self, tries: u32) -> i64 {
        let Patience { first_ms, longest_ms, .. } = self.patience;
        let doubled = first_ms.saturating_mul(1 << tries.saturating_sub(1).min(30));
        let most = doubled.clamp(1, longest_ms.max(1));
        let chance = i64::from(self.orders.chance());
        most / 2 + (most - most / 2) * chance / i64::from(u16::MAX)
    }
}

/// Whether the next order would fare alike: nothing can be written for now.
pub(super) fn is_in_every_way(error: &ServiceError) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Overloaded)
}
