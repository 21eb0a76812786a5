//! What is left in the file of persons that were erased: nothing.

use std::{fs, path::Path};

use order_core::{DataSubject, Erasure, NewOrder, Orders};
use order_testkit::{
    contract::{Fixture, World},
    sample::{full_order, text},
};
use sqlx::Connection;

use super::{SqliteStore, connect, file_in};

/// In every order: a name, a word of the index, and what was replaced before it was erased.
const TRACES: [&str; 3] = ["Ångström", "ngstrom", "Formername"];

fn traces_in(folder: &Path) -> Vec<&'static str> {
    let files = ["orders.db", "orders.db-wal", "orders.db-shm"].map(|name| folder.join(name));
    let bytes: Vec<u8> =
        files.into_iter().filter_map(|file| fs::read(file).ok()).flatten().collect();
    let is_there = |trace: &&str| bytes.windows(trace.len()).any(|part| part == trace.as_bytes());
    TRACES.into_iter().filter(is_there).collect()
}

/// Orders of one customer, each changed once, and orders of others between them.
async fn with_orders(folder: &Path) -> (World, SqliteStore) {
    let store = SqliteStore::open(folder.join("orders.db").to_str().unwrap()).await.unwrap();
    let world = World::over(Fixture::new(store.clone()));
    for n in 0..60 {
        let mut placed = NewOrder { customer_id: Some(text("ann")), ..full_order(n) };
        placed.person.name = Some(text("Formername"));
        let placed = world.place(placed).await.order;
        let person = Some(Box::new(full_order(n).person));
        let edit = order_core::Edit { person, ..order_core::Edit::default() };
        world.run(placed.id(), order_core::Command::Edit(edit)).await;
        let mut other = full_order(1_000 + n);
        other.person = order_core::Person { name: Some(text("Else")), ..Default::default() };
        world.place(other).await;
    }
    (world, store)
}

async fn erase(world: &World) -> Erasure {
    let ann = DataSubject::CustomerId(text("ann"));
    world.orders.erase(&world.admin, ann, true).await.unwrap()
}

#[tokio::test]
async fn of_an_erased_person_nothing_is_left_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (world, store) = with_orders(folder.path()).await;
    assert_eq!(traces_in(folder.path()), TRACES, "the test sees what is kept");
    let erased = erase(&world).await;
    assert_eq!((erased.orders, erased.remains), (60, Vec::new()));
    assert_eq!(traces_in(folder.path()), [""; 0]);
    store.close().await;
    assert_eq!(traces_in(folder.path()), [""; 0]);
}

#[tokio::test]
async fn who_reads_the_log_is_in_the_way_and_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (world, _store) = with_orders(folder.path()).await;
    let mut reader = connect(&file_in(&folder)).await;
    let mut moment = reader.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM order_state").fetch_one(&mut *moment).await.unwrap();
    let erased = erase(&world).await;
    let codes: Vec<_> = erased.remains.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!((erased.orders, codes), (60, vec!["sqlite.log_in_use"]));
    moment.rollback().await.unwrap();
    let again = erase(&world).await;
    assert_eq!((again.orders, again.remains), (0, Vec::new()));
    assert_eq!(traces_in(folder.path()), [""; 0]);
}
