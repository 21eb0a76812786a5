//! An order and a row of the host's own, in one transaction: both become lasting, or neither.
//!
//! `DATABASE_URL=postgres://me@localhost/shop cargo run -p order-examples --example own_transaction`

use std::error::Error;

use order_core::{
    ItemInput, Meta, NewOrder, Order, OrderService, Orders, Principal, ServiceError,
    ports::SystemClock,
};
use order_store_postgres::PgOrderStore;
use sqlx::{PgPool, Postgres, Transaction};

/// The host's own table. Orders have a schema of their own, `order_store`.
const INVOICES: &str = "CREATE TABLE IF NOT EXISTS invoice (order_id text, total text)";

/// Places an order and writes its invoice. The host has the transaction back, and the last word.
async fn sell(
    pool: &PgPool,
    store: &PgOrderStore,
    orders: &OrderService,
) -> Result<(Transaction<'static, Postgres>, Order), Box<dyn Error>> {
    let tea = ItemInput {
        product_id: "tea".try_into()?,
        quantity: 3,
        unit_price: Some("4.95".to_owned()),
        name: None,
        line_id: None,
    };
    let new = NewOrder { items: vec![tea], ..NewOrder::default() };
    let me = Principal::admin("own_transaction".try_into()?);

    let joined = store.join(pool.begin().await?);
    let placed = orders.within(joined.clone()).place(&me, new, Meta::default()).await?;
    let mut transaction = joined.leave().await?;

    let order = Order::clone(&placed.order);
    sqlx::query("INSERT INTO invoice (order_id, total) VALUES ($1, $2)")
        .bind(order.id().as_str())
        .bind(order.totals().total.amount())
        .execute(&mut *transaction)
        .await?;
    Ok((transaction, order))
}

/// Whether the order and its invoice are there, for everybody to see.
async fn tell(pool: &PgPool, orders: &OrderService, order: &Order) -> Result<(), Box<dyn Error>> {
    let me = Principal::admin("own_transaction".try_into()?);
    let has_order = match orders.order(&me, order.id().as_str(), None).await {
        Ok(_) => true,
        Err(ServiceError::NotFound { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    let count = sqlx::query_scalar("SELECT count(*) FROM invoice WHERE order_id = $1");
    let invoices: i64 = count.bind(order.id().as_str()).fetch_one(pool).await?;
    println!("{}: order {has_order}, invoices {invoices}", order.number());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pool = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    sqlx::query(INVOICES).execute(&pool).await?;
    let store = PgOrderStore::new(pool.clone());
    store.migrate().await?;
    let orders = OrderService::new(store.clone(), SystemClock, uuid::Uuid::now_v7);

    let (transaction, kept) = sell(&pool, &store, &orders).await?;
    transaction.commit().await?;
    print!("committed   ");
    tell(&pool, &orders, &kept).await?;

    let (transaction, gone) = sell(&pool, &store, &orders).await?;
    transaction.rollback().await?;
    print!("rolled back ");
    tell(&pool, &orders, &gone).await?;

    store.close().await;
    Ok(())
}
