//! What messages say of the core's values.

use order_core::{
    Adjustment, AdjustmentValue, FeedEvent, Line, LineQuantity, Money, Note, Order, Payment,
    PersonalData, Product, Receipt, Recorded, Return, Shipment, SignedIn, User, accounts::Profile,
    ports::OrderView,
};
use serde::Serialize;
use serde_json::Value;

use crate::{proto, reading::time};

/// The word of a value that is written as one.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn text(text: &impl ToString) -> String {
    text.to_string()
}

/// An order and the personal data beside it.
pub(crate) fn order(order: &Order, person: &PersonalData) -> proto::Order {
    let amount = |minor| Money::new(minor, order.currency()).amount();
    let totals = order.totals();
    proto::Order {
        id: text(order.id()),
        number: text(order.number()),
        customer_id: order.customer_id().map(text),
        status: text(&order.status()),
        lifecycle: text(&order.lifecycle()),
        payment_status: text(&order.payment_status()),
        fulfillment_status: text(&order.fulfillment_status()),
        return_status: text(&order.return_status()),
        on_hold: order.on_hold(),
        reason: order.reason().map(text),
        currency: order.currency().code().to_owned(),
        country: order.country().map(text),
        items: order.lines().iter().map(item).collect(),
        subtotal: totals.subtotal.amount(),
        discount_total: totals.discount.amount(),
        shipping_total: totals.shipping.amount(),
        fee_total: totals.fees.amount(),
        tax_total: totals.tax.amount(),
        total: totals.total.amount(),
        amount_due: order.due().amount(),
        amount_paid: amount(order.captured()),
        amount_refunded: amount(order.refunded()),
        adjustments: order.adjustments().iter().map(adjustment).collect(),
        email: person.email.as_ref().map(text),
        name: person.name.as_ref().map(text),
        phone: person.phone.as_ref().map(text),
        shipping_address: person.shipping_address.as_ref().map(address),
        billing_address: person.billing_address.as_ref().map(address),
        shipments: order.shipments().iter().map(shipment).collect(),
        payments: order.payments().iter().map(payment).collect(),
        returns: order.returns().iter().map(back).collect(),
        notes: person.notes.iter().map(note).collect(),
        metadata: order.metadata().clone().into_iter().collect(),
        tags: order.tags().iter().map(text).collect(),
        version: order.version(),
        created_at: Some(time(order.created_at())),
        updated_at: Some(time(order.updated_at())),
        placed_at: order.placed_at().map(time),
        archived_at: order.archived_at().map(time),
        allowed_actions: order
            .allowed_actions()
            .public()
            .iter()
            .map(|action| text(&action))
            .collect(),
    }
}

/// An order as it is read.
pub(crate) fn view(view: &OrderView) -> proto::Order {
    order(&view.order, &view.person)
}

/// What a command did.
pub(crate) fn change(receipt: Receipt, dry_run: bool) -> proto::OrderChange {
    proto::OrderChange {
        order: Some(order(&receipt.order, &receipt.person)),
        events: receipt.events.into_iter().map(event).collect(),
        replayed: receipt.replayed,
        dry_run,
    }
}

/// An event of an order, without the provider's token for what the customer pays with.
pub(crate) fn event(recorded: Recorded) -> proto::Event {
    let Recorded { id, at, actor, event } = recorded;
    let kind = event.name().to_owned();
    let written = serde_json::to_value(&*event.without_token()).unwrap_or_default();
    let data = written.get("data").unwrap_or(&Value::Null);
    proto::Event {
        id: text(&id),
        order_id: text(&id.order_id),
        version: id.version,
        r#type: kind,
        occurred_at: Some(time(at)),
        actor: text(&actor),
        data_json: if data.is_null() { "{}".to_owned() } else { data.to_string() },
    }
}

/// An event of the feed.
pub(crate) fn feed_event(told: FeedEvent) -> proto::FeedEvent {
    let FeedEvent { position, number, recorded } = told;
    proto::FeedEvent {
        position,
        order_number: number.as_ref().map(text),
        event: Some(event(recorded)),
    }
}

