//! An order as GraphQL shows it: the names of REST, only as much as is asked for.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, Object, SimpleObject};
use order_core::{Country, Email, Label, Money, Name, Reason, Tag, ports::OrderView};

use super::{
    caller::Caller,
    part::{
        Address, Adjustment, Advice, Attention, Note, OrderItem, Payment, PendingCall, Return,
        Shipment, of_text,
    },
    scalar::{DateTime, Decimal},
    word::{
        FulfillmentStatus, OrderAction, OrderLifecycle, OrderStatus, PaymentStatus, ReturnStatus,
    },
};
use crate::error::ApiError;

/// A customer of another subgraph: this one knows the id only.
#[derive(Debug, SimpleObject)]
#[graphql(unresolvable = "id")]
pub(super) struct User {
    /// Names the user; an order's customer is the user of the same id.
    id: ID,
}

/// An order. Amounts are decimal numbers in the order's currency.
#[derive(Debug)]
pub(super) struct Order(pub(super) OrderView);

/// A list that is counted, for how long it is nobody knew before.
pub(super) type List<T> = Result<Vec<T>, ApiError>;

impl Order {
    fn money(&self, minor: i64) -> Decimal {
        Money::new(minor, self.0.order.currency()).into()
    }
}

#[Object]
impl Order {
    /// Names the order for programs.
    async fn id(&self) -> ID {
        of_text(self.0.order.id())
    }

    /// Names the order for people.
    async fn number(&self) -> &str {
        self.0.order.number().as_str()
    }

    /// Whose order it is; null for a guest.
    async fn customer_id(&self) -> Option<ID> {
        self.0.order.customer_id().map(of_text)
    }

    /// The same, for a gateway that knows of users.
    async fn customer(&self) -> Option<User> {
        self.0.order.customer_id().map(|id| User { id: of_text(id) })
    }

    /// The one word people see.
    async fn status(&self) -> OrderStatus {
        self.0.order.status().into()
    }

    /// Where it stands in its life.
    async fn lifecycle(&self) -> OrderLifecycle {
        self.0.order.lifecycle().into()
    }

    /// What the payments amount to.
    async fn payment_status(&self) -> PaymentStatus {
        self.0.order.payment_status().into()
    }

    /// What the parcels amount to.
    async fn fulfillment_status(&self) -> FulfillmentStatus {
        self.0.order.fulfillment_status().into()
    }

    /// What came, or shall come, back.
    async fn return_status(&self) -> ReturnStatus {
        self.0.order.return_status().into()
    }

    /// Whether it is stopped from going on.
    async fn on_hold(&self) -> bool {
        self.0.order.on_hold()
    }

    /// Why it is held or was cancelled, if somebody said.
    async fn reason(&self) -> Option<&str> {
        self.0.order.reason().map(Reason::as_str)
    }

