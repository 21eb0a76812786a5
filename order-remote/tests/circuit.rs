//! A service that fails is left alone, and found again when it is well.

use std::time::Duration;

use order_core::ports::{Operation, Payments};
use order_remote::{Circuit, HttpPayments, Trouble};
use serde_json::json;
use tokio::time::sleep;

use crate::service::{Reply, Service, call, done, fault, settings, trouble};

const WAIT: Duration = Duration::from_secs(1);

fn payments(service: &Service) -> HttpPayments {
    let circuit = Circuit { attempts: 4, failures: 0.5, wait: WAIT, trials: 2 };
    HttpPayments::new(settings(&service.url).attempts(1).circuit(circuit)).unwrap()
}

#[tokio::test]
async fn the_circuit_opens_after_failures_and_closes_when_the_service_is_well() {
    let service = Service::new([Reply::Json(500, json!({}))]).await;
    let payments = payments(&service);
    let call = call(Operation::Authorize, 500, "auth");
    let mut open = 0;
    for _ in 0..20 {
        let error = payments.call(&call).await.unwrap_err();
        open += usize::from(matches!(trouble(&error), Trouble::CircuitOpen));
    }
    let asked = service.seen().len();
    assert!((4..=6).contains(&asked) && open == 20 - asked, "{asked} {open}");
    service.reply(Reply::Json(200, done()));
    assert!(matches!(trouble(&payments.call(&call).await.unwrap_err()), Trouble::CircuitOpen));
    sleep(WAIT + Duration::from_millis(50)).await;
    for _ in 0..20 {
        payments.call(&call).await.unwrap();
    }
    assert_eq!(service.seen().len(), asked + 20);
}

#[tokio::test]
async fn a_service_that_still_fails_is_left_alone_again() {
    let service = Service::new([Reply::Json(500, json!({}))]).await;
    let payments = payments(&service);
    let call = call(Operation::Authorize, 500, "auth");
    for _ in 0..10 {
        payments.call(&call).await.unwrap_err();
    }
    let asked = service.seen().len();
    sleep(WAIT + Duration::from_millis(50)).await;
    for _ in 0..10 {
        payments.call(&call).await.unwrap_err();
    }
    let again = service.seen().len() - asked;
    assert!((1..=3).contains(&again), "{again}");
}

#[tokio::test]
async fn refusals_do_not_open_the_circuit() {
    let service = Service::new([Reply::Json(422, json!({"code": "wrong"}))]).await;
    let payments = payments(&service);
    for _ in 0..20 {
        let error = payments.call(&call(Operation::Authorize, 500, "auth")).await.unwrap_err();
        assert_eq!(fault(&error), "wrong");
    }
    assert_eq!(service.seen().len(), 20);
}
