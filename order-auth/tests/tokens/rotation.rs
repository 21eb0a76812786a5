//! Keys that come and go.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use order_auth::{JwtTokens, Pace, TokenSettings};
use order_core::ports::Authenticator;
use serde_json::json;

use crate::mint::{Mint, claims, trusting_file, write_keys};

/// A pace at which every look is a fresh one.
const NEVER_FRESH: Pace =
    Pace { fresh: Duration::ZERO, usable: Duration::from_mins(1), pause: Duration::ZERO };

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let (old, new) = (Mint::ec("old"), Mint::ec("new"));
    write_keys(&file, &[old.public()]);
    let tokens = trusting_file(&file, Pace::default());
    assert!(tokens.authenticate(&old.sign(&claims("ann"))).await.is_ok());
    write_keys(&file, &[old.public(), new.public()]);
    assert!(tokens.authenticate(&new.sign(&claims("ann"))).await.is_ok());
    // A key under a known name is another key once the set was read again.
    let heir = Mint::ec("old");
    write_keys(&file, &[heir.public()]);
    let tokens = trusting_file(&file, NEVER_FRESH);
    assert!(tokens.authenticate(&heir.sign(&claims("ann"))).await.is_ok());
    let refused = tokens.authenticate(&old.sign(&claims("ann"))).await.unwrap_err();
    assert_eq!(refused.code(), "auth.token_invalid");
    let refused = tokens.authenticate(&new.sign(&claims("ann"))).await.unwrap_err();
    assert_eq!(refused.code(), "auth.token_invalid");
}

/// What is fresh is not looked at again, so a key is forgotten with the next look and no sooner.
#[tokio::test]
async fn a_withdrawn_key_is_forgotten_with_the_next_look() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let (old, new) = (Mint::ed("old"), Mint::ed("new"));
    write_keys(&file, &[old.public()]);
    let fresh = Duration::from_millis(200);
    let pace = Pace { fresh, pause: Duration::ZERO, ..Pace::default() };
    let tokens = trusting_file(&file, pace);
    assert!(tokens.authenticate(&old.sign(&claims("ann"))).await.is_ok());
    write_keys(&file, &[new.public()]);
    assert!(tokens.authenticate(&old.sign(&claims("ann"))).await.is_ok());
    tokio::time::sleep(fresh * 2).await;
    assert!(tokens.authenticate(&old.sign(&claims("ann"))).await.is_err());
    assert!(tokens.authenticate(&new.sign(&claims("ann"))).await.is_ok());
}

