//! A shop's own axum service with the order routes nested in it, the shop's sign-in in front of them
//! and the orders in a SQLite file of the shop's choice.
//!
//! `cargo run -p order-examples --example embed_in_axum`, then for example
//! `curl -H 'x-customer: alice' localhost:3000/shop/orders`.

use std::{error::Error, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use order_core::{CustomerId, OrderService, Principal, ports::SystemClock};
use order_store_sqlite::SqliteStore;

/// The shop's sign-in: whoever calls is turned into a [`Principal`]. A real shop checks a session;
/// this one believes a header.
async fn sign_in(mut request: Request, next: Next) -> Result<Response, StatusCode> {
    let header = request.headers().get("x-customer").and_then(|name| name.to_str().ok());
    let customer = header.and_then(|name| CustomerId::try_from(name).ok());
    let customer = customer.ok_or(StatusCode::UNAUTHORIZED)?;
    request.extensions_mut().insert(Principal::customer(customer));
    Ok(next.run(request).await)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "sqlite://shop.db".to_owned());
    let address = std::env::args().nth(2).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let store = SqliteStore::open(&file).await?;
    let orders = Arc::new(OrderService::new(store, SystemClock, uuid::Uuid::now_v7));
    let routes = order_http::router(orders, order_http::Options::default());
    let shop = Router::new()
        .route("/", get(|| async { "the shop" }))
        .nest("/shop", routes.layer(middleware::from_fn(sign_in)));
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("the shop is at http://{}", listener.local_addr()?);
    axum::serve(listener, shop).await?;
    Ok(())
}