    /// The ISO 4217 currency of every amount.
    async fn currency(&self) -> &'static str {
        self.0.order.currency().code()
    }

    /// The country it is sold to.
    async fn country(&self) -> Option<&str> {
        self.0.order.country().map(Country::as_str)
    }

    /// What is sold.
    async fn items(&self, ctx: &Context<'_>) -> List<OrderItem> {
        Caller::listed(ctx, self.0.order.lines())
    }

    /// The price of the live units.
    async fn subtotal(&self) -> Decimal {
        self.0.order.totals().subtotal.into()
    }

    /// What is taken off.
    async fn discount_total(&self) -> Decimal {
        self.0.order.totals().discount.into()
    }

    /// Carriage.
    async fn shipping_total(&self) -> Decimal {
        self.0.order.totals().shipping.into()
    }

    /// Other charges.
    async fn fee_total(&self) -> Decimal {
        self.0.order.totals().fees.into()
    }

    /// Taxes.
    async fn tax_total(&self) -> Decimal {
        self.0.order.totals().tax.into()
    }

    /// What the order comes to.
    async fn total(&self) -> Decimal {
        self.0.order.totals().total.into()
    }

    /// What may still be captured.
    async fn amount_due(&self) -> Decimal {
        self.0.order.due().into()
    }

    /// What was captured.
    async fn amount_paid(&self) -> Decimal {
        self.money(self.0.order.captured())
    }

    /// What went back.
    async fn amount_refunded(&self) -> Decimal {
        self.money(self.0.order.refunded())
    }

    /// Discounts, shipping, fees and taxes.
    async fn adjustments(&self, ctx: &Context<'_>) -> List<Adjustment> {
        Caller::listed(ctx, self.0.order.adjustments())
    }

    /// Where to write.
    async fn email(&self) -> Option<&str> {
        self.0.person.email.as_ref().map(Email::as_str)
    }

    /// The customer's name.
    async fn name(&self) -> Option<&str> {
        self.0.person.name.as_ref().map(Name::as_str)
    }

    /// Where to call.
    async fn phone(&self) -> Option<&str> {
        self.0.person.phone.as_ref().map(Label::as_str)
    }

    /// Where the parcels go.
    async fn shipping_address(&self) -> Option<Address> {
        self.0.person.shipping_address.as_ref().map(Address::from)
    }

    /// Where the invoice goes.
    async fn billing_address(&self) -> Option<Address> {
        self.0.person.billing_address.as_ref().map(Address::from)
    }

    /// The parcels, oldest first.
    async fn shipments(&self, ctx: &Context<'_>) -> List<Shipment> {
        Caller::listed(ctx, self.0.order.shipments())
    }

    /// The payments, oldest first.
    async fn payments(&self, ctx: &Context<'_>) -> List<Payment> {
        Caller::listed(ctx, self.0.order.payments())
    }

    /// The returns, oldest first.
    async fn returns(&self, ctx: &Context<'_>) -> List<Return> {
        Caller::listed(ctx, self.0.order.returns())
    }

    /// What people wrote about it.
    async fn notes(&self, ctx: &Context<'_>) -> List<Note> {
        Caller::listed(ctx, &self.0.person.notes)
    }

    /// Facts the host attached: texts by texts.
    async fn metadata(&self) -> BTreeMap<String, String> {
        self.0.order.metadata().clone()
    }

    /// Words to find it by.
    async fn tags(&self) -> Vec<&str> {
        self.0.order.tags().iter().map(Tag::as_str).collect()
    }

    /// How many changes made it what it is: the `expectedVersion` of the next one.
    async fn version(&self) -> u64 {
        self.0.order.version()
    }

    /// When it was begun.
    async fn created_at(&self) -> DateTime {
        self.0.order.created_at().into()
    }

    /// When anything last happened to it.
    async fn updated_at(&self) -> DateTime {
        self.0.order.updated_at().into()
    }

    /// When it was placed; null for a draft.
    async fn placed_at(&self) -> Option<DateTime> {
        self.0.order.placed_at().map(DateTime)
    }

    /// When the person behind it was forgotten.
    async fn erased_at(&self) -> Option<DateTime> {
        self.0.order.erased_at().map(DateTime)
    }

    /// When it was put away.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.order.archived_at().map(DateTime)
    }

    /// Why somebody has to look at it.
    async fn attention(&self) -> Option<Attention> {
        self.0.order.attention().map(Attention::from)
    }

    /// What a payment provider was asked and has not answered yet, oldest first.
    async fn pending_calls(&self) -> Vec<PendingCall> {
        self.0.order.calls().iter().map(PendingCall::from).collect()
    }

    /// What may be done to it now.
    async fn allowed_actions(&self) -> Vec<OrderAction> {
        self.0.order.allowed_actions().public().iter().map(OrderAction::from).collect()
    }

    /// Every action, whether it is allowed now, and why not.
    async fn actions(&self) -> Vec<Advice> {
        self.0.order.advice().into_iter().map(Advice::from).collect()
    }
}
