//! What the process asks of the orders.

use super::{
    error::ServiceError,
    execute::{Job, Known, Step},
    principal::Principal,
    requests::Receipt,
};
use crate::{
    Command, Order, OrderId, OrderService, PaymentFacts, Progress, Timestamp,
    ports::{Agenda, Inbox},
    process::LEASE_MS,
    replay,
};

impl OrderService {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A number by chance.
    pub(crate) fn chance(&self) -> u16 {
        // The last bytes of an id are as good as any: its first ones are the time.
        let [.., high, low] = self.ids.next_id().into_bytes();
        u16::from_be_bytes([high, low])
    }

    /// An order as its events have it; none if there is none.
    pub(crate) async fn fold(&self, id: &OrderId) -> Result<Option<Order>, ServiceError> {
        Ok(replay(&self.store.load(id).await?.events, None)?)
    }

    /// Carries out a command on an order, if it is still as it was seen.
    pub(crate) async fn drive(
        &self,
        who: &Principal,
        seen: &Order,
        command: Command,
    ) -> Result<Receipt, ServiceError> {
        self.drive_all(who, seen, vec![command]).await
    }

    /// Carries out commands on an order in one commit, if it is still as it was seen.
    pub(crate) async fn drive_all(
        &self,
        who: &Principal,
        seen: &Order,
        commands: Vec<Command>,
    ) -> Result<Receipt, ServiceError> {
        let expected_version = Some(seen.version());
        self.drive_at(who, seen.id().clone(), commands, expected_version, LEASE_MS).await
    }

    /// Folds what a payment provider knows into its order, however often that changes meanwhile. For
    /// so many milliseconds nobody else goes on with the order, because whoever tells it does.
    pub(crate) async fn learn(
        &self,
        who: &Principal,
        facts: PaymentFacts,
        busy_ms: i64,
    ) -> Result<Receipt, ServiceError> {
        let id = facts.order_id.clone();
        let learn = Command::Advance(Progress::Facts(facts));
        self.drive_at(who, id, vec![learn], None, busy_ms).await
    }

    async fn drive_at(
        &self,
        who: &Principal,
        id: OrderId,
        commands: Vec<Command>,
        expected_version: Option<u64>,
        busy_ms: i64,
    ) -> Result<Receipt, ServiceError> {
        let steps = commands.into_iter().map(Step::from).collect();
        let busy_until = Some(self.now().plus_millis(busy_ms));
        let job = Job { id, steps, expected_version, dry_run: false, request: None, busy_until };
        self.run(who, &job, Known::Nothing).await
    }
}

/// What a runner asks the store, through the service that it drives.
impl OrderService {
    pub(crate) fn agenda_port(&self) -> &dyn Agenda {
        &*self.agenda
    }

    pub(crate) fn inbox_port(&self) -> &dyn Inbox {
        &*self.inbox
    }
}
