//! The feed, by page and as a stream.

use std::time::Duration;

use axum::body::Body;
use futures::{Stream, StreamExt};
use order_core::RoleKind;
use serde_json::{Value, json};

use crate::shop::{Shop, token};

/// What a stream says, read as a browser does: fields of the event, and its id as it is then.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    id: String,
    kind: String,
    data: Value,
}

/// A stream that is being read.
struct Listener {
    body: Box<dyn Stream<Item = Result<axum::body::Bytes, axum::Error>> + Send + Unpin>,
    text: String,
    id: String,
}

impl Listener {
    async fn open(shop: &Shop, target: &str, headers: &[(&str, &str)]) -> Self {
        let mut all = vec![("accept", "text/event-stream")];
        all.extend(headers);
        let response = shop.open(target, &all).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        let body = Box::new(Body::into_data_stream(response.into_body()));
        Self { body, text: String::new(), id: String::new() }
    }

    /// The next event; none if the stream ends.
    async fn next(&mut self) -> Option<Told> {
        loop {
            let block = self.block().await?;
            let (mut kind, mut data) = (String::new(), String::new());
            for line in block.lines() {
                match line.split_once(": ").unwrap_or((line, "")) {
                    ("id", id) => id.clone_into(&mut self.id),
                    ("event", text) => text.clone_into(&mut kind),
                    ("data", text) => data.push_str(text),
                    _ => {}
                }
            }
            if !data.is_empty() {
                let data = serde_json::from_str(&data).unwrap();
                return Some(Told { id: self.id.clone(), kind, data });
            }
        }
    }

    /// The next lines up to an empty one.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let bytes = self.body.next().await?.unwrap();
            self.text.push_str(str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next so many events.
    async fn take(&mut self, count: usize) -> Vec<Told> {
        let mut told = Vec::new();
        while told.len() < count {
            told.push(self.next().await.unwrap());
        }
        told
    }
}

fn positions(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["position"].as_u64().unwrap()).collect()
}

/// Orders of alice, bob and alice again: two events each.
async fn stocked() -> (Shop, [String; 3]) {
    let shop = Shop::new();
    let ids =
        [shop.order_of("alice").await, shop.order_of("bob").await, shop.order_of("alice").await];
    (shop, ids)
}

#[tokio::test]
async fn a_page_goes_on_where_the_one_before_ended() {
    let (shop, _) = stocked().await;
    let mut after = 0;
    for expected in [vec![1, 2, 3, 4], vec![5, 6], vec![]] {
        let page = shop.get(&format!("/events?after={after}&limit=4")).await.ok();
        assert_eq!(positions(&page), expected);
        after = page["next"].as_u64().unwrap();
    }
    assert_eq!(after, 6);
    assert_eq!(positions(&shop.get("/api/events").await.ok()), [1, 2, 3, 4, 5, 6]);
    let page = shop.get("/events?after=latest").await.ok();
    assert_eq!(page, json!({"events": [], "next": 6}));
}

/// The feed tells an event as the history of its order does, and where it is.
#[tokio::test]
async fn an_event_is_told_as_in_the_history_of_its_order() {
    let (shop, [id, ..]) = stocked().await;
    shop.act(&format!("/orders/{id}/payments"), json!({"status": "authorized"})).await;
    shop.act(&format!("/orders/{id}/notes"), json!({"text": "call Ann on 555"})).await;
    let order = shop.get(&format!("/orders/{id}")).await.ok();
    let history = shop.get(&format!("/orders/{id}/events")).await.ok();
    let page = shop.get(&format!("/events?order={id}")).await.ok();
    assert_eq!(positions(&page), [1, 2, 7, 8]);
    let mut told = page["events"].clone();
    for event in told.as_array_mut().unwrap() {
        let event = event.as_object_mut().unwrap();
        event.remove("position");
        assert_eq!(event.remove("orderId"), Some(json!(id)));
        assert_eq!(event.remove("orderNumber").as_ref(), Some(&order["number"]));
    }
    assert_eq!(told, history["events"]);
    let number = order["number"].as_str().unwrap();
    assert_eq!(shop.get(&format!("/events?orderId={number}")).await.ok(), page);
    assert!(!page.to_string().contains("call Ann"), "no text of a note is in an event");
}

