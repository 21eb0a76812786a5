//! The library inside a program, as a host has it: the use cases over the store, and no server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use order_core::{
    Address, Meta, NewOrder, OrderService, Orders as _, Principal,
    ports::{EventFeed, SystemClock},
};
use order_store_postgres::PgOrderStore;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::{
    runtime::Runtime,
    time::{MissedTickBehavior, interval},
};

use crate::{Failure, measurer, new_order};

/// How often committed events get their places in the feed, as often as a server sees to it.
const SEQUENCE_INTERVAL: Duration = Duration::from_millis(100);

/// Connections of the host to the database.
const POOL: u32 = 16;

/// The use cases over a database, with a runtime of their own.
#[derive(Debug)]
pub struct Embedded {
    runtime: Runtime,
    store: PgOrderStore,
    /// The connections of the host.
    pool: PgPool,
    orders: Arc<OrderService>,
    me: Principal,
    next: Arc<AtomicU64>,
}

impl Embedded {
    /// Connects to a database and makes the schema.
    ///
    /// # Errors
    /// If that fails.
    pub fn open(url: &str) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let store = runtime.block_on(PgOrderStore::open(url))?;
        let pool = PgPoolOptions::new().max_connections(POOL);
        let pool = runtime.block_on(pool.connect(url))?;
        runtime.spawn(sequence(store.clone()));
        let orders = OrderService::new(store.clone(), SystemClock, uuid::Uuid::now_v7).into();
        Ok(Self { runtime, store, pool, orders, me: measurer()?, next: Arc::default() })
    }

    /// Places orders by so many tasks, each one after the other, for a time. Says how many they were and how
    /// many a second.
    ///
    /// # Errors
    /// The first order that is not placed.
    pub fn place(&self, tasks: usize, time: Duration) -> Result<(u64, f64), Failure> {
        let (orders, me) = (self.orders.clone(), self.me.clone());
        self.drive(tasks, time, move |order| {
            let (orders, me) = (orders.clone(), me.clone());
            async move {
                orders.place(&me, order, Meta::default()).await?;
                Ok(())
            }
        })
    }

    /// The same, each order in a transaction of its own, as a host joins orders to its own rows: nothing is
    /// grouped.
    ///
    /// # Errors
    /// The first order that is not placed.
    pub fn place_alone(&self, tasks: usize, time: Duration) -> Result<(u64, f64), Failure> {
        let (store, pool) = (self.store.clone(), self.pool.clone());
        let (orders, me) = (self.orders.clone(), self.me.clone());
        self.drive(tasks, time, move |order| {
            let (store, pool) = (store.clone(), pool.clone());
            let (orders, me) = (orders.clone(), me.clone());
            async move {
                let joined = store.join(pool.begin().await?);
                orders.within(joined.clone()).place(&me, order, Meta::default()).await?;
                joined.leave().await?.commit().await?;
                Ok(())
            }
        })
    }

    fn drive<P, F>(&self, tasks: usize, time: Duration, place: P) -> Result<(u64, f64), Failure>
    where
        P: Fn(NewOrder) -> F + Clone + Send + 'static,
        F: Future<Output = Result<(), Failure>> + Send,
    {
        let begun = Instant::now();
        let placing = (0..tasks).map(|_| {
            let (place, next) = (place.clone(), self.next.clone());
            self.runtime.spawn(async move {
                let mut placed = 0_u64;
                while begun.elapsed() < time {
                    place(order(next.fetch_add(1, Relaxed))?).await?;
                    placed += 1;
                }
                Ok::<_, Failure>(placed)
            })
        });
        let mut all = 0;
        for placed in self.runtime.block_on(try_join_all(placing))? {
            all += placed?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more precision")]
        Ok((all, all as f64 / begun.elapsed().as_secs_f64()))
    }
}

/// The order that is also placed over HTTP.
fn order(number: u64) -> Result<NewOrder, Failure> {
    let mut order = new_order(number)?;
    order.person.shipping_address = Some(Address {
        street: Some("Hauptstrasse 1".try_into()?),
        city: Some("Berlin".try_into()?),
        zip_code: Some("10115".try_into()?),
        country: Some("DE".try_into()?),
        ..Address::default()
    });
    Ok(order)
}

async fn sequence(store: PgOrderStore) {
    let mut ticks = interval(SEQUENCE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = store.sequence().await {
            println!("  WARNING: events wait for their places: {error}");
        }
    }
}
