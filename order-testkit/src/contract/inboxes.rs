//! The inbox: what payment providers told is kept once, and given to one caller at a time.

use order_core::{
    Label, Timestamp,
    ports::{NoticeFate, NoticeState, PaymentFacts, PaymentNotice},
};

use super::Fixture;
use crate::sample::{pounds, text, time};

const LEASE: i64 = 30_000;

fn at(millis: i64) -> Timestamp {
    time("2025-01-29T12:00:00Z").plus_millis(millis)
}

fn notice(provider: &str, id: &str) -> PaymentNotice {
    let nothing = PaymentFacts::nothing(text("order-1"), text("1"), pounds("0.00"));
    PaymentNotice {
        provider: text(provider),
        id: text(id),
        kind: text("payment.captured"),
        at: at(-1_000),
        facts: PaymentFacts {
            authorized: pounds("9.99"),
            captured: pounds("9.99"),
            reference: Some(text("pi_3Nx")),
            declined: None,
            ..nothing
        },
    }
}

/// A notice is kept as it came, and known when it comes again: by provider and id together.
pub async fn c187_a_notice_is_kept_once(fixture: Fixture) {
    let store = fixture.store;
    assert!(store.receive(&notice("one", "a"), at(0)).await.unwrap());
    assert!(store.receive(&notice("other", "a"), at(1)).await.unwrap());
    let mut changed = notice("one", "a");
    changed.facts.captured = pounds("1.00");
    assert!(!store.receive(&changed, at(2)).await.unwrap());
    let open = store.open_notices(10).await.unwrap();
    assert_eq!(open.len(), 2);
    assert_eq!(open[0].notice, notice("one", "a"));
    let first = (open[0].received_at, open[0].state, open[0].next_at, open[0].tries);
    assert_eq!(first, (at(0), NoticeState::Waiting, Some(at(0)), 0));
    assert_eq!(store.open_notices(1).await.unwrap().len(), 1);
}

/// A new notice is due at once and goes to one caller until its time is up again.
pub async fn c188_a_due_notice_goes_to_one_caller(fixture: Fixture) {
    let store = fixture.store;
    for n in 0..12 {
        store.receive(&notice("one", &format!("n-{n:02}")), at(n)).await.unwrap();
    }
    let claim = |now: i64, limit| store.claim_notices(at(now), at(now + LEASE), limit);
    assert!(claim(-1, 10).await.unwrap().is_empty());
    assert_eq!(claim(0, 10).await.unwrap().len(), 1);
    let claims = futures::future::join_all((0..6).map(|_| claim(20, 3))).await;
    let mut got: Vec<_> = claims.into_iter().flat_map(Result::unwrap).collect();
    got.extend(claim(20, 20).await.unwrap());
    assert!(got.iter().all(|kept| kept.tries == 1));
    let mut ids: Vec<_> = got.iter().map(|kept| kept.notice.id.to_string()).collect();
    ids.sort_unstable();
    let expected: Vec<_> = (1..12).map(|n| format!("n-{n:02}")).collect();
    assert_eq!(ids, expected);
    let again = claim(20 + LEASE, 20).await.unwrap();
    assert_eq!(again.len(), 12);
    assert!(again.iter().all(|kept| kept.tries == 2));
}

/// What is applied is done with and still known; what waits or was refused says why.
pub async fn c189_what_becomes_of_a_notice_is_kept(fixture: Fixture) {
    let store = fixture.store;
    for id in ["applied", "waits", "refused", "given-up"] {
        store.receive(&notice("one", id), at(0)).await.unwrap();
    }
    store.claim_notices(at(0), at(LEASE), 10).await.unwrap();
    let code: Label = text("order.not_found");
    let wait = |at| NoticeFate::Wait { at, code: code.clone() };
    let fates = [
        ("applied", NoticeFate::Applied),
        ("waits", wait(Some(at(5_000)))),
        ("refused", NoticeFate::Refused { code: text("money.overflow") }),
        ("given-up", wait(None)),
    ];
    for (id, fate) in &fates {
        store.settle_notice(&text("one"), &text(id), fate).await.unwrap();
    }
    let open = store.open_notices(10).await.unwrap();
    let mut open: Vec<_> = open
        .iter()
        .map(|kept| {
            let code = kept.code.as_ref().map(ToString::to_string);
            (kept.notice.id.to_string(), kept.state, kept.next_at, code)
        })
        .collect();
    open.sort_by(|one, other| one.0.cmp(&other.0));
    let not_found = || Some(code.to_string());
    let expected = [
        ("given-up".to_owned(), NoticeState::Waiting, None, not_found()),
        ("refused".to_owned(), NoticeState::Refused, None, Some("money.overflow".to_owned())),
        ("waits".to_owned(), NoticeState::Waiting, Some(at(5_000)), not_found()),
    ];
    assert_eq!(open, expected);
    let due = store.claim_notices(at(60_000), at(90_000), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].notice.id.as_str(), "waits");
    assert!(!store.receive(&notice("one", "applied"), at(9)).await.unwrap(), "it is known");
}