#[tokio::test]
async fn what_a_customer_pays_with_is_between_them_and_the_provider() {
    let shop = Shop::new();
    let order = json!({
        "items": [{"productId": "pen", "quantity": 1, "price": 2}],
        "payment": {"method": "card", "source": "tok_secret"},
    });
    assert_eq!(shop.post("/orders", order).await.status, 201);
    let page = shop.get("/events").await;
    assert!(page.text.contains("\"card\""), "{}", page.text);
    assert!(!page.text.contains("tok_secret"), "{}", page.text);
}

#[tokio::test]
async fn filters_hold_together() {
    let (shop, [first, second, _]) = stocked().await;
    for (query, expected) in [
        ("customer=alice".to_owned(), vec![1, 2, 5, 6]),
        ("customerId=bob".to_owned(), vec![3, 4]),
        ("userId=nobody".to_owned(), vec![]),
        ("type=order.placed".to_owned(), vec![1, 3, 5]),
        ("type=order.placed,order.confirmed&customer=alice".to_owned(), vec![1, 2, 5, 6]),
        ("type=order.placed&type=order.cancelled&customer=bob".to_owned(), vec![3]),
        (format!("order={second}&type=order.confirmed"), vec![4]),
        (format!("order={first}&customer=bob"), vec![]),
    ] {
        let page = shop.get(&format!("/events?{query}")).await.ok();
        assert_eq!((positions(&page), &page["next"]), (expected, &json!(6)), "{query}");
    }
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_told() {
    let (shop, _) = stocked().await;
    for (query, status, code) in [
        ("after=-1", 422, "query.integer"),
        ("after=soon", 422, "query.integer"),
        ("after=", 422, "query.integer"),
        ("after=99999999999999999999", 422, "query.integer"),
        ("after=1&after=2", 422, "query.repeated"),
        ("limit=0", 422, "page.limit_out_of_range"),
        ("limit=1001", 422, "page.limit_out_of_range"),
        ("limit=many", 422, "query.integer"),
        ("type=order.gone", 422, "event.unknown_type"),
        ("type=order.placed,%20x", 422, "event.unknown_type"),
        ("order=nothing", 404, "order.not_found"),
        ("order=", 404, "order.not_found"),
        ("order=a&orderId=b", 422, "query.repeated"),
        ("customer=", 422, "text.empty"),
        ("type=%ff", 400, "query.encoding"),
    ] {
        for accept in ["application/json", "text/event-stream"] {
            let target = format!("/events?{query}");
            let reply = shop.ask("GET", &target, &[("accept", accept)], "").await;
            assert_eq!(reply.problem(status), code, "{query} {accept}");
        }
    }
    for seen in ["x", "-1", "1, 2", "1.5", " ", "99999999999999999999"] {
        for accept in ["application/json", "text/event-stream"] {
            let headers = [("accept", accept), ("last-event-id", seen)];
            let reply = shop.ask("GET", "/events", &headers, "").await;
            assert_eq!(reply.problem(400), "request.last_event_id", "{seen} {accept}");
        }
    }
    // Far beyond the end there is nothing, and no error.
    let page = shop.get("/events?after=18446744073709551615").await.ok();
    assert_eq!(positions(&page), [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_what_was_and_what_comes() {
    let (shop, [id, ..]) = stocked().await;
    let mut listener = Listener::open(&shop, "/events?after=1", &[]).await;
    assert_eq!(listener.block().await.unwrap(), "retry: 2000\nid: 1");
    let told = listener.take(5).await;
    let ids: Vec<_> = told.iter().map(|told| told.id.as_str()).collect();
    assert_eq!(ids, ["2", "3", "4", "5", "6"]);
    let page = shop.get("/events?after=1").await.ok();
    let told = told.into_iter().map(|told| (told.kind, told.data));
    let paged = page["events"].as_array().unwrap().iter();
    let paged = paged.map(|event| (event["type"].as_str().unwrap().to_owned(), event.clone()));
    assert!(told.eq(paged), "a stream tells what a page does");
    shop.act(&format!("/orders/{id}/cancel"), json!({})).await;
    let next = listener.next().await.unwrap();
    assert_eq!((next.id.as_str(), next.kind.as_str()), ("7", "order.cancelled"));
}

/// Whatever `after` says, the header is what a client has seen.
#[tokio::test(start_paused = true)]
async fn who_comes_back_goes_on_where_they_were() {
    let (shop, _) = stocked().await;
    for (query, seen) in [("", "4"), ("?after=0", "4"), ("?after=latest", "4"), ("?after=4", "")] {
        let headers = [("last-event-id", seen)];
        let mut listener = Listener::open(&shop, &format!("/events{query}"), &headers).await;
        assert_eq!(listener.take(2).await[0].id, "5", "{query} {seen}");
        if !seen.is_empty() {
            let headers = [("last-event-id", seen), ("accept", "application/json")];
            let page = shop.ask("GET", &format!("/events{query}"), &headers, "").await.ok();
            assert_eq!(positions(&page), [5, 6]);
        }
    }
    let mut listener = Listener::open(&shop, "/events?after=latest", &[]).await;
    shop.order_of("carol").await;
    assert_eq!(listener.next().await.unwrap().id, "7");
}

#[tokio::test(start_paused = true)]
async fn a_customer_hears_only_of_their_own_orders() {
    let (shop, [own, foreign, _]) = stocked().await;
    let shop = shop.signing_in();
    let shown = token("alice", RoleKind::Customer);
    let headers = [("authorization", shown.as_str())];
    let mut listener = Listener::open(&shop, "/events", &headers).await;
    let told = listener.take(4).await;
    let ids: Vec<_> = told.iter().map(|told| told.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "5", "6"]);
    for accept in ["application/json", "text/event-stream"] {
        for (query, code) in [
            (format!("order={foreign}"), "order.not_found"),
            ("order=nothing".to_owned(), "order.not_found"),
            ("customer=bob".to_owned(), "not_found"),
        ] {
            let headers = [("authorization", shown.as_str()), ("accept", accept)];
            let reply = shop.ask("GET", &format!("/events?{query}"), &headers, "").await;
            assert_eq!(reply.problem(404), code, "{query}");
        }
    }
    let mut listener = Listener::open(&shop, &format!("/events?order={own}"), &headers).await;
    assert_eq!(listener.take(2).await[1].id, "2");
}

/// Whoever is told nothing for long is told where they are, so that they come back to there.
#[tokio::test(start_paused = true)]
async fn a_silent_stream_shows_that_it_lives() {
    let (shop, _) = stocked().await;
    let mut listener = Listener::open(&shop, "/events?customer=carol", &[]).await;
    listener.block().await;
    let begun = tokio::time::Instant::now();
    assert_eq!(listener.block().await.unwrap(), "id: 6");
    assert_eq!(begun.elapsed().as_secs(), 15);
    for _ in 0..3 {
        assert_eq!(listener.block().await.unwrap(), ": ");
    }
    assert_eq!(begun.elapsed().as_secs(), 60);
    shop.order_of("bob").await;
    assert_eq!(listener.block().await.unwrap(), "id: 8");
}

/// Nobody is told anything once their token has expired.
#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let (shop, _) = stocked().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let shown = format!("Bearer staff sam {}", now.as_millis() + 2_000);
    let signed = shop.signing_in();
    let mut listener = Listener::open(&signed, "/events", &[("authorization", &shown)]).await;
    listener.take(6).await;
    let ended = async {
        loop {
            shop.order_of("bob").await;
            if listener.next().await.is_none() {
                return;
            }
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(6), ended).await;
    assert!(ended.is_ok(), "the stream went on");
}

#[tokio::test(start_paused = true)]
async fn there_are_only_so_many_streams_at_once() {
    let shop = Shop::with_streams(2);
    let first = Listener::open(&shop, "/events", &[]).await;
    let _second = Listener::open(&shop, "/events", &[]).await;
    let headers = [("accept", "text/event-stream")];
    let refused = shop.open("/events", &headers).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(shop.get("/events").await.status, 200, "pages are not streams");
    drop(first);
    Listener::open(&shop, "/events", &[]).await;
}

#[tokio::test]
async fn a_client_says_whether_it_takes_a_stream() {
    let (shop, _) = stocked().await;
    for (accept, kind) in [
        ("text/event-stream", "text/event-stream"),
        ("TEXT/Event-Stream; charset=utf-8", "text/event-stream"),
        ("application/json;q=0.5, text/event-stream;q=0.1", "text/event-stream"),
        ("*/*", "application/json"),
        ("text/*", "application/json"),
        ("text/event-stream;q=0", "application/json"),
        ("application/json", "application/json"),
    ] {
        let response = shop.open("/events", &[("accept", accept)]).await;
        assert_eq!(response.headers()["content-type"], kind, "{accept}");
        assert_eq!(response.headers()["vary"], "accept");
    }
}
