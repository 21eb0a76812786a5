//! The server with services beside it: a payment service of its own process ledger, and what it tells.

use std::{
    future::Future,
    thread,
    time::{Duration, Instant},
};

use order_testkit::provider::{Behaviour, Provider};
use serde_json::{Value, json};

use crate::{
    process::{Server, Setup},
    wire::{Connection, get, post, request},
};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(40);

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

fn started(provider: &Provider, more: &[(&str, &str)]) -> Server {
    let setup = Setup::new()
        .variable("PAYMENT_SERVICE_URL", &provider.url())
        .variable("PAYMENT_CALLBACK_SECRETS", &provider.secrets().join(","))
        .variable("ORDER_COMPLETE_AFTER", "1s");
    let setup = more.iter().fold(setup, |setup, (name, value)| setup.variable(name, value));
    let server = setup.start();
    let callbacks = format!("http://{}/payments/callbacks/main", server.address);
    wait_for(provider.callbacks_to(&callbacks));
    server
}

fn place(server: &Server, id: &str, source: &str) {
    let order = json!({
        "id": id, "currency": "EUR", "payment": {"method": "card", "token": source},
        "items": [{"productId": "tea", "quantity": 2, "unitPrice": "4.50"}],
    });
    let answer = post(server.address, "/orders", &order.to_string());
    assert_eq!(answer.status, 201, "{answer:?}");
    let placed = answer.json();
    assert_eq!(
        (&placed["status"], &placed["paymentStatus"]),
        (&json!("pending"), &json!("unpaid"))
    );
}

/// The order once it is in this status and payment status.
#[track_caller]
fn awaited(server: &Server, id: &str, status: &str, paid: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let order = get(server.address, &format!("/orders/{id}")).json();
        if order["status"] == status && order["paymentStatus"] == paid {
            return order;
        }
        assert!(Instant::now() < until, "not {status} and {paid}: {order}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn act(server: &Server, id: &str, action: &str, body: &Value) {
    let answer = post(server.address, &format!("/orders/{id}/{action}"), &body.to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn orders_are_paid_shipped_and_completed_whatever_the_provider_does() {
    let provider = Provider::within().unwrap();
    let server = started(&provider, &[]);
    let kind = [
        Behaviour::Accept,
        Behaviour::FailAfterEffect,
        Behaviour::TimeOutThenSuccess,
        Behaviour::CallbackFirst,
        Behaviour::LostCallback,
        Behaviour::DoubledCallback,
        Behaviour::ReorderedCallbacks,
    ];
    for behaviour in kind {
        place(&server, behaviour.as_str(), behaviour.as_str());
    }
    place(&server, "decline", Behaviour::Decline.as_str());
    for behaviour in kind {
        let id = behaviour.as_str();
        let order = awaited(&server, id, "confirmed", "authorized");
        assert_eq!(order["payments"][0]["remote"], true);
        act(&server, id, "shipments", &json!({}));
    }
    for behaviour in kind {
        awaited(&server, behaviour.as_str(), "shipped", "paid");
        act(&server, behaviour.as_str(), "deliver", &json!({}));
    }
    for behaviour in kind {
        awaited(&server, behaviour.as_str(), "completed", "paid");
    }
    awaited(&server, "decline", "cancelled", "failed");
    act(&server, "accept", "refunds", &json!({"amount": "3.00"}));
    awaited(&server, "accept", "completed", "partially_refunded");

    let ledger = wait_for(provider.ledger());
    ledger.audit().unwrap();
    assert_eq!(ledger.effects().len(), 2 * kind.len() + 1, "nothing twice: {ledger:?}");
    assert_eq!(get(server.address, "/admin/processes").json(), json!({"processes": []}));
    server.stop();
}

#[test]
fn a_server_that_is_killed_goes_on_where_it_was() {
    let provider = Provider::within().unwrap();
    let setup = Setup::new().variable("PAYMENT_SERVICE_URL", &provider.url());
    let mut server = setup.start();
    for n in 0..20 {
        place(&server, &format!("o-{n}"), "accept");
    }
    server.kill();
    let server = setup.start();
    for n in 0..20 {
        // What the dead one had claimed is free again after its lease.
        awaited(&server, &format!("o-{n}"), "confirmed", "authorized");
    }
    let ledger = wait_for(provider.ledger());
    ledger.audit().unwrap();
    assert_eq!(ledger.effects().len(), 20, "each was authorized once");
    server.stop();
}

#[test]
fn an_unpaid_order_expires_and_a_forged_callback_counts_for_nothing() {
    let provider = Provider::within().unwrap();
    let setup = Setup::new()
        .variable("ORDER_EXPIRE_AFTER", "1s")
        .variable("ORDER_AUTO_CONFIRM", "false")
        .variable("PAYMENT_CALLBACK_SECRETS", provider.secrets()[0]);
    let server = setup.start();
    place(&server, "late", "accept");
    let order = awaited(&server, "late", "cancelled", "unpaid");
    assert_eq!(order["reason"], "the order was not paid in time");
    let zero = json!({"amount": "0.00", "currency": "EUR"});
    let paid = json!({"amount": "9.00", "currency": "EUR"});
    let facts = json!({
        "orderId": "late", "paymentId": "p", "authorized": paid, "captured": paid, "voided": zero,
        "disputed": zero,
    });
    let body =
        json!({"type": "payment.captured", "timestamp": "2025-01-29T00:00:00Z", "data": facts});
    let headers = [
        ("webhook-id", "evt_1"),
        ("webhook-timestamp", "1738108800"),
        ("webhook-signature", "v1,AAAA"),
    ];
    let forged = request("POST", "/payments/callbacks/main", &headers, &body.to_string());
    let answer = Connection::open(server.address).ask(&forged).unwrap();
    answer.assert_problem(403, "callback.signature");
    assert_eq!(get(server.address, "/admin/notices").json(), json!({"notices": []}));
    server.stop();
}
