//! An order as people read it.

use std::fmt::Write as _;

use order_core::{Action, Address, LineQuantity, ReturnStatus};
use order_http::body::{ItemBody, OrderBody};
use serde::Serialize;

use super::{
    Output, Side, clean, minute,
    table::{Sheet, paint},
};

/// A column of the quantity ledger.
type Ledger = (&'static str, fn(&ItemBody) -> u32);

impl Output {
    /// An order in one line: what it is called, where it stands, what it comes to.
    pub(crate) fn order_line(self, order: &OrderBody) -> String {
        let mut words =
            vec![paint(self, order.status.as_str()), paint(self, order.payment_status.as_str())];
        if order.return_status != ReturnStatus::None {
            words.push(format!("return {}", paint(self, order.return_status.as_str())));
        }
        if order.on_hold {
            words.push("on hold".to_owned());
        }
        if order.archived_at.is_some() {
            words.push("archived".to_owned());
        }
        let OrderBody { number, total, currency, version, .. } = order;
        format!("{number}  {}  {total} {currency}  version {version}", words.join(", "))
    }

    /// All of an order.
    pub(crate) fn order_card(self, order: &OrderBody) -> String {
        let mut card = self.head(order);
        card += &section("Items", &self.items(order));
        card += &sums(order);
        card += &section("Payments", &self.payments(order));
        card += &section("Parcels", &self.parcels(order));
        card += &section("Returns", &self.returns(order));
        card += &section("Notes", &self.notes(order));
        let _ = write!(card, "\nallowed now: {}", names(&order.allowed_actions));
        card
    }

    fn head(self, order: &OrderBody) -> String {
        let mut card = self.order_line(order);
        let mut tell = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                let _ = write!(card, "\n{name:<12}{}", clean(&value));
            }
        };
        let metadata = order.metadata.iter().map(|(key, value)| format!("{key}={value}"));
        let tags = order.tags.iter().map(ToString::to_string);
        tell("id", Some(order.id.to_string()));
        tell("goods", Some(order.fulfillment_status.to_string()));
        tell("reason", text(order.reason.as_ref()));
        tell("customer", text(order.customer_id.as_ref()));
        tell("name", text(order.name.as_ref()));
        tell("e-mail", text(order.email.as_ref()));
        tell("phone", text(order.phone.as_ref()));
        tell("country", text(order.country.as_ref()));
        tell("ship to", order.shipping_address.as_ref().map(address_line));
        tell("bill to", order.billing_address.as_ref().map(address_line));
        tell("tags", Some(tags.collect::<Vec<_>>().join(", ")));
        tell("metadata", Some(metadata.collect::<Vec<_>>().join(", ")));
        tell("created", Some(minute(order.created_at)));
        tell("placed", order.placed_at.map(minute));
        tell("updated", Some(minute(order.updated_at)));
        tell("archived", order.archived_at.map(minute));
        tell("erased", order.erased_at.map(minute));
        card + "\n"
    }

    fn items(self, order: &OrderBody) -> Sheet {
        let mut columns = vec![
            ("line", Side::Left),
            ("product", Side::Left),
            ("name", Side::Left),
            ("qty", Side::Right),
            ("price", Side::Right),
            ("total", Side::Right),
        ];
        let ledgers: [Ledger; 5] = [
            ("cancelled", |item| item.cancelled),
            ("shipped", |item| item.shipped),
            ("delivered", |item| item.delivered),
            ("awaited", |item| item.return_requested),
            ("returned", |item| item.returned),
        ];
        let told: Vec<_> = ledgers
            .into_iter()
            .filter(|(_, count)| order.items.iter().any(|item| count(item) > 0))
            .collect();
        columns.extend(told.iter().map(|(name, _)| (*name, Side::Right)));
        let mut sheet = Sheet::new(self, &columns);
        for item in &order.items {
            let is_named = item.name.as_str() != item.product_id.as_str();
            let mut row = vec![
                item.id.to_string(),
                item.product_id.to_string(),
                if is_named { item.name.to_string() } else { String::new() },
                item.quantity.to_string(),
                item.unit_price.to_string(),
                item.total.to_string(),
            ];
            row.extend(told.iter().map(|(_, count)| count(item).to_string()));
            sheet.row(row);
        }
        sheet
    }

    fn payments(self, order: &OrderBody) -> Sheet {
        let columns = [
            ("payment", Side::Left),
            ("at (utc)", Side::Left),
            ("method", Side::Left),
            ("reference", Side::Left),
            ("state", Side::Left),
            ("authorized", Side::Right),
            ("captured", Side::Right),
            ("refunded", Side::Right),
        ];
        let mut sheet = Sheet::new(self, &columns);
        for payment in &order.payments {
            sheet.row([
                payment.id.to_string(),
                minute(payment.at),
                payment.method.to_string(),
                text(payment.reference.as_ref()).unwrap_or_default(),
                word(&payment.state),
                payment.authorized.to_string(),
                payment.captured.to_string(),
                payment.refunded.to_string(),
            ]);
        }
        sheet
    }

    fn parcels(self, order: &OrderBody) -> Sheet {
        let columns =
            ["parcel", "shipped (utc)", "delivered (utc)", "carrier", "tracking", "items"];
        let mut sheet = Sheet::new(self, &columns.map(|name| (name, Side::Left)));
        for parcel in &order.shipments {
            sheet.row([
                parcel.id.to_string(),
                minute(parcel.shipped_at),
                parcel.delivered_at.map(minute).unwrap_or_default(),
                text(parcel.carrier.as_ref()).unwrap_or_default(),
                text(parcel.tracking_number.as_ref()).unwrap_or_default(),
                units(&parcel.items),
            ]);
        }
        sheet
    }

    fn returns(self, order: &OrderBody) -> Sheet {
        let columns = ["return", "requested (utc)", "state", "items", "received", "reason"];
        let mut sheet = Sheet::new(self, &columns.map(|name| (name, Side::Left)));
        for back in &order.returns {
            sheet.row([
                back.id.to_string(),
                minute(back.requested_at),
                word(&back.state),
                units(&back.items),
                units(&back.received),
                text(back.reason.as_ref()).unwrap_or_default(),
            ]);
        }
        sheet
    }

    fn notes(self, order: &OrderBody) -> Sheet {
        let mut sheet =
            Sheet::new(self, &["at (utc)", "by", "note"].map(|name| (name, Side::Left)));
        for note in &order.notes {
            sheet.row([minute(note.at), note.author.to_string(), note.text.clone()]);
        }
        sheet
    }
}

