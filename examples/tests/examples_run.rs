//! The examples do what they say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg_attr(
    feature = "live-tests",
    expect(clippy::expect_used, reason = "a test speaks by panicking")
)]

#[cfg(feature = "live-tests")]
#[path = "../../order-server/tests/server/postgres.rs"]
mod postgres;

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
};

/// The built example; `cargo test` builds a package's examples before it runs its tests.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(profile.join("examples").join(name));
    command.kill_on_drop(true);
    command
}

#[tokio::test]
async fn quickstart_takes_an_order_through_its_life() {
    let output = example("quickstart").output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let first = said.lines().next().unwrap();
    assert_eq!(first, "ORD-000001: confirmed for 14.85 USD");
    assert!(said.lines().last().unwrap().starts_with("completed and paid"), "{said}");
}

#[tokio::test]
async fn the_readme_shows_the_quickstart_as_it_is() {
    let program = include_str!("../quickstart.rs");
    assert!(program.lines().count() <= 30, "the quickstart is short");
    let readme = include_str!("../../README.md");
    assert!(readme.contains(program.trim_end()), "paste examples/quickstart.rs into README.md");
}

#[tokio::test]
async fn a_custom_store_notes_what_was_committed_and_nothing_else() {
    let output = example("custom_store").output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let entries = [
        "shipping twice: false",
        "ann: order.placed ORD-000001",
        "ann: order.confirmed ORD-000001",
        "ben: fulfillment.shipped ORD-000001",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), entries);
}

#[cfg(feature = "live-tests")]
#[tokio::test]
async fn an_order_and_the_hosts_own_row_land_or_vanish_together() {
    let database = postgres::Postgres::fresh();
    let output = example("own_transaction").env("DATABASE_URL", database.url()).output();
    let output = output.await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let both = [
        "committed   ORD-000001: order true, invoices 1",
        "rolled back ORD-000002: order false, invoices 0",
    ];
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.lines().collect::<Vec<_>>(), both, "{complaints}");
}

#[tokio::test]
async fn a_customer_of_the_embedding_shop_sees_only_what_is_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", folder.path().join("shop.db").display());
    let mut shop = example("embed_in_axum")
        .args([&file, "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(shop.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let address = line.rsplit('/').next().unwrap().to_owned();
    let unknown = get(&address, "/shop/orders", "").await;
    assert!(unknown.starts_with("HTTP/1.1 401"), "{unknown}");
    let mine = get(&address, "/shop/orders", "x-customer: alice\r\n").await;
    assert!(mine.starts_with("HTTP/1.1 200"), "{mine}");
    let other = get(&address, "/shop/users/bob/orders", "x-customer: alice\r\n").await;
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
    let home = get(&address, "/", "").await;
    assert!(home.ends_with("the shop"), "{home}");
}

async fn get(address: &str, path: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n{header}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_saga_completes_gives_back_or_asks_for_attention() {
    let output = example("saga").output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let entries = [
        "fulfilled: confirmed, authorized",
        "fulfilled: shipped, paid",
        "fulfilled: completed, paid",
        "declined: cancelled, failed",
        "cancelled: confirmed, authorized",
        "cancelled: cancelled, voided",
        "doubtful: confirmed, authorized",
        "doubtful: shipped, voided, needs attention: payment.request_refused",
        "the provider's books: 4 payments, 6 effects",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), entries);
}
