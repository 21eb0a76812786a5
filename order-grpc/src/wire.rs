//! What a gateway and its core say to each other: every method of the driving ports, as one table.
//!
//! Of the table are made the calls as values, the client that makes them, and the server that carries
//! them out. A port that gets a method more does not compile until the method is in here.

use async_trait::async_trait;
use order_core::{
    Analytics, Command, CreditNote, CreditNoteId, DataSubject, Erasure, FeedPage, FeedQuery,
    Funnel, FunnelQuery, ImportOutcome, ImportRecord, Label, Meta, NewOrder, NewProduct,
    NewSubscription, NewUser, OrderId, Orders, OutboxPage, OutboxQuery, Principal, Product,
    ProductChange, ProductId, Ranking, RankingQuery, Receipt, Recorded, RefusedRow, RelaySteering,
    Report, Revenue, RevenueQuery, Revision, Rotation, ServiceError, SignedIn, Standing, Steering,
    SubscriptionChange, SubscriptionId, User, UserChange, UserId, Users, VerifyPage, Webhooks,
    ports::{
        AgendaEntry, AuditPage, AuditQuery, DeliveryPage, DeliveryQuery, Finding, KeptNotice,
        OrderPage, OrderQuery, OrderView, PaymentNotice, ProductPage, ProductQuery, Replay,
        StatsQuery, UserPage, UserQuery, WebhookReply,
    },
    webhook::Subscription,
};
use serde::{Deserialize, Serialize};

use crate::{
    client::GrpcCore,
    lend::{Keep, Lend},
    secret::{KeptChange, KeptSession, KeptUser},
};

/// What both sides must be made of: counted up with every change of what is said.
pub(crate) const PROTOCOL: u32 = 1;

/// A call of any driving port.
#[derive(Serialize, Deserialize)]
pub(crate) enum Call {
    /// Of the orders.
    Orders(Box<OrdersCall>),
    /// Of the accounts.
    Users(Box<UsersCall>),
    /// Of the webhooks.
    Webhooks(Box<WebhooksCall>),
    /// Of the figures.
    Analytics(Box<AnalyticsCall>),
}

impl Call {
    /// Whether it may take long: it goes through many orders.
    pub(crate) fn is_long(&self) -> bool {
        use OrdersCall::{Doctor, Erase, Import, RefusedRows, Report, Verify};
        let Self::Orders(call) = self else {
            return matches!(self, Self::Webhooks(_) | Self::Analytics(_));
        };
        matches!(
            **call,
            Doctor { .. }
                | Erase { .. }
                | Import { .. }
                | RefusedRows { .. }
                | Report { .. }
                | Verify { .. }
        )
    }
}

/// A type, or the one that travels in its place.
macro_rules! kept {
    ($lent:ty) => {
        $lent
    };
    ($lent:ty, $kept:ty) => {
        $kept
    };
}

macro_rules! port {
    ($port:ident in $of:ident as $call:ident { $(
        $variant:ident $method:ident($($arg:ident: $lent:ty $(as $kept:ty)?),*)
            -> $answer:ty $(as $told:ty)?;
    )* }) => {
        /// A call of the port.
        #[derive(Serialize, Deserialize)]
        pub(crate) enum $call {
            $($variant { $($arg: kept!($lent $(, $kept)?)),* },)*
        }

        impl $call {
            /// Does it, and says what came of it as JSON.
            pub(crate) async fn carry_out(self, port: &dyn $port) -> Result<Told, ServiceError> {
                match self {
                    $(Self::$variant { $($arg),* } => {
                        let answer = port.$method($(Lend::lend(&$arg)),*).await?;
                        Ok(serde_json::to_vec(&<kept!($answer $(, $told)?)>::from(answer)))
                    })*
                }
            }
        }

        #[async_trait]
        impl $port for GrpcCore {
            $(async fn $method(&self, $($arg: $lent),*) -> Result<$answer, ServiceError> {
                let call = $call::$variant { $($arg: Keep::keep($arg)),* };
                let told: kept!($answer $(, $told)?) = self.ask(&Call::$of(call.into())).await?;
                Ok(told.into())
            })*
        }
    };
}

/// What came of a call, as JSON.
pub(crate) type Told = Result<Vec<u8>, serde_json::Error>;

