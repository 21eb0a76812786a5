//! What the process that dies was about to do, and what can be seen of it.

use order_core::{
    Command, ErrorKind, Meta, NewOrder, OrderService, Orders, ProductChange, Receipt, Revision,
    Shipping, Status,
    ports::{Catalog, OrderQueries, OrderStore, RequestKey, SystemClock},
};
use order_store_postgres::PgOrderStore;
use order_testkit::sample::{full_order, keyed, pounds, product, text, units};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use crate::health::admin;

/// Something to do to one order, or to one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Place,
    PlaceWithKey,
    PlaceWithHost,
    Edit,
    Ship,
    Deliver,
    Capture,
    Refund,
    RequestReturn,
    ReceiveReturn,
    Cancel,
    Note,
    ChangeStock,
    AddProduct,
    ChangeProduct,
}

/// A process that has opened the store, with a pool of the host's own.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) store: PgOrderStore,
    pub(crate) orders: OrderService,
    host: PgPool,
}

/// What can be seen of an order and its product.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    version: u64,
    status: Option<Status>,
    events: Vec<&'static str>,
    /// Total, captured, refunded.
    money: Option<(i64, i64, i64)>,
    email: Option<String>,
    notes: usize,
    /// Versions and stocks of the product that was there and of the one that may be new.
    products: Vec<(u64, Option<i64>)>,
    is_remembered: bool,
    invoices: i64,
}

impl Process {
    pub(crate) async fn start(url: &str, schema: &str) -> Self {
        let store = PgOrderStore::open_schema(url, schema).await.unwrap();
        let orders = OrderService::new(store.clone(), SystemClock, Uuid::now_v7);
        let host = PgPoolOptions::new().max_connections(1).connect_lazy(url).unwrap();
        Self { store, orders, host }
    }

    pub(crate) async fn end(self) {
        self.store.close().await;
        self.host.close().await;
    }

    fn invoices(&self) -> String {
        format!("invoice_of_{}", self.store.schema_name())
    }

    pub(crate) async fn create_invoices(&self) {
        let create = format!("CREATE TABLE {} (order_id text)", self.invoices());
        sqlx::query(AssertSqlSafe(create)).execute(&self.host).await.unwrap();
    }

    pub(crate) async fn see(&self, id: &str) -> Seen {
        let stored = self.store.load(&text(id)).await.unwrap();
        let view = self.store.find(id).await.unwrap();
        let order = view.as_ref().map(|view| &view.order);
        let key = RequestKey { owner: admin().subject, key: text(&key_of(id)) };
        let products = self.store.products(&[text(&stock_of(id)), text(&new_of(id))]).await;
        let mut products: Vec<_> =
            products.unwrap().iter().map(|it| (it.version, it.stock)).collect();
        products.sort_unstable();
        let count = format!("SELECT count(*) FROM {} WHERE order_id = $1", self.invoices());
        let count = sqlx::query_scalar(AssertSqlSafe(count)).bind(id);
        Seen {
            version: order.map_or(0, |order| order.version()),
            status: order.map(|order| order.status()),
            events: stored.events.iter().map(|recorded| recorded.event.name()).collect(),
            money: order.map(|it| (it.totals().total.minor(), it.captured(), it.refunded())),
            email: stored.person.email.as_ref().map(ToString::to_string),
            notes: stored.person.notes.len(),
            products,
            is_remembered: self.store.recall(&key).await.unwrap().is_some(),
            invoices: count.fetch_one(&self.host).await.unwrap(),
        }
    }
}

fn key_of(id: &str) -> String {
    format!("key-{id}")
}

/// The product that an order is about. No other order is.
fn stock_of(id: &str) -> String {
    format!("product-{id}")
}

fn new_of(id: &str) -> String {
    format!("new-{id}")
}

fn order(id: &str) -> NewOrder {
    let items = vec![units(&stock_of(id), 3)];
    NewOrder { id: Some(text(id)), number: None, items, ..full_order(1) }
}

impl Deed {
    /// Whether a repeat is known by its key.
    pub(crate) fn has_key(self) -> bool {
        !matches!(self, Self::Place | Self::ChangeStock | Self::AddProduct | Self::ChangeProduct)
    }

