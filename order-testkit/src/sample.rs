//! Values to begin with, so that a test says only what it is about.

use order_core::{
    Address, AdjustmentKind, AdjustmentValueInput, Category, CreditLine, CreditNote, Currency,
    ItemInput, Meta, Money, NewOrder, NewProduct, Person, Rate, RefusedRow, TextError, Timestamp,
};

/// An id or another checked text.
pub fn text<T>(text: &str) -> T
where
    T: for<'a> TryFrom<&'a str, Error = TextError>,
{
    T::try_from(text).unwrap()
}

/// Pounds, as in `12.50`.
pub fn pounds(amount: &str) -> Money {
    Money::parse(amount, Currency::GBP).unwrap()
}

/// A time in RFC 3339.
pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Units of a product at the catalogue's price.
pub fn units(product: &str, quantity: u32) -> ItemInput {
    ItemInput { line_id: None, product_id: text(product), name: None, quantity, unit_price: None }
}

/// Units of a product at a price of their own.
pub fn priced(product: &str, quantity: u32, price: &str) -> ItemInput {
    ItemInput { unit_price: Some(price.to_owned()), ..units(product, quantity) }
}

/// An order for these items, in pounds, with an id of its own.
pub fn order_of(id: &str, items: Vec<ItemInput>) -> NewOrder {
    NewOrder { id: Some(text(id)), currency: Some(Currency::GBP), items, ..NewOrder::default() }
}

/// Order `order-n` of customer `customer-n`: two units of `thing-n`, which no catalogue knows, at
/// 10.00 GBP.
pub fn order(n: u32) -> NewOrder {
    let items = vec![priced(&format!("thing-{n}"), 2, "10.00")];
    NewOrder {
        customer_id: Some(text(&format!("customer-{n}"))),
        ..order_of(&format!("order-{n}"), items)
    }
}

/// The same, drafted only.
pub fn draft(n: u32) -> NewOrder {
    NewOrder { draft: true, ..order(n) }
}

/// An order that uses every part an order can have.
pub fn full_order(n: u32) -> NewOrder {
    let mut first = priced("Käse–Rad", 3, "19.99");
    first.line_id = Some(text("cheese"));
    first.name = Some(text("Käserad \"Groß\" 🧀"));
    let adjustment = |kind, value| order_core::AdjustmentInput {
        id: None,
        kind,
        label: None,
        line_id: None,
        value,
    };
    let fixed = |amount: &str| AdjustmentValueInput::Amount(amount.to_owned());
    NewOrder {
        number: Some(text(&format!("No. {n}/2025"))),
        country: Some(text("United Kingdom")),
        items: vec![first, priced("brot", 7, "0.01")],
        adjustments: vec![
            adjustment(AdjustmentKind::Discount, fixed("1.50")),
            adjustment(AdjustmentKind::Shipping, fixed("4.99")),
            adjustment(AdjustmentKind::Fee, fixed("0.30")),
            adjustment(
                AdjustmentKind::Tax,
                AdjustmentValueInput::Percent(Rate::parse_percent("19.6").unwrap()),
            ),
        ],
        tags: vec![text("gift"), text("Ünïcode tag")],
        metadata: [("source", "web"), ("ключ", "значение 'quoted' \\ 100%")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        person: person(n),
        ..order(n)
    }
}

/// Personal data with every part.
pub fn person(n: u32) -> Person {
    let address = |street: &str| Address {
        name: Some(text("Zoë Ångström")),
        company: Some(text("Ångström & Söhne")),
        street: Some(text(street)),
        street2: Some(text("Flat 2")),
        city: Some(text("København")),
        state: Some(text("Hovedstaden")),
        zip_code: Some(text("1050")),
        country: Some(text("Denmark")),
        phone: Some(text("+45 12 34 56 78")),
    };
    Person {
        email: Some(text(&format!("zoe.{n}@example.org"))),
        name: Some(text("Zoë Ångström")),
        phone: Some(text("+44 20 7946 0000")),
        shipping_address: Some(address("1 Secretshipping Road")),
        billing_address: Some(address("2 Secretbilling Lane")),
    }
}

/// A product that costs 10.00 GBP.
pub fn product(id: &str, stock: Option<i64>) -> NewProduct {
    NewProduct {
        id: Some(text(id)),
        name: text(&format!("The {id}")),
        description: None,
        price: "10.00".to_owned(),
        currency: Some(Currency::GBP),
        stock,
        backorder: false,
        category: None,
    }
}

/// The same, which sells on when nothing is left.
pub fn product_on_backorder(id: &str, stock: i64) -> NewProduct {
    NewProduct { backorder: true, ..product(id, Some(stock)) }
}

/// The same in a category.
pub fn product_in(category: &str, id: &str) -> NewProduct {
    NewProduct { category: Some(text::<Category>(category)), ..product(id, None) }
}

/// A credit note of one line over so many pence, booked on 2025-02-01.
pub fn credit_note(id: &str, pence: i64) -> CreditNote {
    let unit_price = Money::new(pence, Currency::GBP);
    CreditNote {
        id: text(id),
        customer_id: None,
        country: None,
        lines: vec![CreditLine {
            product_id: text("thing"),
            name: text("Thing"),
            quantity: -1,
            unit_price,
        }],
        total: Money::new(-pence, Currency::GBP),
        issued_at: time("2025-02-01T12:00:00Z"),
        reason: None,
    }
}

/// A row that an import refused.
pub fn refused_row(source: &str, line: u64) -> RefusedRow {
    RefusedRow {
        source: source.to_owned(),
        line,
        number: None,
        code: "row.unreadable".to_owned(),
        detail: "the row cannot be read".to_owned(),
        at: None,
        country: None,
        currency: None,
        quantity: None,
        amount: None,
    }
}

/// A request with an idempotency key.
pub fn keyed(key: &str) -> Meta {
    Meta { key: Some(text(key)), ..Meta::default() }
}

/// A request by somebody who knows a version.
pub fn expecting(version: u64) -> Meta {
    Meta { expected_version: Some(version), ..Meta::default() }
}