port! { Orders in Orders as OrdersCall {
    Place place(who: &Principal as Principal, order: NewOrder, meta: Meta) -> Receipt;
    Revise revise(who: &Principal as Principal, reference: &str as String, revision: Revision,
        meta: Meta) -> Receipt;
    Execute execute(who: &Principal as Principal, reference: &str as String, command: Command,
        meta: Meta) -> Receipt;
    Order order(who: &Principal as Principal, reference: &str as String, version: Option<u64>)
        -> OrderView;
    List list(who: &Principal as Principal, query: OrderQuery) -> OrderPage;
    History history(who: &Principal as Principal, reference: &str as String) -> Vec<Recorded>;
    Feed feed(who: &Principal as Principal, query: FeedQuery) -> FeedPage;
    FeedEnd feed_end() -> u64;
    AddProduct add_product(who: &Principal as Principal, product: NewProduct) -> Product;
    Product product(who: &Principal as Principal, id: &ProductId as ProductId) -> Product;
    ProductsById products_by_id(who: &Principal as Principal, ids: &[ProductId] as Vec<ProductId>)
        -> Vec<Product>;
    ChangeProduct change_product(who: &Principal as Principal, id: &ProductId as ProductId,
        change: ProductChange, expected_version: Option<u64>) -> Product;
    RemoveProduct remove_product(who: &Principal as Principal, id: &ProductId as ProductId,
        expected_version: Option<u64>) -> ();
    ChangeStock change_stock(who: &Principal as Principal, id: &ProductId as ProductId, delta: i64)
        -> Product;
    Products products(who: &Principal as Principal, query: ProductQuery) -> ProductPage;
    Import import(who: &Principal as Principal, record: ImportRecord) -> ImportOutcome;
    CreditNotes credit_notes(who: &Principal as Principal,
        after: Option<&CreditNoteId> as Option<CreditNoteId>, limit: u32) -> Vec<CreditNote>;
    RefusedRows refused_rows(who: &Principal as Principal) -> Vec<RefusedRow>;
    NoteImport note_import(who: &Principal as Principal, taken: u64) -> ();
    NoteToken note_token(who: &Principal as Principal, subject: &Label as Label) -> ();
    Erase erase(who: &Principal as Principal, subject: DataSubject, sweep: bool) -> Erasure;
    AuditLog audit_log(who: &Principal as Principal, query: AuditQuery) -> AuditPage;
    Report report(who: &Principal as Principal, query: StatsQuery) -> Report;
    Verify verify(who: &Principal as Principal, after: Option<&OrderId> as Option<OrderId>,
        limit: u32) -> VerifyPage;
    Notice notice(notice: PaymentNotice) -> bool;
    Notices notices(who: &Principal as Principal, limit: u32) -> Vec<KeptNotice>;
    Agenda agenda(who: &Principal as Principal, after: Option<&OrderId> as Option<OrderId>,
        limit: u32, waiting: bool) -> Vec<AgendaEntry>;
    Steer steer(who: &Principal as Principal, reference: &str as String, steering: Steering,
        meta: Meta) -> Receipt;
    Outbox outbox(who: &Principal as Principal, query: OutboxQuery) -> OutboxPage;
    SteerRelay steer_relay(who: &Principal as Principal, relay: &Label as Label,
        steering: RelaySteering) -> u64;
    Doctor doctor(who: &Principal as Principal) -> Vec<Finding>;
    Ping ping() -> ();
} }

port! { Analytics in Analytics as AnalyticsCall {
    Revenue revenue(who: &Principal as Principal, query: RevenueQuery) -> Revenue;
    Ranking ranking(who: &Principal as Principal, query: RankingQuery) -> Ranking;
    Funnel funnel(who: &Principal as Principal, query: FunnelQuery) -> Funnel;
    Recount recount(who: &Principal as Principal) -> Standing;
} }

port! { Users in Users as UsersCall {
    Register register(who: Option<&Principal> as Option<Principal>, user: NewUser as KeptUser)
        -> User;
    User user(who: &Principal as Principal, id: &UserId as UserId) -> User;
    ChangeUser change_user(who: &Principal as Principal, id: &UserId as UserId,
        change: UserChange as KeptChange, expected_version: Option<u64>) -> User;
    RemoveUser remove_user(who: &Principal as Principal, id: &UserId as UserId,
        expected_version: Option<u64>) -> ();
    Users users(who: &Principal as Principal, query: UserQuery) -> UserPage;
    SignIn sign_in(email: &str as String, password: &str as String) -> SignedIn as KeptSession;
} }

port! { Webhooks in Webhooks as WebhooksCall {
    Subscribe subscribe(who: &Principal as Principal, new: NewSubscription) -> Subscription;
    Subscriptions subscriptions(who: &Principal as Principal) -> Vec<Subscription>;
    Subscription subscription(who: &Principal as Principal, id: &SubscriptionId as SubscriptionId)
        -> Subscription;
    ChangeSubscription change_subscription(who: &Principal as Principal,
        id: &SubscriptionId as SubscriptionId, change: SubscriptionChange,
        expected_version: Option<u64>) -> Subscription;
    Unsubscribe unsubscribe(who: &Principal as Principal, id: &SubscriptionId as SubscriptionId,
        expected_version: Option<u64>) -> ();
    RotateSecret rotate_secret(who: &Principal as Principal, id: &SubscriptionId as SubscriptionId,
        rotation: Rotation, expected_version: Option<u64>) -> Subscription;
    TrySubscription try_subscription(who: &Principal as Principal,
        id: &SubscriptionId as SubscriptionId) -> WebhookReply;
    Deliveries deliveries(who: &Principal as Principal, id: &SubscriptionId as SubscriptionId,
        query: DeliveryQuery) -> DeliveryPage;
    Replay replay(who: &Principal as Principal, id: &SubscriptionId as SubscriptionId,
        replay: Replay) -> u32;
} }