    /// Brings an order to where it can be done.
    pub(crate) async fn prepare(self, process: &Process, id: &str) {
        let orders = &process.orders;
        let sold =
            order_core::NewProduct { name: text("Thing"), ..product(&stock_of(id), Some(100)) };
        orders.add_product(&admin(), sold).await.unwrap();
        let before: &[Self] = match self {
            Self::Place | Self::PlaceWithKey | Self::PlaceWithHost => return,
            Self::Deliver => &[Self::Ship],
            Self::Refund => &[Self::Capture],
            Self::RequestReturn => &[Self::Ship, Self::Deliver],
            Self::ReceiveReturn => &[Self::Ship, Self::Deliver, Self::RequestReturn],
            _ => &[],
        };
        orders.place(&admin(), order(id), Meta::default()).await.unwrap();
        for deed in before {
            let command = deed.command().unwrap();
            orders.execute(&admin(), id, command, Meta::default()).await.unwrap();
        }
    }

    fn command(self) -> Option<Command> {
        Some(match self {
            Self::Ship => Command::Ship(Shipping::default()),
            Self::Deliver => Command::Deliver { shipment_id: None },
            Self::Capture => {
                Command::Capture { id: None, amount: None, method: None, reference: None }
            }
            Self::Refund => Command::Refund {
                id: None,
                payment_id: None,
                amount: Some(pounds("1.23")),
                items: None,
                return_id: None,
                reason: None,
            },
            Self::RequestReturn => Command::RequestReturn { id: None, items: None, reason: None },
            Self::ReceiveReturn => Command::ReceiveReturn { id: None, items: None, restock: true },
            Self::Cancel => Command::Cancel { reason: None },
            Self::Note => Command::Note { id: text("note"), text: "Noted.".to_owned() },
            _ => return None,
        })
    }

    /// Does it, with the order's key, and says whether it had been done before.
    pub(crate) async fn act(self, process: &Process, id: &str) -> Result<bool, ErrorKind> {
        let (orders, meta) = (&process.orders, keyed(&key_of(id)));
        let replayed = |receipt: Receipt| receipt.replayed;
        let stock: order_core::ProductId = text(&stock_of(id));
        let done = match self {
            Self::Place => orders.place(&admin(), order(id), Meta::default()).await.map(replayed),
            Self::PlaceWithKey => orders.place(&admin(), order(id), meta).await.map(replayed),
            Self::PlaceWithHost => return place_with_host(process, id, meta).await,
            Self::Edit => {
                let revision = Revision {
                    items: Some(vec![units(stock.as_str(), 5)]),
                    email: Some(text("other@example.org")),
                    ..Revision::default()
                };
                orders.revise(&admin(), id, revision, meta).await.map(replayed)
            }
            Self::ChangeStock => orders.change_stock(&admin(), &stock, -7).await.map(|_| false),
            Self::AddProduct => {
                let new = product(&new_of(id), Some(11));
                orders.add_product(&admin(), new).await.map(|_| false)
            }
            Self::ChangeProduct => {
                let change = ProductChange { stock: Some(55), ..ProductChange::default() };
                orders.change_product(&admin(), &stock, change, Some(1)).await.map(|_| false)
            }
            _ => {
                let command = self.command().unwrap();
                orders.execute(&admin(), id, command, meta).await.map(replayed)
            }
        };
        done.map_err(|error| error.kind())
    }
}

/// An order and a row of the host's own in the host's transaction. A host that is told that the order
/// was there before has written its row before.
async fn place_with_host(process: &Process, id: &str, meta: Meta) -> Result<bool, ErrorKind> {
    let lost = |_: sqlx::Error| ErrorKind::Unavailable;
    let insert = format!("INSERT INTO {} VALUES ($1)", process.invoices());
    let mut transaction = process.host.begin().await.map_err(lost)?;
    let insert = sqlx::query(AssertSqlSafe(insert)).bind(id);
    insert.execute(&mut *transaction).await.map_err(lost)?;
    let joined = process.store.join(transaction);
    let orders = process.orders.within(joined.clone());
    let placed = orders.place(&admin(), order(id), meta).await.map_err(|error| error.kind());
    let transaction = joined.leave().await.map_err(|error| error.kind())?;
    if placed?.replayed {
        transaction.rollback().await.map_err(lost)?;
        return Ok(true);
    }
    transaction.commit().await.map_err(lost)?;
    Ok(false)
}
