//! The server delivers events to endpoints that are real, fail, lie and go away.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    process::{Server, Setup},
    python::verified,
    receiver::{Answer, Received, Receiver},
    wire::{Connection, get, post, request},
};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);
/// Who ordered: nothing of this may be in an event.
const PERSONAL: [&str; 3] = ["ann@shop.example", "Ann Archer", "1 Main St"];

fn trusting() -> Setup {
    Setup::new().variable("WEBHOOK_ALLOW_PRIVATE", "true")
}

/// Makes a webhook; its path and its secret.
fn subscribe(server: &Server, body: &Value) -> (String, String) {
    let answer = post(server.address, "/webhooks", &body.to_string());
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    (format!("/webhooks/{id}"), secret.to_owned())
}

/// Places an order of somebody, which is confirmed at once: two events.
fn place(server: &Server, id: &str) {
    let order = json!({
        "id": id, "currency": "EUR", "email": PERSONAL[0],
        "shippingAddress": {"name": PERSONAL[1], "street": PERSONAL[2], "city": "Boston"},
        "items": [{"productId": "tea", "quantity": 2, "unitPrice": "4.50"}],
    });
    let answer = post(server.address, "/orders", &order.to_string());
    assert_eq!(answer.status, 201, "{answer:?}");
}

fn note(server: &Server, id: &str) {
    let body = json!({"text": PERSONAL[1]}).to_string();
    let answer = post(server.address, &format!("/orders/{id}/notes"), &body);
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The deliveries in a state, once there are so many.
#[track_caller]
fn awaited(server: &Server, webhook: &str, state: &str, count: usize) -> Vec<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let path = format!("{webhook}/deliveries?limit=200&state={state}");
        let page = get(server.address, &path).json();
        let deliveries = page["deliveries"].as_array().unwrap();
        if deliveries.len() == count {
            return deliveries.clone();
        }
        assert!(Instant::now() < until, "not {count} {state}: {page}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The kinds of first deliveries of each order, in the order in which they came.
fn kinds(received: &[Received]) -> BTreeMap<String, Vec<String>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in received.iter().filter(|request| seen.insert(request.id().to_owned())) {
        let event = request.json();
        let order = event["subject"].as_str().unwrap().to_owned();
        kinds.entry(order).or_default().push(event["type"].as_str().unwrap().to_owned());
    }
    kinds
}

#[test]
fn events_arrive_signed_in_order_and_without_persons() {
    let server = trusting().start();
    let (all, some) = (Receiver::start(), Receiver::start());
    place(&server, "before");
    thread::sleep(Duration::from_millis(50));
    let (webhook, secret) = subscribe(&server, &json!({"url": all.url()}));
    let few = json!({"url": some.url(), "events": ["order.placed"]});
    let (other, _) = subscribe(&server, &few);
    for n in 0..10 {
        place(&server, &format!("o-{n}"));
        note(&server, &format!("o-{n}"));
    }
    let delivered = awaited(&server, &webhook, "delivered", 30);
    assert_eq!(delivered[0]["attempts"][0]["status"], 204);
    awaited(&server, &other, "delivered", 10);

    let received = all.received();
    assert_eq!(received.len(), 30, "each once");
    for (order, kinds) in kinds(&received) {
        assert_eq!(kinds, ["order.placed", "order.confirmed", "order.noted"], "{order}");
    }
    for request in &received {
        let event = request.json();
        assert_eq!(request.path, "/hook");
        assert_eq!((&event["specversion"], &event["id"]), (&json!("1.0"), &json!(request.id())));
        assert_eq!(request.headers["content-type"], "application/cloudevents+json; charset=UTF-8");
        assert!(PERSONAL.iter().all(|text| !request.body.contains(text)), "{}", request.body);
    }
    assert!(some.received().iter().all(|request| request.json()["type"] == "order.placed"));
    if let Some(said) = verified(&received.iter().map(|it| (&*secret, it)).collect::<Vec<_>>()) {
        assert!(said.into_iter().all(|is_valid| is_valid));
        let mut forged = received[0].clone();
        forged.body = forged.body.replace("order.placed", "order.cancelled");
        assert_eq!(verified(&[(&*secret, &forged)]), Some(vec![false]));
    }
    let log = server.log();
    assert!(!log.contains("whsec_") && !log.contains(&secret[6..]), "{log}");
    server.stop();
}

#[test]
fn both_secrets_sign_while_one_is_replaced() {
    let server = trusting().start();
    let endpoint = Receiver::start();
    let (webhook, old) = subscribe(&server, &json!({"url": endpoint.url()}));
    let rotated = post(server.address, &format!("{webhook}/rotate"), "{}").json();
    let new = rotated["secret"].as_str().unwrap();
    place(&server, "o");
    let received = endpoint.wait_for(2, PATIENCE);
    assert_eq!(received[0].headers["webhook-signature"].split(' ').count(), 2);
    let pairs = [(&*old, &received[0]), (new, &received[0]), (new, &received[1])];
    if let Some(said) = verified(&pairs) {
        assert_eq!(said, [true, true, true]);
    }
    post(server.address, &format!("{webhook}/rotate"), r#"{"overlapSeconds": 0}"#);
    let tried = post(server.address, &format!("{webhook}/test"), "{}").json();
    assert_eq!(tried["status"], 204);
    let trial = endpoint.received().pop().unwrap();
    assert_eq!(trial.json()["type"], "webhook.test");
    if let Some(said) = verified(&[(&*old, &trial), (new, &trial)]) {
        assert_eq!(said, [false, false], "neither counts any more");
    }
    server.stop();
}

#[test]
fn an_endpoint_that_fails_is_asked_again_in_order() {
    let server = trusting().start();
    let endpoint = Receiver::start();
    endpoint.answer(Answer::Status(500, ""));
    let (webhook, _) = subscribe(&server, &json!({"url": endpoint.url()}));
    place(&server, "o");
    endpoint.wait_for(1, PATIENCE);
    endpoint.answer(Answer::Status(307, "location: /elsewhere\r\n"));
    endpoint.wait_for(2, PATIENCE);
    endpoint.answer(Answer::Status(204, ""));
    let delivered = awaited(&server, &webhook, "delivered", 2);
    let first = &delivered[1];
    let statuses: Vec<_> =
        first["attempts"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(statuses, [json!(500), json!(307), json!(204)]);
    assert_eq!(first["attempts"][0]["code"], "webhook.status");
    let received = endpoint.received();
    assert!(received.iter().all(|request| request.path == "/hook"), "no redirect is followed");
    let ids: Vec<_> = received.iter().map(Received::id).collect();
    assert_eq!(ids, ["o.1.0", "o.1.0", "o.1.0", "o.1.1"]);
    let webhook = get(server.address, &webhook).json();
    assert_eq!((&webhook["state"], &webhook["failingSince"]), (&json!("active"), &Value::Null));
    server.stop();
}

#[test]
fn an_endpoint_that_asks_for_time_gets_it() {
    let server = trusting().start();
    let endpoint = Receiver::start();
    endpoint.answer(Answer::Status(429, "retry-after: 7\r\n"));
    let (webhook, _) = subscribe(&server, &json!({"url": endpoint.url()}));
    place(&server, "o");
    let asked = endpoint.wait_for(1, PATIENCE)[0].at;
    endpoint.answer(Answer::Status(204, ""));
    place(&server, "p");
    awaited(&server, &webhook, "delivered", 4);
    let again = endpoint.received()[1].at;
    assert!(again - asked >= Duration::from_secs(7), "{:?}", again - asked);
    server.stop();
}

#[test]
fn an_endpoint_that_is_gone_is_disabled_and_enabled_again() {
    let server = trusting().start();
    let endpoint = Receiver::start();
    endpoint.answer(Answer::Status(410, ""));
    let (webhook, _) = subscribe(&server, &json!({"url": endpoint.url()}));
    place(&server, "o");
    let until = Instant::now() + PATIENCE;
    let disabled = loop {
        let shown = get(server.address, &webhook).json();
        if shown["state"] == "disabled" || Instant::now() > until {
            break shown;
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(disabled["disabledReason"], "webhook.gone");
    place(&server, "p");
    awaited(&server, &webhook, "pending", 4);
    endpoint.answer(Answer::Status(204, ""));
    thread::sleep(Duration::from_secs(1));
    assert_eq!(endpoint.received().len(), 1, "nothing is sent meanwhile");
    let change = request("PATCH", &webhook, &[], r#"{"state": "active"}"#);
    let active = Connection::open(server.address).ask(&change).unwrap();
    assert_eq!((active.status, &active.json()["state"]), (200, &json!("active")));
    awaited(&server, &webhook, "delivered", 4);
    let order = kinds(&endpoint.received()[1..]);
    assert_eq!(order["o"], ["order.placed", "order.confirmed"]);
    server.stop();
}

#[test]
fn what_was_sent_when_the_server_was_killed_is_sent_again() {
    let setup = trusting();
    let mut server = setup.start();
    let endpoint = Receiver::start();
    endpoint.answer(Answer::Late(Duration::from_secs(5)));
    let (webhook, _) = subscribe(&server, &json!({"url": endpoint.url()}));
    place(&server, "o");
    endpoint.wait_for(1, PATIENCE);
    server.kill();
    endpoint.answer(Answer::Status(204, ""));
    let server = setup.start();
    awaited(&server, &webhook, "delivered", 2);
    let received = endpoint.received();
    let ids: Vec<_> = received.iter().map(Received::id).collect();
    assert_eq!(ids, ["o.1.0", "o.1.0", "o.1.1"]);
    server.stop();
}

#[test]
fn two_servers_deliver_each_event_once() {
    let setup = trusting();
    let servers = [setup.start(), setup.start()];
    let endpoint = Receiver::start();
    endpoint.answer(Answer::Late(Duration::from_millis(20)));
    let (webhook, _) = subscribe(&servers[0], &json!({"url": endpoint.url()}));
    for n in 0..20 {
        place(&servers[n % 2], &format!("o-{n}"));
        note(&servers[(n + 1) % 2], &format!("o-{n}"));
    }
    awaited(&servers[1], &webhook, "delivered", 60);
    let received = endpoint.received();
    assert_eq!(received.len(), 60, "no lease ended, so nothing came twice");
    for (order, kinds) in kinds(&received) {
        assert_eq!(kinds, ["order.placed", "order.confirmed", "order.noted"], "{order}");
    }
    for server in servers {
        server.stop();
    }
}

/// A name is looked up when something is sent: whatever it led to before, our own network is not called.
#[test]
fn our_own_network_is_not_called() {
    let server = Setup::new().start();
    let endpoint = Receiver::start();
    for url in [endpoint.url(), "https://10.0.0.1/".to_owned(), "https://[::1]/".to_owned()] {
        let answer = post(server.address, "/webhooks", &json!({"url": url}).to_string());
        answer.assert_problem(422, "webhook.url_invalid");
    }
    let url = format!("https://localhost:{}/hook", endpoint.port());
    let (webhook, _) = subscribe(&server, &json!({"url": url}));
    let tried = post(server.address, &format!("{webhook}/test"), "{}").json();
    assert_eq!(
        (&tried["code"], &tried["status"]),
        (&"webhook.address_private".into(), &Value::Null)
    );
    place(&server, "o");
    let until = Instant::now() + PATIENCE;
    loop {
        let pending = awaited(&server, &webhook, "pending", 2);
        if pending[1]["attempts"][0]["code"] == "webhook.address_private" {
            break;
        }
        assert!(Instant::now() < until, "{pending:?}");
    }
    assert!(endpoint.received().is_empty());
    server.stop();
}
