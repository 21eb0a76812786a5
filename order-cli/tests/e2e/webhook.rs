//! Webhooks on the command line.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use crate::shop::Shop;

const URL: &str = "https://example.com/hook";

/// An endpoint that takes what comes; its address.
fn endpoint() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        }
    });
    url
}

/// The whole life of a webhook, wherever the work is done.
pub(crate) fn lives(shop: &Shop, url: &str) {
    let add = ["webhook", "add", url, "--event", "order.*", "--description", "the books"];
    let made = shop.json(&add);
    let id = made["id"].as_str().unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    let list = shop.json(&["webhook", "list"]);
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 1);
    assert!(!list.to_string().contains("whsec_"), "the secret is shown once");
    let shown = shop.json(&["webhook", "show", id]);
    assert_eq!((&shown["description"], &shown["version"]), (&"the books".into(), &1.into()));
    let update = ["webhook", "update", id, "--event", "*", "--if-version", "1"];
    assert_eq!(shop.json(&update)["events"][0], "*");
    assert_eq!(shop.run(&update).status, 1, "it has another version by now");
    assert_eq!(shop.json(&["webhook", "disable", id])["disabledReason"], "webhook.by_hand");
    assert_eq!(shop.json(&["webhook", "enable", id])["state"], "active");
    let rotated = shop.json(&["webhook", "rotate", id, "--overlap-hours", "1"]);
    assert!(rotated["oldSecretUntil"].is_string());
    assert_ne!(rotated["secret"], made["secret"]);
    let deliveries = shop.run(&["webhook", "deliveries", id, "--state", "failed"]);
    assert_eq!((deliveries.status, deliveries.err.trim()), (0, "0 deliveries"));
    let replay = ["webhook", "replay", id, "--failed-since", "2025-01-29"];
    assert_eq!(shop.json(&replay)["replayed"], 0);
    let missing = shop.run(&["webhook", "replay", id, "7"]);
    assert!(missing.err.contains("[delivery.not_found]"), "{}", missing.err);
    assert_eq!(shop.run(&["webhook", "replay", id]).status, 2, "which ones?");
    assert_eq!(shop.run(&["webhook", "remove", id, "--if-version", "1"]).status, 1);
    assert_eq!(shop.json(&["webhook", "remove", id])["removed"], true);
    let gone = shop.run(&["webhook", "show", id]);
    assert!(gone.err.contains("[webhook.not_found]"), "{}", gone.err);
}

#[test]
fn a_webhook_lives_on_a_database() {
    let shop = Shop::new();
    lives(&shop, URL);
    let table = shop.run(&["webhook", "add", URL]);
    assert!(table.out.contains("whsec_") && table.err.contains("keep the secret"), "{}", table.err);
    let list = shop.ok(&["webhook", "list"]);
    assert!(list.contains(URL) && list.contains("active"), "{list}");
}

#[test]
fn a_webhook_is_tried() {
    let url = endpoint();
    let shop = Shop::new();
    let refused = shop.run(&["webhook", "add", &url]);
    assert!(refused.err.contains("[webhook.url_invalid]"), "{}", refused.err);
    let shop = shop.with("WEBHOOK_ALLOW_PRIVATE", "true");
    let made = shop.json(&["webhook", "add", &url]);
    let tried = shop.run(&["webhook", "test", made["id"].as_str().unwrap()]);
    assert_eq!(tried.status, 0, "{}", tried.err);
    assert!(tried.out.starts_with("the endpoint took it: 204 after"), "{}", tried.out);
    let made = shop.json(&["webhook", "add", "http://127.0.0.1:9/"]);
    let tried = shop.run(&["webhook", "test", made["id"].as_str().unwrap()]);
    assert_eq!(tried.status, 1);
    assert!(tried.err.contains("[webhook.connection]"), "{}", tried.err);
}

#[test]
fn a_secret_comes_from_a_file() {
    let shop = Shop::new();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    fs::write(shop.path("secret"), format!("{secret}\n")).unwrap();
    let made = shop.json(&["webhook", "add", URL, "--secret-file", "secret"]);
    assert_eq!(made["secret"], secret);
    assert_eq!(shop.run(&["webhook", "add", URL, "--secret-file", "nowhere"]).status, 2);
    fs::write(shop.path("secret"), "swordfish").unwrap();
    let refused = shop.run(&["webhook", "add", URL, "--secret-file", "secret"]);
    assert!(refused.err.contains("[webhook.secret_invalid]"), "{}", refused.err);
    assert!(!refused.err.contains("swordfish"));
}
