//! What the measurements share: alternating rounds, medians, a load generator, and one way to print.
//!
//! Figures differ between machines; what counts is the ratio between ours and its yardstick, both
//! measured in the same run.

pub mod load;
pub mod measure;
pub mod report;
pub mod server;

use std::sync::Arc;

use order_core::{
    Content, Currency, Line, Money, NewOrder, OrderService, Principal, ports::SystemClock,
};
use order_store_sqlite::SqliteStore;

/// What can go wrong in a measurement: anything.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Who measures.
///
/// # Errors
/// Never in practice: the name keeps the rules.
pub fn measurer() -> Result<Principal, Failure> {
    Ok(Principal::admin("benches".try_into()?))
}

/// The content of an order of three lines for one of four hundred customers, so that ten thousand give each more than a page.
///
/// # Errors
/// Never in practice: the texts keep the rules.
pub fn content(number: u64) -> Result<Content, Failure> {
    let line = |at: i64| -> Result<Line, Failure> {
        Ok(Line::new(
            at.to_string().try_into()?,
            format!("product-{}", (number + at.unsigned_abs()) % 500).try_into()?,
            format!("Product {at} of the range").try_into()?,
            2,
            Money::new(1_995 + at, Currency::EUR),
        ))
    };
    Ok(Content {
        number: format!("B-{number:08}").try_into()?,
        customer_id: Some(format!("customer-{}", number % 400).try_into()?),
        currency: Currency::EUR,
        country: Some("DE".try_into()?),
        lines: vec![line(1)?, line(2)?, line(3)?],
        adjustments: Vec::new(),
        tags: Vec::new(),
        metadata: std::collections::BTreeMap::default(),
    })
}

/// The same as a request to place it, priced by the caller.
///
/// # Errors
/// Never in practice: the texts keep the rules.
pub fn new_order(number: u64) -> Result<NewOrder, Failure> {
    let content = content(number)?;
    let item = |line: &Line| order_core::ItemInput {
        line_id: None,
        product_id: line.product_id.clone(),
        name: Some(line.name.clone()),
        quantity: line.quantity,
        unit_price: Some(line.unit_price.amount()),
    };
    Ok(NewOrder {
        customer_id: content.customer_id.clone(),
        currency: Some(content.currency),
        country: content.country.clone(),
        items: content.lines.iter().map(item).collect(),
        ..NewOrder::default()
    })
}

/// The body of the same request over HTTP.
///
/// # Errors
/// Never in practice: it is plain JSON.
pub fn order_json(number: u64) -> Result<Vec<u8>, Failure> {
    let content = content(number)?;
    let item = |line: &Line| {
        serde_json::json!({
            "productId": line.product_id, "name": line.name,
            "quantity": line.quantity, "unitPrice": line.unit_price.amount(),
        })
    };
    let body = serde_json::json!({
        "customerId": content.customer_id,
        "currency": "EUR",
        "items": content.lines.iter().map(item).collect::<Vec<_>>(),
        "shippingAddress": {
            "street": "Hauptstrasse 1", "city": "Berlin", "zipCode": "10115", "country": "DE",
        },
    });
    Ok(serde_json::to_vec(&body)?)
}

/// A service over a new SQLite file in a folder, as the server runs it.
///
/// # Errors
/// If the file cannot be made.
pub async fn sqlite_service(folder: &std::path::Path) -> Result<Arc<OrderService>, Failure> {
    let store = SqliteStore::open(&format!("sqlite://{}", folder.join("b.db").display())).await?;
    Ok(Arc::new(OrderService::new(store, SystemClock, uuid::Uuid::now_v7)))
}
