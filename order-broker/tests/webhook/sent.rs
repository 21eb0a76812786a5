//! Deliveries to endpoints on the loopback interface.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use order_broker::{
    Source,
    webhook::{Reach, Secrets, Sender},
};
use order_core::{
    EndpointUrl, Label, Timestamp,
    ports::{Positioned, WebhookCall, WebhookMessage, WebhookOutcome, WebhookReply, WebhookSender},
    webhook::SigningSecret,
};
use order_testkit::publisher::events;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: i64 = 1_614_265_330_000;

/// An endpoint that gives the same answer to everybody, and what it is sent.
fn endpoint(answer: &'static str) -> (EndpointUrl, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // By a name, so that the look-up is part of it.
    let url = format!("http://localhost:{}/hook", listener.local_addr().unwrap().port());
    let (say, said) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = read(&mut stream);
            let _ = say.send(request);
            if answer.is_empty() {
                thread::sleep(Duration::from_secs(5));
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url.parse().unwrap(), said)
}

fn read(stream: &mut TcpStream) -> String {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse::<usize>().unwrap() {
                return text;
            }
        }
        let read = stream.read(&mut chunk).unwrap();
        bytes.extend_from_slice(&chunk[..read]);
    }
}

async fn event() -> Positioned {
    events(1).await.remove(0)
}

fn sender(reach: Reach) -> Sender {
    let clock = Arc::new(|| Timestamp::from_millis(NOW));
    Sender::new(Source::default(), reach, clock).unwrap().timeout(Duration::from_secs(2))
}

async fn send(sender: &Sender, url: &EndpointUrl, message: WebhookMessage) -> WebhookReply {
    let secrets = vec![SigningSecret::new(SECRET)];
    let call = WebhookCall { url: url.clone(), secrets, message };
    sender.send(vec![call]).await.remove(0)
}

async fn deliver_by(sender: &Sender, url: &EndpointUrl) -> WebhookReply {
    send(sender, url, WebhookMessage::Event(Box::new(event().await))).await
}

async fn deliver(url: &EndpointUrl) -> WebhookReply {
    deliver_by(&sender(Reach::Everywhere), url).await
}

fn failed(code: &'static str) -> WebhookOutcome {
    WebhookOutcome::Failed { code: code.into(), retry_after_ms: None }
}

/// The head and the body of a request, and its headers by their names.
fn parts(request: &str) -> (impl Fn(&str) -> String, &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = move |name: &str| {
        let prefix = format!("{name}: ");
        head.lines().find_map(|line| line.strip_prefix(prefix.as_str())).unwrap().to_owned()
    };
    (header, body)
}

#[tokio::test]
async fn an_event_is_delivered_whole_and_signed() {
    let (url, said) = endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    let reply = deliver(&url).await;
    assert_eq!((reply.outcome, reply.status), (WebhookOutcome::Delivered, Some(204)));
    assert_eq!(reply.at, Timestamp::from_millis(NOW));
    let request = said.recv().unwrap();
    let (header, body) = parts(&request);
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(json["id"], header("webhook-id"));
    assert_eq!(header("content-type"), "application/cloudevents+json; charset=UTF-8");
    assert_eq!(header("webhook-timestamp"), "1614265330");
    let secrets = Secrets::new([SECRET]).unwrap();
    let signature =
        secrets.sign(&header("webhook-id"), Timestamp::from_millis(NOW), body.as_bytes());
    assert_eq!(header("webhook-signature"), signature);
}

#[tokio::test]
async fn a_trial_says_nothing_of_any_order() {
    let (url, said) = endpoint("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let id: Label = "trial-1".parse().unwrap();
    let trial = WebhookMessage::Trial { id, subscription_id: "sub-1".parse().unwrap() };
    let reply = send(&sender(Reach::Everywhere), &url, trial).await;
    assert_eq!(reply.outcome, WebhookOutcome::Delivered);
    let request = said.recv().unwrap();
    let (header, body) = parts(&request);
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&json["type"], &json["subject"]), (&"webhook.test".into(), &"sub-1".into()));
    assert_eq!((&json["id"], header("webhook-id")), (&"trial-1".into(), "trial-1".to_owned()));
    let secrets = Secrets::new([SECRET]).unwrap();
    let signature = secrets.sign("trial-1", Timestamp::from_millis(NOW), body.as_bytes());
    assert_eq!(header("webhook-signature"), signature);
}