/// Somebody who hands out keys at an address, and how often they were asked.
struct Publisher {
    url: String,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let (answer, asked) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicUsize::new(0)));
        let (say, count) = (Arc::clone(&answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4_096]);
                count.fetch_add(1, Ordering::SeqCst);
                // Long enough for others to ask meanwhile, if they would.
                thread::sleep(Duration::from_millis(20));
                let _ = stream.write_all(say.lock().unwrap().as_bytes());
            }
        });
        Self { url, answer, asked }
    }

    fn say(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }

    fn trusting(&self, pace: Pace) -> JwtTokens {
        let keys = Some(self.url.parse().unwrap());
        JwtTokens::new(TokenSettings { keys, pace, ..TokenSettings::default() }).unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn keys(mints: &[&Mint]) -> String {
    let keys: Vec<_> = mints.iter().map(|mint| mint.public()).collect();
    answer("200 OK", &json!({"keys": keys}).to_string())
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// Unknown names cost their publisher one question in a while, however many are made up.
#[tokio::test]
async fn an_unknown_key_is_asked_for_once_in_a_while() {
    let (known, stranger, next) = (Mint::ed("known"), Mint::ed("stranger"), Mint::ed("next"));
    let publisher = Publisher::start(keys(&[&known]));
    let tokens = publisher.trusting(Pace::default());
    tokens.load_keys().await.unwrap();
    for _ in 0..20 {
        assert!(tokens.authenticate(&known.sign(&claims("ann"))).await.is_ok());
    }
    assert_eq!(publisher.asked(), 1);
    publisher.say(keys(&[&known, &next]));
    assert!(tokens.authenticate(&next.sign(&claims("ann"))).await.is_ok());
    assert_eq!(publisher.asked(), 2);
    for n in 0..50 {
        let token = stranger.sign_named(Some(&format!("key-{n}")), &claims("ann"));
        let refused = tokens.authenticate(&token).await.unwrap_err();
        assert_eq!(refused.code(), "auth.token_invalid");
    }
    assert_eq!(publisher.asked(), 2);
    assert!(tokens.authenticate(&known.sign(&claims("ann"))).await.is_ok());
}

/// Of many who need the same key at once one asks.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_need_a_key_ask_once() {
    let known = Mint::ed("known");
    let publisher = Publisher::start(keys(&[&known]));
    let tokens = Arc::new(publisher.trusting(Pace::default()));
    let token: Arc<str> = known.sign(&claims("ann")).into();
    let crowd: Vec<_> = (0..30)
        .map(|_| {
            let (tokens, token) = (Arc::clone(&tokens), Arc::clone(&token));
            tokio::spawn(async move { tokens.authenticate(&token).await.is_ok() })
        })
        .collect();
    for one in crowd {
        assert!(one.await.unwrap());
    }
    assert_eq!(publisher.asked(), 1);
}

/// A publisher who is away is forgiven for a while; who never was there leaves it open.
#[tokio::test]
async fn keys_outlive_their_publishers_absence_for_a_while() {
    let known = Mint::ed("known");
    let publisher = Publisher::start(keys(&[&known]));
    let usable = Duration::from_secs(3);
    let tokens = publisher.trusting(Pace { usable, ..NEVER_FRESH });
    let token = known.sign(&claims("ann"));
    assert!(tokens.authenticate(&token).await.is_ok());
    for broken in [
        answer("500 Internal Server Error", "{}"),
        answer("302 Found", "{}"),
        answer("200 OK", "<html>"),
        answer("200 OK", r#"{"keys":[]}"#),
        answer("200 OK", &" ".repeat(300 * 1_024)),
    ] {
        publisher.say(broken.clone());
        assert!(tokens.authenticate(&token).await.is_ok());
        let fresh = publisher.trusting(Pace::default());
        let unknown = fresh.authenticate(&token).await.unwrap_err();
        assert_eq!(unknown.code(), "auth.unavailable", "{broken}");
        // Nor is the publisher asked again at once.
        let asked = publisher.asked();
        let unknown = fresh.authenticate(&token).await.unwrap_err();
        assert_eq!((unknown.code(), publisher.asked()), ("auth.unavailable", asked));
    }
    tokio::time::sleep(usable).await;
    let unknown = tokens.authenticate(&token).await.unwrap_err();
    assert_eq!(unknown.code(), "auth.unavailable");
    publisher.say(keys(&[&known]));
    assert!(tokens.authenticate(&token).await.is_ok());
}

/// Of those who come with a key that is known, at most the one who asks waits for a slow publisher.
#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_who_is_slow_keeps_nobody_waiting() {
    let known = Mint::ed("known");
    let publisher = Publisher::start(keys(&[&known]));
    let tokens = Arc::new(publisher.trusting(NEVER_FRESH));
    let token: Arc<str> = known.sign(&claims("ann")).into();
    assert!(tokens.authenticate(&token).await.is_ok());
    let silence = Duration::from_secs(3);
    let answer = Arc::clone(&publisher.answer);
    thread::spawn(move || {
        let _says_nothing = answer.lock().unwrap();
        thread::sleep(silence);
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    let asking = {
        let (tokens, token) = (Arc::clone(&tokens), Arc::clone(&token));
        tokio::spawn(async move { tokens.authenticate(&token).await.is_ok() })
    };
    while publisher.asked() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..10 {
        assert!(tokens.authenticate(&token).await.is_ok());
    }
    assert!(begun.elapsed() < silence / 2, "{:?}", begun.elapsed());
    assert!(asking.await.unwrap());
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_noticed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let tokens = trusting_file(&file, Pace::default());
    assert!(tokens.load_keys().await.is_err());
    for broken in ["", "{}", "[]", r#"{"keys": {}}"#, r#"{"keys": [1, {"kty": "RSA"}]}"#] {
        fs::write(&file, broken).unwrap();
        let error = tokens.load_keys().await.unwrap_err();
        assert!(error.to_string().contains("keys.json"), "{error}");
    }
    write_keys(&file, &[Mint::ed("d").public()]);
    tokens.load_keys().await.unwrap();
}
