//! Callbacks: only what the provider signed is read, and only while it is fresh.

use std::collections::BTreeMap;

use order_core::{
    Timestamp,
    ports::{CallbackError, CallbackReader, PaymentNotice},
};
use order_remote::{SecretError, WebhookReader};
use proptest::prelude::*;

use crate::service::gbp;

/// The secret of the examples of the specification.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// 64 bytes, the most that a secret may have.
const LONG: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const BODY: &str = r#"{"type":"payment.captured","timestamp":"2025-01-29T00:00:05Z","data":{"orderId":"order-1","paymentId":"pay-1","reference":"pp_1","authorized":{"amount":"29.99","currency":"GBP"},"captured":{"amount":"29.99","currency":"GBP"},"voided":{"amount":"0.00","currency":"GBP"},"refunds":[{"id":"re-1","amount":{"amount":"5.00","currency":"GBP"}}],"disputed":{"amount":"0.00","currency":"GBP"}}}"#;
const SENT_S: i64 = 1_738_108_805;
// Both were made by the published library for Python, standardwebhooks 1.1.0, from `evt_1`, `SENT_S` and `BODY`.
const SIGNATURE: &str = "v1,YlGboMeKkzl/HLt6Cp/1RliCbPYnX196eX5olVa5H08=";
const LONG_SIGNATURE: &str = "v1,ZhFInkGB6c+oNSwaTBK1aBxJjFGcN61i3WNo5TPSoLQ=";

fn reader(secrets: &[&'static str]) -> WebhookReader {
    WebhookReader::default().provider("main", secrets.iter().copied()).unwrap()
}

fn headers(signature: &str) -> BTreeMap<&'static str, String> {
    [
        ("webhook-id", "evt_1".to_owned()),
        ("webhook-timestamp", SENT_S.to_string()),
        ("webhook-signature", signature.to_owned()),
    ]
    .into()
}

fn now() -> Timestamp {
    Timestamp::from_millis(SENT_S * 1000)
}

type Read = Result<PaymentNotice, CallbackError>;

fn read(reader: &WebhookReader, headers: &BTreeMap<&'static str, String>, body: &str) -> Read {
    reader.read("main", &|name| headers.get(name).cloned(), body.as_bytes(), now())
}

fn signed(signature: &str) -> Read {
    read(&reader(&[SECRET]), &headers(signature), BODY)
}

#[test]
fn what_another_library_signed_is_read() {
    let notice = signed(SIGNATURE).unwrap();
    assert_eq!((notice.provider.as_str(), notice.id.as_str()), ("main", "evt_1"));
    assert_eq!((notice.kind.as_str(), notice.at), ("payment.captured", now()));
    assert_eq!((notice.facts.captured, notice.facts.refunds.len()), (gbp(2999), 1));
    assert!(read(&reader(&[LONG]), &headers(LONG_SIGNATURE), BODY).is_ok());
}

