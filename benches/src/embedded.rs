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
use tokio::{
    runtime::Runtime,
    time::{MissedTickBehavior, interval},
};

use crate::{Failure, measurer, new_order};

/// How often committed events get their places in the feed, as often as a server sees to it.
const SEQUENCE_INTERVAL: Duration = Duration::from_millis(100);

/// The use cases over a database, with a runtime of their own.
#[derive(Debug)]
pub struct Embedded {
    runtime: Runtime,
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
        runtime.spawn(sequence(store.clone()));
        let orders = OrderService::new(store, SystemClock, uuid::Uuid::now_v7).into();
        Ok(Self { runtime, orders, me: measurer()?, next: Arc::default() })
    }

    /// Places orders by so many tasks, each one after the other, for a time. Says how many it were and how
    /// many a second.
    ///
    /// # Errors
    /// The first order that is not placed.
    pub fn place(&self, tasks: usize, time: Duration) -> Result<(u64, f64), Failure> {
        let begun = Instant::now();
        let placing = (0..tasks).map(|_| {
            let (orders, me, next) = (self.orders.clone(), self.me.clone(), self.next.clone());
            self.runtime.spawn(async move {
                let mut placed = 0_u64;
                while begun.elapsed() < time {
                    orders.place(&me, order(next.fetch_add(1, Relaxed))?, Meta::default()).await?;
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
