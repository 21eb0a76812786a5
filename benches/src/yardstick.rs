//! The yardstick over HTTP: what one would write first, and well, with axum and sqlx. A handler that
//! places an order with several statements in one transaction, one that reads it, and one that
//! answers a constant. Its tables are those of `pgbench/schema.sql`.
//!
//! `yardstick URL CONNECTIONS` prints where it listens, as `order-server` does.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sqlx::{
    PgPool, Row,
    postgres::{PgPoolOptions, PgRow},
};
use tokio::net::TcpListener;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Answer<T> = Result<T, (StatusCode, String)>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewOrder {
    customer_id: String,
    currency: String,
    items: Vec<Item>,
    shipping_address: Address,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    product_id: String,
    name: String,
    quantity: i32,
    unit_price: Cents,
}

/// An amount, as a decimal text such as `19.95`.
#[derive(Debug, Clone, Copy)]
struct Cents(i64);

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}.{:02}", self.0 / 100, self.0 % 100))
    }
}

impl<'a> Deserialize<'a> for Cents {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(from)?;
        let parts = text.split_once('.').filter(|(_, cents)| cents.len() == 2);
        let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
        let cents = parts.and_then(|(whole, cents)| Some(number(whole)? * 100 + number(cents)?));
        cents.map(Self).ok_or_else(|| D::Error::custom("a price has two decimals"))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    street: String,
    city: String,
    zip_code: String,
    country: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    id: i64,
    number: String,
    customer_id: String,
    status: String,
    currency: String,
    total: Cents,
    version: i32,
    placed_at: String,
    items: Vec<Item>,
    shipping_address: Address,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("where is the database?")?;
    let connections = arguments.next().ok_or("how many connections?")?.parse()?;
    let pool = PgPoolOptions::new().max_connections(connections).connect(&url).await?;
    let router = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/orders", post(place))
        .route("/orders/{id}", get(show))
        .with_state(pool);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(
        axum::serve::ListenerExt::tap_io(listener, |stream| {
            // A socket that cannot be told not to wait still answers.
            let _ = stream.set_nodelay(true);
        }),
        router,
    )
    .await?;
    Ok(())
}

fn failed(error: sqlx::Error) -> (StatusCode, String) {
    match error {
        sqlx::Error::RowNotFound => (StatusCode::NOT_FOUND, "there is no such thing".to_owned()),
        error => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

async fn place(
    State(pool): State<PgPool>,
    Json(order): Json<NewOrder>,
) -> Answer<(StatusCode, Json<Order>)> {
    let placed = insert(&pool, order).await.map_err(failed)?;
    Ok((StatusCode::CREATED, Json(placed)))
}

async fn insert(pool: &PgPool, order: NewOrder) -> Result<Order, sqlx::Error> {
    let total: i64 =
        order.items.iter().map(|item| i64::from(item.quantity) * item.unit_price.0).sum();
    let mut transaction = pool.begin().await?;
    let customer: i64 = sqlx::query_scalar("SELECT id FROM customer WHERE code = $1")
        .bind(&order.customer_id)
        .fetch_one(&mut *transaction)
        .await?;
    let address: i64 = sqlx::query_scalar(
        "INSERT INTO address (customer_id, street, city, zip_code, country)
         VALUES ($1, $2, $3, $4, $5) RETURNING id",
    )
    .bind(customer)
    .bind(&order.shipping_address.street)
    .bind(&order.shipping_address.city)
    .bind(&order.shipping_address.zip_code)
    .bind(&order.shipping_address.country)
    .fetch_one(&mut *transaction)
    .await?;
    let (id, number, status, version, placed_at) = sqlx::query_as(
        "INSERT INTO orders (customer_id, address_id, currency, total)
         VALUES ($1, $2, $3, $4) RETURNING id, number, status, version, placed_at::text",
    )
    .bind(customer)
    .bind(address)
    .bind(&order.currency)
    .bind(total)
    .fetch_one(&mut *transaction)
    .await?;
    for (item, place) in order.items.iter().zip(1..) {
        insert_line(&mut transaction, id, place, item).await?;
    }
    let event = "INSERT INTO order_event (order_id, version, type, actor, data)
         VALUES ($1, 1, 'placed', 'benches', jsonb_build_object('total', $2))";
    sqlx::query(event).bind(id).bind(total).execute(&mut *transaction).await?;
    transaction.commit().await?;
    let NewOrder { customer_id, currency, items, shipping_address } = order;
    Ok(Order {
        id,
        number,
        customer_id,
        status,
        currency,
        total: Cents(total),
        version,
        placed_at,
        items,
        shipping_address,
    })
}

async fn insert_line(
    connection: &mut sqlx::PgConnection,
    order: i64,
    place: i32,
    item: &Item,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO order_line (order_id, place, product_id, name, quantity, unit_price)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(order)
    .bind(place)
    .bind(&item.product_id)
    .bind(&item.name)
    .bind(item.quantity)
    .bind(item.unit_price.0)
    .execute(connection)
    .await
    .map(drop)
}

async fn show(State(pool): State<PgPool>, Path(id): Path<i64>) -> Answer<Json<Order>> {
    select(&pool, id).await.map(Json).map_err(failed)
}

/// Reads an order with its lines in one statement.
async fn select(pool: &PgPool, id: i64) -> Result<Order, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT o.number, c.code, o.status, o.currency, o.total, o.version, o.placed_at::text,
                a.street, a.city, a.zip_code, a.country, l.product_id, l.name, l.quantity, l.unit_price
         FROM orders o JOIN customer c ON c.id = o.customer_id JOIN address a ON a.id = o.address_id
         JOIN order_line l ON l.order_id = o.id WHERE o.id = $1 ORDER BY l.place",
    )
    .bind(id)
    .fetch_all(pool)
    .await?;
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let item = |row: &PgRow| {
        Ok(Item {
            product_id: row.try_get(11)?,
            name: row.try_get(12)?,
            quantity: row.try_get(13)?,
            unit_price: Cents(row.try_get(14)?),
        })
    };
    Ok(Order {
        id,
        number: first.try_get(0)?,
        customer_id: first.try_get(1)?,
        status: first.try_get(2)?,
        currency: first.try_get(3)?,
        total: Cents(first.try_get(4)?),
        version: first.try_get(5)?,
        placed_at: first.try_get(6)?,
        items: rows.iter().map(item).collect::<Result<_, sqlx::Error>>()?,
        shipping_address: Address {
            street: first.try_get(7)?,
            city: first.try_get(8)?,
            zip_code: first.try_get(9)?,
            country: first.try_get(10)?,
        },
    })
}