fn item(line: &Line) -> proto::Item {
    proto::Item {
        id: text(&line.id),
        product_id: text(&line.product_id),
        name: text(&line.name),
        quantity: line.quantity,
        unit_price: line.unit_price.amount(),
        // The totals of an order that exists fit.
        total: line.total().unwrap_or(line.unit_price).amount(),
        cancelled: line.cancelled,
        shipped: line.shipped,
        delivered: line.delivered,
        return_requested: line.return_requested,
        returned: line.returned,
    }
}

fn adjustment(adjustment: &Adjustment) -> proto::Adjustment {
    use proto::adjustment::Value::{Amount, Percent};
    proto::Adjustment {
        id: text(&adjustment.id),
        kind: word(adjustment.kind),
        label: text(&adjustment.label),
        line_id: adjustment.line_id.as_ref().map(text),
        value: Some(match adjustment.value {
            AdjustmentValue::Amount(amount) => Amount(amount.amount()),
            AdjustmentValue::Percent(rate) => Percent(word(rate)),
        }),
    }
}

fn units(lines: &[LineQuantity]) -> Vec<proto::LineQuantity> {
    let one = |line: &LineQuantity| proto::LineQuantity {
        line_id: text(&line.line_id),
        quantity: line.quantity,
    };
    lines.iter().map(one).collect()
}

fn shipment(shipment: &Shipment) -> proto::Shipment {
    proto::Shipment {
        id: text(&shipment.id),
        carrier: shipment.carrier.as_ref().map(text),
        tracking_number: shipment.tracking_number.as_ref().map(text),
        items: units(&shipment.items),
        shipped_at: Some(time(shipment.shipped_at)),
        delivered_at: shipment.delivered_at.map(time),
    }
}

fn payment(payment: &Payment) -> proto::Payment {
    proto::Payment {
        id: text(&payment.id),
        method: text(&payment.method),
        reference: payment.reference.as_ref().map(text),
        state: word(payment.state()),
        authorized: payment.authorized.amount(),
        captured: payment.captured.amount(),
        voided: payment.voided.amount(),
        refunded: payment.refunded.amount(),
        disputed: payment.disputed.map(Money::amount),
        remote: payment.remote,
        at: Some(time(payment.at)),
    }
}

fn back(back: &Return) -> proto::Return {
    proto::Return {
        id: text(&back.id),
        state: word(back.state),
        items: units(&back.items),
        received: units(&back.received),
        reason: back.reason.as_ref().map(text),
        requested_at: Some(time(back.requested_at)),
    }
}

fn note(note: &Note) -> proto::Note {
    proto::Note {
        id: text(&note.id),
        author: text(&note.author),
        at: Some(time(note.at)),
        text: note.text.clone(),
    }
}

fn address(address: &order_core::Address) -> proto::Address {
    proto::Address {
        name: address.name.as_ref().map(text),
        company: address.company.as_ref().map(text),
        street: address.street.as_ref().map(text),
        street2: address.street2.as_ref().map(text),
        city: address.city.as_ref().map(text),
        state: address.state.as_ref().map(text),
        zip_code: address.zip_code.as_ref().map(text),
        country: address.country.as_ref().map(text),
        phone: address.phone.as_ref().map(text),
    }
}

/// A product.
pub(crate) fn product(product: Product) -> proto::Product {
    proto::Product {
        id: text(&product.id),
        name: text(&product.name),
        description: product.description,
        price: product.price.amount(),
        currency: product.price.currency().code().to_owned(),
        stock: product.stock,
        backorder: product.backorder,
        category: product.category.as_ref().map(text),
        version: product.version,
        created_at: Some(time(product.created_at)),
        updated_at: Some(time(product.updated_at)),
    }
}

/// A user.
pub(crate) fn user(user: &User) -> proto::User {
    let Profile { first_name, last_name, phone, address: home } = &user.profile;
    proto::User {
        id: text(&user.id),
        email: text(&user.email),
        first_name: first_name.as_ref().map(text),
        last_name: last_name.as_ref().map(text),
        phone: phone.as_ref().map(text),
        address: home.as_ref().map(address),
        role: text(&user.role),
        version: user.version,
        created_at: Some(time(user.created_at)),
        updated_at: Some(time(user.updated_at)),
    }
}

/// Somebody who has signed in.
pub(crate) fn session(session: &SignedIn) -> proto::SignInResponse {
    proto::SignInResponse {
        token: session.token.text.as_ref().to_owned(),
        expires_at: Some(time(session.token.expires_at)),
        user: Some(user(&session.user)),
    }
}
