//! Deliveries to endpoints on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use order_broker::{
    Source,
    webhook::{Attempt, Outcome, Reach, Secrets, Sender, Target},
};
use order_core::{Timestamp, ports::Positioned};
use order_testkit::publisher::events;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: i64 = 1_614_265_330_000;

/// An endpoint that gives the same answer to everybody, and what it is sent.
fn endpoint(answer: &'static str) -> (Target, mpsc::Receiver<String>) {
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
    (Target::new(&url, Reach::Everywhere).unwrap(), said)
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

fn sender() -> Sender {
    Sender::new(Source::default()).reach(Reach::Everywhere).timeout(Duration::from_secs(2))
}

async fn deliver(sender: &Sender, target: &Target) -> Outcome {
    let secrets = Secrets::new([SECRET]).unwrap();
    sender.attempt(target, &secrets, &event().await, &|| Timestamp::from_millis(NOW)).await
}

#[tokio::test]
async fn an_event_is_delivered_whole_and_signed() {
    let (target, said) = endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    assert!(matches!(deliver(&sender(), &target).await, Outcome::Delivered));
    let request = said.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let prefix = format!("{name}: ");
        head.lines().find_map(|line| line.strip_prefix(prefix.as_str())).unwrap().to_owned()
    };
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
async fn only_a_success_is_a_delivery() {
    for (answer, status) in [
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", 500),
        ("HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", 400),
        ("HTTP/1.1 302 Elsewhere\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n", 302),
    ] {
        let (target, said) = endpoint(answer);
        let outcome = deliver(&sender(), &target).await;
        let Outcome::Failed { reason: Attempt::Status(got), retry_after_ms: None } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(got, status);
        assert!(said.recv().unwrap().starts_with("POST /hook "));
        assert!(said.try_recv().is_err(), "no redirect is followed");
    }
}

#[tokio::test]
async fn an_endpoint_says_when_to_come_again_and_when_never() {
    let (target, _said) =
        endpoint("HTTP/1.1 429 Later\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n");
    let outcome = deliver(&sender(), &target).await;
    assert!(
        matches!(outcome, Outcome::Failed { retry_after_ms: Some(120_000), .. }),
        "{outcome:?}"
    );
    let (target, _said) = endpoint("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n");
    assert!(matches!(deliver(&sender(), &target).await, Outcome::Gone));
}

#[tokio::test]
async fn an_endpoint_that_is_silent_or_away_costs_only_its_time() {
    let (target, _said) = endpoint("");
    let begin = Instant::now();
    let outcome = deliver(&sender().timeout(Duration::from_millis(200)), &target).await;
    assert!(matches!(outcome, Outcome::Failed { reason: Attempt::TimedOut, .. }), "{outcome:?}");
    assert!(begin.elapsed() < Duration::from_secs(2));
    let away = Target::new("http://127.0.0.1:1/", Reach::Everywhere).unwrap();
    let outcome = deliver(&sender(), &away).await;
    assert!(matches!(outcome, Outcome::Failed { reason: Attempt::Connection(_), .. }));
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
    let answer: &'static str = Box::leak(format!("{head}{}", "x".repeat(64 * 1024)).into());
    let (target, _said) = endpoint(answer);
    assert!(matches!(deliver(&sender(), &target).await, Outcome::Delivered));
}

#[tokio::test]
async fn our_own_network_is_not_called_whatever_the_endpoint_is_called() {
    let (target, said) = endpoint("HTTP/1.1 204 No Content\r\n\r\n");
    let strict = sender().reach(Reach::Public);
    let outcome = deliver(&strict, &target).await;
    assert!(matches!(outcome, Outcome::Failed { reason: Attempt::Address(_), .. }), "{outcome:?}");
    assert!(said.recv_timeout(Duration::from_millis(300)).is_err());
}