#[tokio::test]
async fn only_a_success_is_a_delivery() {
    for (answer, status) in [
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", 500),
        ("HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", 400),
        ("HTTP/1.1 302 Elsewhere\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n", 302),
    ] {
        let (url, said) = endpoint(answer);
        let reply = deliver(&url).await;
        assert_eq!((reply.outcome, reply.status), (failed("webhook.status"), Some(status)));
        assert!(said.recv().unwrap().starts_with("POST /hook "));
        assert!(said.try_recv().is_err(), "no redirect is followed");
    }
}

#[tokio::test]
async fn an_endpoint_says_when_to_come_again_and_when_never() {
    let (url, _said) =
        endpoint("HTTP/1.1 429 Later\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n");
    let later =
        WebhookOutcome::Failed { code: "webhook.status".into(), retry_after_ms: Some(120_000) };
    assert_eq!(deliver(&url).await.outcome, later);
    let (url, _said) = endpoint("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(deliver(&url).await.outcome, WebhookOutcome::Gone);
}

#[tokio::test]
async fn an_endpoint_that_is_silent_or_away_costs_only_its_time() {
    let (url, _said) = endpoint("");
    let begin = Instant::now();
    let hasty = sender(Reach::Everywhere).timeout(Duration::from_millis(200));
    let reply = deliver_by(&hasty, &url).await;
    assert_eq!((reply.outcome, reply.status), (failed("webhook.timed_out"), None));
    assert!(reply.duration_ms >= 200, "{}", reply.duration_ms);
    assert!(begin.elapsed() < Duration::from_secs(2));
    let away = "http://127.0.0.1:1/".parse().unwrap();
    assert_eq!(deliver(&away).await.outcome, failed("webhook.connection"));
}

#[tokio::test]
async fn requests_to_many_are_on_their_way_at_once() {
    let (silent, _said) = endpoint("");
    let (url, said) = endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    let event = event().await;
    let call = |url: &EndpointUrl| WebhookCall {
        url: url.clone(),
        secrets: vec![SigningSecret::new(SECRET)],
        message: WebhookMessage::Event(Box::new(event.clone())),
    };
    let begin = Instant::now();
    let hasty = sender(Reach::Everywhere).timeout(Duration::from_millis(500));
    let replies = hasty.send(vec![call(&silent), call(&url), call(&silent)]).await;
    let outcomes: Vec<_> = replies.into_iter().map(|reply| reply.outcome).collect();
    let late = || failed("webhook.timed_out");
    assert_eq!(outcomes, [late(), WebhookOutcome::Delivered, late()]);
    assert!(begin.elapsed() < Duration::from_millis(900), "{:?}", begin.elapsed());
    assert!(said.recv().is_ok());
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
    let answer: &'static str = Box::leak(format!("{head}{}", "x".repeat(64 * 1024)).into());
    let (url, _said) = endpoint(answer);
    assert_eq!(deliver(&url).await.outcome, WebhookOutcome::Delivered);
}

/// The form of its address says nothing against the endpoint, and the name may have led elsewhere before:
/// what counts is where it leads when something is sent.
#[tokio::test]
async fn our_own_network_is_not_called_whatever_the_endpoint_is_called() {
    let (url, said) = endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    let url: EndpointUrl = url.as_str().replace("http:", "https:").parse().unwrap();
    let strict = sender(Reach::Public);
    strict.check_url(&url).unwrap();
    assert_eq!(deliver_by(&strict, &url).await.outcome, failed("webhook.address_private"));
    let lost = "https://nobody.invalid/".parse().unwrap();
    assert_eq!(deliver_by(&strict, &lost).await.outcome, failed("webhook.name_unknown"));
    for number in ["https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "http://example.com/"] {
        let url = number.parse().unwrap();
        assert_eq!(strict.check_url(&url).unwrap_err().code(), "webhook.url_invalid", "{number}");
        assert_eq!(deliver_by(&strict, &url).await.outcome, failed("webhook.url_invalid"));
    }
    assert!(said.recv_timeout(Duration::from_millis(300)).is_err());
}
