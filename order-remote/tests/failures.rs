//! What a service can do wrong, and that a client survives it, in time, and tells the truth about it.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use order_core::{
    ErrorKind,
    ports::{Operation, Payments, RemoteError},
};
use order_remote::{HttpPayments, Settings, SettingsError, Trouble};
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};

use crate::service::{Reply, Service, call, done, fault, settings, trouble};

fn payments(settings: Settings) -> HttpPayments {
    HttpPayments::new(settings).unwrap()
}

async fn failed(payments: &HttpPayments) -> RemoteError {
    let call = call(Operation::Authorize, 500, "auth");
    let answer = timeout(Duration::from_secs(20), payments.call(&call)).await;
    answer.unwrap().unwrap_err()
}

async fn failed_with(reply: Reply) -> (RemoteError, usize) {
    let service = Service::new([reply]).await;
    let error = failed(&payments(settings(&service.url))).await;
    (error, service.seen().len())
}

#[tokio::test]
async fn a_service_that_is_silent_is_asked_as_often_as_allowed_with_one_key() {
    let service = Service::new([Reply::Silence]).await;
    let started = Instant::now();
    let error = failed(&payments(settings(&service.url).attempts(3))).await;
    assert!(matches!(trouble(&error), Trouble::TimedOut), "{error:?}");
    let took = started.elapsed();
    assert!((2400..6000).contains(&took.as_millis()), "{took:?}");
    let seen = service.seen();
    let keys: Vec<_> = seen.iter().map(|request| request.header("idempotency-key")).collect();
    assert_eq!(keys, [Some("auth"); 3]);
    assert!(seen.iter().all(|request| request.body == seen[0].body));
}

#[tokio::test]
async fn at_least_one_and_at_most_ten_attempts_are_made() {
    for (asked, made) in [(0, 1), (1, 1), (10, 10), (11, 10)] {
        let service = Service::new([Reply::Json(500, json!({}))]).await;
        let patient = settings(&service.url).attempts(asked).pause(Duration::ZERO);
        failed(&payments(patient)).await;
        assert_eq!(service.seen().len(), made);
    }
}

