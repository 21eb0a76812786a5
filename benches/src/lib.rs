//! What the measurements share: alternating rounds, medians, a load generator, and one way to print.
//!
//! Figures differ between machines; what counts is the ratio between ours and its yardstick, both
//! measured in the same run.

pub mod child;
pub mod embedded;
pub mod load;
pub mod measure;
pub mod pgbench;
pub mod postgres;
pub mod report;
pub mod server;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use order_core::{
    Content, Currency, Line, Money, NewOrder, OrderService, Principal, ports::SystemClock,
};
use order_store_sqlite::SqliteStore;

use self::load::{Connection, Requests};

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
        plan: None,
        pay_with: None,
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

/// The body of a request for two of each of 3 of the products `hot-1` to `hot-30`, which are in the
/// catalogue.
///
/// # Errors
/// Never in practice: it is plain JSON.
pub fn hot_order_json(number: u64) -> Result<Vec<u8>, Failure> {
    let hot = [number % 10 + 1, number / 3 % 10 + 11, number / 7 % 10 + 21];
    let item = |n| serde_json::json!({ "productId": format!("hot-{n}"), "quantity": HOT_QUANTITY });
    let body = serde_json::json!({
        "customerId": format!("customer-{}", number % 400),
        "currency": "EUR",
        "items": hot.map(item),
        "shippingAddress": {
            "street": "Hauptstrasse 1", "city": "Berlin", "zipCode": "10115", "country": "DE",
        },
    });
    Ok(serde_json::to_vec(&body)?)
}

/// The order of [`order_json`] as a yardstick keeps it in a document.
pub const DOCUMENT: &str = r#"{"currency":"EUR","country":"DE","items":[{"lineId":"1","productId":"product-1","name":"Product 1 of the range","quantity":2,"unitPrice":1996},{"lineId":"2","productId":"product-2","name":"Product 2 of the range","quantity":2,"unitPrice":1997},{"lineId":"3","productId":"product-3","name":"Product 3 of the range","quantity":2,"unitPrice":1998}],"shippingAddress":{"street":"Hauptstrasse 1","city":"Berlin","zipCode":"10115","country":"DE"},"total":11982}"#;

/// Units of each product of [`hot_order_json`].
pub const HOT_QUANTITY: u64 = 2;

/// Placements as JSON, ready to send, over and over: as many different ones as processors cannot
/// keep at hand.
///
/// # Errors
/// Never in practice: it is plain JSON.
pub fn placements(json: fn(u64) -> Result<Vec<u8>, Failure>) -> Result<Requests, Failure> {
    let bodies = (0..20_000).map(json).collect::<Result<Vec<_>, _>>()?;
    Ok(Requests::repeated(bodies.iter().map(|body| load::post("/orders", body))))
}

/// Places so many orders as fast as the server takes them.
///
/// # Errors
/// If one is refused.
pub fn fill(address: SocketAddr, count: u64) -> Result<(), Failure> {
    const LONG: Duration = Duration::from_hours(1);
    let mut requests = placements(order_json)?;
    requests.limit(usize::try_from(count)?);
    let load = load::drive(address, 64, LONG, 201, &mut requests)?;
    if load.answered == count { Ok(()) } else { Err("the server is too slow".into()) }
}

/// Walks to a page of twenty of all orders, ten at a time, and gives the path of it.
///
/// # Errors
/// If there are not so many.
pub fn late_page(connection: &mut Connection, page: usize) -> Result<String, Failure> {
    let mut path = "/orders?limit=200".to_owned();
    for _ in 0..page / 10 {
        let answer = connection.ask(200, &load::get(&path))?;
        let answer: serde_json::Value = serde_json::from_slice(answer)?;
        let cursor = answer["nextCursor"].as_str().ok_or("the list is too short")?;
        path = format!("/orders?limit=200&cursor={cursor}");
    }
    Ok(path.replace("limit=200", "limit=20"))
}

/// A service over a new SQLite file in a folder, as the server runs it.
///
/// # Errors
/// If the file cannot be made.
pub async fn sqlite_service(folder: &std::path::Path) -> Result<Arc<OrderService>, Failure> {
    let store = SqliteStore::open(&format!("sqlite://{}", folder.join("b.db").display())).await?;
    Ok(Arc::new(OrderService::new(store, SystemClock, uuid::Uuid::now_v7)))
}
