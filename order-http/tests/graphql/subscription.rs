//! What can be listened to, as a stream of server-sent events.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::Request,
};
use futures::{Stream, StreamExt};
use order_core::RoleKind;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::shop::{Shop, token};

/// A stream that is being read.
struct Listener {
    body: Box<dyn Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin>,
    text: String,
}

impl Listener {
    async fn open(shop: &Shop, who: Option<&str>, query: &str, variables: Value) -> Self {
        let mut request = Request::post("/graphql")
            .header("content-type", "application/json")
            .header("accept", "text/event-stream");
        if let Some(who) = who {
            request = request.header("authorization", who);
        }
        let body = json!({"query": query, "variables": variables}).to_string();
        let response = shop.begin(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: Box::new(Body::into_data_stream(response.into_body())), text: String::new() }
    }

    /// The next event and what it says; none if the stream ends.
    async fn next(&mut self) -> Option<(String, Value)> {
        // Signs of life are none that it waits for.
        timeout(Duration::from_secs(45), self.event()).await.unwrap()
    }

    async fn event(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, _)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = self.text.split_off(block.len() + 2);
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|text| text.trim_start_matches([':', ' ']).to_owned())
                };
                let Some(kind) = field("event") else { continue };
                let said = field("data").filter(|text| !text.is_empty());
                let said = said.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
                return Some((kind, said));
            }
            let bytes = self.body.next().await?.unwrap();
            self.text.push_str(str::from_utf8(&bytes).unwrap());
        }
    }

    /// The data of the next event, which must be an answer without an error.
    async fn data(&mut self) -> Value {
        let (kind, said) = self.next().await.unwrap();
        assert_eq!(kind, "next");
        assert!(said.get("errors").is_none(), "{said}");
        said["data"].clone()
    }
}

#[tokio::test]
async fn events_are_told_as_they_happen_and_only_to_whom_they_concern() {
    let shop = Shop::new();
    let first = shop.order_of("alice").await;
    let query = "subscription($after: Long) { events(after: $after) { position orderId type } }";
    let alice = shop.asked_by_customer("alice");
    let mut all = Listener::open(&shop, None, query, json!({"after": 0})).await;
    let mut own = Listener::open(&alice, None, query, json!({})).await;
    assert_eq!(
        all.data().await["events"],
        json!({"position": 1, "orderId": first, "type": "order.placed"})
    );
    let bobs = shop.order_of("bob").await;
    let second = shop.order_of("alice").await;
    assert_eq!(own.data().await["events"]["orderId"], second.as_str());
    let mut seen = Vec::new();
    while seen.last() != Some(&json!(second)) {
        seen.push(all.data().await["events"]["orderId"].clone());
    }
    assert!(seen.contains(&json!(bobs)), "{seen:?}");
}

#[tokio::test]
async fn an_order_is_shown_after_each_change() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let query = "subscription($id: ID!) { orderChanged(id: $id) { id status version } }";
    let mut listener = Listener::open(&shop, None, query, json!({"id": id})).await;
    shop.order_of("alice").await;
    shop.act(&format!("/orders/{id}/cancel"), json!({})).await;
    let changed = listener.data().await["orderChanged"].clone();
    assert_eq!((&changed["id"], &changed["status"]), (&json!(id), &json!("CANCELLED")));
}

#[tokio::test]
async fn what_cannot_be_listened_to_is_said_at_once_and_the_stream_ends() {
    let shop = Shop::new();
    let id = shop.order_of("alice").await;
    let bob = shop.asked_by_customer("bob");
    let changed = "subscription($id: ID) { orderChanged(id: $id) { id } }".replace("ID)", "ID!)");
    for (query, variables, code) in [
        (changed.as_str(), json!({"id": id}), "order.not_found"),
        ("subscription { events(filter: {customerId: \"alice\"}) { id } }", json!({}), "not_found"),
        (
            "subscription { events(filter: {types: [\"x\"]}) { id } }",
            json!({}),
            "event.unknown_type",
        ),
        ("subscription { nothing }", json!({}), "graphql.invalid"),
        ("subscription { events {", json!({}), "graphql.invalid"),
    ] {
        let mut listener = Listener::open(&bob, None, query, variables).await;
        let (kind, said) = listener.next().await.unwrap();
        assert_eq!(
            (kind.as_str(), &said["errors"][0]["extensions"]["code"]),
            ("next", &json!(code))
        );
        assert_eq!(listener.next().await.unwrap().0, "complete", "{query}");
        assert!(listener.next().await.is_none(), "{query}");
    }
}

#[tokio::test]
async fn other_operations_are_answered_as_streams_too() {
    let shop = Shop::new();
    let mut listener =
        Listener::open(&shop, None, "{ products { nodes { id } } }", json!({})).await;
    assert_eq!(listener.data().await["products"]["nodes"], json!([]));
    assert_eq!(listener.next().await, Some(("complete".to_owned(), Value::Null)));
    assert!(listener.next().await.is_none());
}

/// Subscriptions and streams of REST share their places.
#[tokio::test]
async fn there_are_only_so_many_places() {
    let shop = Shop::with_streams(1);
    let query = "subscription { events { id } }";
    let mut first = Listener::open(&shop, None, query, json!({})).await;
    let began = tokio::spawn(async move { first.next().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut second = Listener::open(&shop, None, query, json!({})).await;
    let (_, said) = second.next().await.unwrap();
    assert_eq!(said["errors"][0]["extensions"]["code"], "server.busy");
    let rest = shop.ask("GET", "/events", &[("accept", "text/event-stream")], "").await;
    assert_eq!(rest.problem(503), "server.busy");
    began.abort();
}

/// The stream ends without a word, so that its client comes back, with a token that counts.
#[tokio::test(start_paused = true)]
async fn nobody_is_told_anything_once_their_token_counts_no_longer() {
    let shop = Shop::new();
    let query = "subscription { events { id } }";
    let signing_in = shop.signing_in();
    let counts = token("alice", RoleKind::Customer);
    let ends = counts.rsplit_once(' ').unwrap().0.to_owned();
    let soon = order_core::ports::Clock::now(&order_core::ports::SystemClock).millis() + 300;
    let mut listener =
        Listener::open(&signing_in, Some(&format!("{ends} {soon}")), query, json!({})).await;
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(listener.next().await, None);
}
