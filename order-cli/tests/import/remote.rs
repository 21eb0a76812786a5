//! An import through a server.

use std::{net::TcpListener, sync::Arc, thread};

use axum::Extension;
use order_core::{OrderService, Principal, memory::InMemoryStore, ports::SystemClock};
use serde_json::json;
use uuid::Uuid;

use crate::books::{Folder, text};

/// A server on loopback that lives as long as the test; its address.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let service = OrderService::new(InMemoryStore::default(), SystemClock, Uuid::now_v7);
            let who = Principal::admin("tester".parse().unwrap());
            let router = order_http::router(Arc::new(service), order_http::Options::default());
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router.layer(Extension(who))).await.unwrap();
        });
    });
    address
}

/// Orders of one line, returns of some, a row that is refused and an order that is.
fn shop() -> String {
    let mut rows = vec!["order_no,date,sku,qty,price,customer,currency".to_owned()];
    rows.extend((1..=900).map(|n| format!("{n},2011-01-01,A,1,1.25,{n},GBP")));
    rows.extend((1..=300).map(|n| format!("C{n},2011-02-01,A,-1,1.25,{n},GBP")));
    rows.push("x,2011-01-01,A,no,1,1,GBP".to_owned());
    rows.extend((0..5_001).map(|_| "long,2011-01-01,A,1,1,1,GBP".to_owned()));
    rows.join("\n")
}

#[test]
fn a_server_takes_records_in_batches_and_says_what_became_of_each() {
    let folder = Folder::new();
    let file = folder.write("shop.csv", shop());
    let server = serve();
    let words = ["--server", &server, text(&file)];
    let summary = folder.import(&words);
    assert_eq!(summary["taken"]["orders"], json!({"records": 900, "rows": 900}), "{summary}");
    assert_eq!(summary["taken"]["returns"], json!({"records": 300, "rows": 300}));
    assert_eq!(summary["refused"]["rows"], 5_002);
    assert_eq!(summary["notTried"], 0);
    let again = folder.import(&words);
    assert_eq!(again["taken"]["knownBefore"]["records"], 1_200);
    assert!(!folder.path("orders.db").exists(), "the work was done elsewhere");
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_unavailable() {
    let folder = Folder::new();
    let file = folder.write("shop.csv", shop());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = folder.run(&["import", "--server", &format!("http://{closed}"), text(&file)]);
    assert_eq!(output.status.code(), Some(3));
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("run the same import again"), "{talk}");
    let table = String::from_utf8(output.stdout).unwrap();
    let line = table.lines().find(|line| line.starts_with("not tried")).unwrap();
    assert_eq!(line.split_whitespace().last(), Some("6202"));
}