#[test]
fn the_example_of_the_specification_is_signed_by_its_secret() {
    // Its body is no payment, so what is shown is that the signature was accepted.
    let headers = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned()),
        ("webhook-timestamp", "1614265330".to_owned()),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned()),
    ]
    .into();
    let read = |headers: &BTreeMap<&str, String>, body: &str| {
        let now = Timestamp::from_millis(1_614_265_330_000);
        reader(&[SECRET]).read("main", &|name| headers.get(name).cloned(), body.as_bytes(), now)
    };
    assert!(matches!(read(&headers, r#"{"test": 2432232314}"#), Err(CallbackError::Unreadable(_))));
    assert_eq!(read(&headers, r#"{"test": 2432232315}"#), Err(CallbackError::Signature));
}

#[test]
fn any_secret_and_any_signature_is_enough() {
    assert!(read(&reader(&[LONG, SECRET]), &headers(SIGNATURE), BODY).is_ok());
    assert!(read(&reader(&[LONG]), &headers(SIGNATURE), BODY).is_err());
    let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert!(signed(&format!("{other} {SIGNATURE}")).is_ok());
    assert!(signed(&format!("v1a,c2ln {SIGNATURE} {other}")).is_ok());
    assert_eq!(signed(other), Err(CallbackError::Signature));
}

#[test]
fn a_signature_that_is_not_of_the_specification_is_refused() {
    let raw = SIGNATURE.strip_prefix("v1,").unwrap();
    let many = vec![SIGNATURE; 17].join(" ");
    let bad = [
        "",
        raw,
        &format!("v2,{raw}"),
        &format!("V1,{raw}"),
        &format!("v1,{}", &raw[..20]),
        &format!("v1,{raw}="),
        &format!(" {SIGNATURE}"),
        &format!("{SIGNATURE}  {SIGNATURE}"),
        // Two headers of this name.
        &format!("{SIGNATURE}, {SIGNATURE}"),
        &format!("{SIGNATURE},{SIGNATURE}"),
        &many,
    ];
    for signature in bad {
        assert_eq!(signed(signature), Err(CallbackError::Signature), "{signature}");
    }
}

#[test]
fn every_part_is_signed_and_none_may_be_missing_or_doubled() {
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut without = headers(SIGNATURE);
        without.remove(name);
        assert_eq!(
            read(&reader(&[SECRET]), &without, BODY),
            Err(CallbackError::Signature),
            "{name}"
        );
        let mut doubled = headers(SIGNATURE);
        doubled.entry(name).and_modify(|value| *value = format!("{value}, {value}"));
        assert_eq!(
            read(&reader(&[SECRET]), &doubled, BODY),
            Err(CallbackError::Signature),
            "{name}"
        );
    }
    for (name, value) in [("webhook-id", "evt_2"), ("webhook-timestamp", "1738108806")] {
        let mut other = headers(SIGNATURE);
        other.insert(name, value.to_owned());
        assert_eq!(read(&reader(&[SECRET]), &other, BODY), Err(CallbackError::Signature), "{name}");
    }
    let body = BODY.replacen("29.99", "29.98", 1);
    assert_eq!(read(&reader(&[SECRET]), &headers(SIGNATURE), &body), Err(CallbackError::Signature));
}

#[test]
fn a_callback_is_fresh_for_five_minutes_either_way() {
    let at = |millis: i64| {
        let headers = headers(SIGNATURE);
        let header = |name: &str| headers.get(name).cloned();
        reader(&[SECRET]).read("main", &header, BODY.as_bytes(), now().plus_millis(millis))
    };
    for millis in [0, 300_000, -300_000] {
        assert!(at(millis).is_ok(), "{millis}");
    }
    for millis in [300_001, -300_001, i64::MAX, i64::MIN] {
        assert_eq!(at(millis), Err(CallbackError::Signature), "{millis}");
    }
}

#[test]
fn a_time_that_was_written_otherwise_is_refused() {
    for time in ["", "+1738108805", " 1738108805", "1738108805.0", "-1", "99999999999999999999"] {
        let mut headers = headers(SIGNATURE);
        headers.insert("webhook-timestamp", time.to_owned());
        assert_eq!(
            read(&reader(&[SECRET]), &headers, BODY),
            Err(CallbackError::Signature),
            "{time}"
        );
    }
}

#[test]
fn another_provider_is_unknown() {
    let headers = headers(SIGNATURE);
    let header = |name: &str| headers.get(name).cloned();
    for name in ["other", "", "MAIN", "\u{0}"] {
        let read = reader(&[SECRET]).read(name, &header, BODY.as_bytes(), now());
        assert_eq!(read, Err(CallbackError::UnknownProvider));
    }
}

#[test]
fn a_secret_has_its_form_and_is_never_shown() {
    let refused =
        |secret: &'static str| WebhookReader::default().provider("main", [secret]).unwrap_err();
    assert_eq!(refused("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), SecretError::Form);
    assert_eq!(refused("whsec_%%%"), SecretError::Form);
    assert_eq!(refused("whsec_c2hvcnQ="), SecretError::Length);
    assert_eq!(refused("whsec_"), SecretError::Length);
    assert_eq!(WebhookReader::default().provider("main", []).unwrap_err(), SecretError::None);
    assert_eq!(WebhookReader::default().provider(" ", [SECRET]).unwrap_err(), SecretError::Name);
    assert_eq!(SecretError::None.code(), "secret.missing");
    let shown = format!("{:?}", reader(&[SECRET]));
    assert!(
        shown.contains("main") && !shown.contains("MfKQ") && !shown.contains("49, 242"),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn nothing_that_was_not_signed_is_read(
        id in ".{0,20}", time in "[0-9+ .-]{0,14}", signature in "(v1,[A-Za-z0-9+/=]{0,50} ?|.{0,5}){0,4}",
        body in ".{0,60}",
    ) {
        let headers: BTreeMap<_, _> =
            [("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)].into();
        prop_assert_eq!(read(&reader(&[SECRET]), &headers, &body), Err(CallbackError::Signature));
    }
}