/// What an order comes to, leaving out what is nothing.
fn sums(order: &OrderBody) -> String {
    let parts = [
        ("subtotal", order.subtotal),
        ("discount", order.discount_total),
        ("shipping", order.shipping_total),
        ("fees", order.fee_total),
        ("tax", order.tax_total),
        ("total", order.total),
        ("paid", order.amount_paid),
        ("refunded", order.amount_refunded),
        ("due", order.amount_due),
    ];
    let is_zero = |sum: &str| !sum.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let told = parts.iter().filter(|(name, sum)| *name == "total" || !is_zero(sum.as_str()));
    let told: Vec<_> = told.collect();
    let width = told.iter().map(|(_, sum)| sum.as_str().len()).max().unwrap_or_default();
    let mut text = "\n".to_owned();
    for (name, sum) in told {
        let _ = writeln!(text, "{name:<12}{sum:>width$} {}", order.currency);
    }
    text
}

/// A postal address in one line.
fn address_line(address: &Address) -> String {
    let town = [text(address.zip_code.as_ref()), text(address.city.as_ref())];
    let town = town.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let parts = [
        text(address.name.as_ref()),
        text(address.company.as_ref()),
        text(address.street.as_ref()),
        text(address.street2.as_ref()),
        Some(town).filter(|town| !town.is_empty()),
        text(address.state.as_ref()),
        text(address.country.as_ref()),
        text(address.phone.as_ref()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Actions in words, or that there are none.
pub(crate) fn names(actions: &[Action]) -> String {
    let names: Vec<_> = actions.iter().map(|action| action.as_str()).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// Units of lines as they are typed: `1=2 3=1`.
fn units(units: &[LineQuantity]) -> String {
    let texts = units.iter().map(|unit| format!("{}={}", unit.line_id, unit.quantity));
    texts.collect::<Vec<_>>().join(" ")
}

fn text<T: ToString>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

/// A word as it is on the wire.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn section(title: &str, sheet: &Sheet) -> String {
    if sheet.is_empty() { String::new() } else { format!("\n{title}\n{}\n", sheet.text()) }
}