#[tokio::test]
async fn all_attempts_together_have_a_time_out() {
    let service = Service::new([Reply::Silence]).await;
    let times = [100, 4000, 600].map(Duration::from_millis);
    let settings = settings(&service.url).attempts(2).timeouts(times[0], times[1], times[2]);
    let started = Instant::now();
    failed(&payments(settings)).await;
    let took = started.elapsed();
    assert!((550..3500).contains(&took.as_millis()), "{took:?}");
    assert_eq!(service.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_that_drips_is_cut_off() {
    let (error, attempts) = failed_with(Reply::Drip).await;
    assert!(matches!(trouble(&error), Trouble::TimedOut), "{error:?}");
    assert_eq!(attempts, 3);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let flood = Service::new([Reply::Flood(1 << 30)]).await;
    let limited = settings(&flood.url).answer_max(10_000);
    let error = failed(&payments(limited)).await;
    assert!(matches!(trouble(&error), Trouble::TooLarge { max: 10_000 }), "{error:?}");
    assert_eq!(flood.seen().len(), 1);
    let honest = Service::new([Reply::Json(200, done())]).await;
    let error = failed(&payments(settings(&honest.url).answer_max(100))).await;
    assert!(matches!(trouble(&error), Trouble::TooLarge { max: 100 }), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Service::new([Reply::Json(200, done())]).await;
    for status in [301, 302, 303, 307, 308] {
        let reply = Reply::Raw(status, vec![("location", other.url.clone())], String::new());
        let (error, attempts) = failed_with(reply).await;
        assert_eq!((fault(&error), attempts), (format!("http.{status}").as_str(), 1));
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn garbage_is_no_answer() {
    let mut foreign = done();
    foreign["facts"]["orderId"] = json!("another");
    let mut dear = done();
    dear["facts"]["captured"]["currency"] = json!("USD");
    let mut negative = done();
    negative["facts"]["captured"]["amount"] = json!("-1.00");
    let mut float = done();
    float["facts"]["captured"]["amount"] = json!(1.5);
    let mut unsure = done();
    unsure["outcome"] = json!("perhaps");
    let documents = [foreign, dear, negative, float, unsure, json!({}), json!([]), json!(null)];
    for document in documents {
        let (error, attempts) = failed_with(Reply::Json(200, document.clone())).await;
        assert!(matches!(trouble(&error), Trouble::Unreadable(_)), "{document}: {error:?}");
        assert_eq!(attempts, 3);
    }
    for body in
        ["", "<html>", "{\"outcome\":\"done\"", "{\"outcome\":\"done\",\"outcome\":\"done\"}"]
    {
        let (error, _) = failed_with(Reply::Raw(200, Vec::new(), body.to_owned())).await;
        assert!(matches!(trouble(&error), Trouble::Unreadable(_)), "{body}: {error:?}");
    }
    // A refusal that does not say what is known is none.
    let (error, _) = failed_with(Reply::Json(402, json!({"code": "payment.refused"}))).await;
    assert!(matches!(trouble(&error), Trouble::Unreadable(_)), "{error:?}");
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_what_is_wrong_is_not() {
    for status in [408, 425, 429, 500, 501, 502, 503, 504, 599] {
        let (error, attempts) = failed_with(Reply::Json(status, json!({}))).await;
        assert!(matches!(trouble(&error), Trouble::Status(told) if *told == status), "{error:?}");
        assert_eq!(attempts, 3);
    }
    for status in [400, 401, 403, 404, 409, 410, 422, 499] {
        let (error, attempts) = failed_with(Reply::Json(status, json!({"code": "its.name"}))).await;
        assert_eq!((fault(&error), attempts), ("its.name", 1));
        let (error, _) = failed_with(Reply::Raw(status, Vec::new(), "<html>".to_owned())).await;
        assert_eq!(fault(&error), format!("http.{status}"));
    }
}

#[tokio::test]
async fn a_service_that_asks_for_patience_gets_it_as_far_as_the_time_allows() {
    let later = |text: &str| Reply::Raw(503, vec![("retry-after", text.to_owned())], String::new());
    let service = Service::new([later("1"), Reply::Json(200, done())]).await;
    let started = Instant::now();
    let client = payments(settings(&service.url));
    client.call(&call(Operation::Authorize, 500, "auth")).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    for text in ["3600", "Fri, 31 Dec 9999 23:59:59 GMT", "99999999999999999999"] {
        let service = Service::new([later(text)]).await;
        let started = Instant::now();
        let error = failed(&payments(settings(&service.url).attempts(2))).await;
        assert!(matches!(trouble(&error), Trouble::Status(503)), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(5));
        // Text that says nothing is asked again as usual.
        assert_eq!(service.seen().len(), 1 + usize::from(text.starts_with("99")), "{text}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = failed(&payments(settings(&url))).await;
    assert!(matches!(trouble(&error), Trouble::Connection(_)), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_is_cut_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let cutter = tokio::spawn(async move {
        let mut count = 0_u32;
        while count < 3 {
            drop(listener.accept().await.unwrap());
            count += 1;
        }
        count
    });
    let error = failed(&payments(settings(&url).attempts(3))).await;
    assert!(matches!(trouble(&error), Trouble::Connection(_)), "{error:?}");
    assert_eq!(cutter.await.unwrap(), 3);
}

#[tokio::test]
async fn the_token_is_sent_and_never_shown() {
    let service = Service::new([Reply::Json(200, done())]).await;
    let settings = settings(&service.url).token("s3cret").unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"));
    let client = payments(settings);
    assert!(!format!("{client:?}").contains("s3cret"));
    client.call(&call(Operation::Authorize, 500, "auth")).await.unwrap();
    assert_eq!(service.seen()[0].header("authorization"), Some("Bearer s3cret"));
    assert!(matches!(Settings::new("http://a").unwrap().token("a\nb"), Err(SettingsError::Token)));
}

/// Where the proxy is that the environment of this test's own child names.
const PROXY: &str = "HTTP_PROXY";
const IS_CHILD: &str = "ORDER_REMOTE_TEST_CHILD";

#[tokio::test]
async fn a_proxy_of_the_environment_is_used_only_if_asked_for() {
    let name = "failures::a_proxy_of_the_environment_is_used_only_if_asked_for";
    let service = Service::new([Reply::Json(200, done())]).await;
    if env::var_os(IS_CHILD).is_none() {
        // Nobody may change the environment of a process that has threads, so another one is made.
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", name]).env(PROXY, &service.url).env(IS_CHILD, "1");
        child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("http_proxy");
        let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(service.seen().len(), 1);
        return;
    }
    let call = call(Operation::Authorize, 500, "auth");
    payments(settings(&service.url)).call(&call).await.unwrap();
    assert_eq!(service.seen().len(), 1);
    payments(settings(&service.url).environment_proxy()).call(&call).await.unwrap();
    assert_eq!(service.seen().len(), 1);
}

#[tokio::test]
async fn a_path_of_the_address_is_kept() {
    for end in ["/v1", "/v1/"] {
        let service = Service::new([Reply::Json(200, done())]).await;
        let client = payments(settings(&format!("{}{end}", service.url)));
        client.call(&call(Operation::Capture, 500, "key")).await.unwrap();
        assert_eq!(service.seen()[0].path, "/v1/payments/captures");
    }
}

#[test]
fn an_address_has_to_be_one_of_a_service() {
    let bad = ["", "payments", "ftp://a/", "http://user:pw@a/", "http://a/?q", "http://a/#f"];
    for address in bad {
        let refused = Settings::new(address);
        assert!(matches!(&refused, Err(SettingsError::Address(_))), "{address}");
        let error = refused.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("remote.address", ErrorKind::Invalid));
    }
}
