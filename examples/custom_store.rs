//! A host's own store: it keeps a journal of who did what, and leaves the orders to another store.
//!
//! `cargo run -p order-examples --example custom_store`
//!
//! Only the port that commits is wrapped here. Over SQL the journal would be written in the commit's
//! own transaction, with `PgOrderStore::commit_on`. A store that implements every port is held to the
//! same contract as those of this workspace, by five lines of `tests/contract.rs`:
//!
//! ```ignore
//! async fn fresh() -> order_testkit::contract::Fixture {
//!     order_testkit::contract::Fixture::new(MyStore::default())
//! }
//!
//! order_testkit::store_contract_tests!(fresh);
//! ```

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use order_core::{
    Command, ItemInput, Meta, NewOrder, OrderId, OrderService, Orders, Principal, Shipping,
    memory::InMemoryStore,
    ports::{Commit, OrderStore, Remembered, RequestKey, StoreError, Stored, SystemClock},
};

/// A store that notes what another one has taken.
#[derive(Debug, Default)]
struct Journaled {
    orders: InMemoryStore,
    journal: Mutex<Vec<String>>,
}

impl Journaled {
    fn entries(&self) -> Vec<String> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl OrderStore for Journaled {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        self.orders.load(id).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        // What is refused, or lost a race, did not happen.
        self.orders.commit(commit).await?;
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        for recorded in commit.events() {
            let (who, what) = (&recorded.actor, recorded.event.name());
            journal.push(format!("{who}: {what} {}", commit.order().number()));
        }
        Ok(())
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        self.orders.recall(key).await
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        self.orders.next_number().await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let memory = InMemoryStore::default();
    let store = Arc::new(Journaled { orders: memory.clone(), ..Journaled::default() });
    // Lists, products and books come from the store inside; orders go through the journal.
    let orders =
        OrderService::new(memory, SystemClock, uuid::Uuid::now_v7).with_store(store.clone());

    let (ann, ben) = (Principal::admin("ann".try_into()?), Principal::admin("ben".try_into()?));
    let tea = ItemInput {
        product_id: "tea".try_into()?,
        quantity: 3,
        unit_price: Some("4.95".to_owned()),
        name: None,
        line_id: None,
    };
    let new = NewOrder { items: vec![tea], ..NewOrder::default() };
    let order = orders.place(&ann, new, Meta::default()).await?.order;
    let ship = || Command::Ship(Shipping::default());
    orders.execute(&ben, order.id().as_str(), ship(), Meta::default()).await?;
    let again = orders.execute(&ben, order.id().as_str(), ship(), Meta::default()).await;
    println!("shipping twice: {}", again.is_ok());
    for entry in store.entries() {
        println!("{entry}");
    }
    Ok(())
}
