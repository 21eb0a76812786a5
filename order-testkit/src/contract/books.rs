//! What belongs in the books but is no order.

use order_core::{Currency, ErrorKind, Money, Orders, Principal, RefusedRow, Timestamp};

use super::{Fixture, World};
use crate::sample::{credit_note, refused_row, text, time};

/// A credit note comes back with every part, and with none of those it may lack.
pub async fn c122_a_credit_note_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let mut full = credit_note("C 🧾 'full' %", 1_250);
    full.customer_id = Some(text("cust-1"));
    full.country = Some(text("Côte d'Ivoire"));
    full.reason = Some(text("Manual\n\tadjustment"));
    full.issued_at = Timestamp::MIN;
    let mut second = full.lines[0].clone();
    second.quantity = 1;
    second.unit_price = Money::new(-i64::MAX + 5_000, Currency::GBP);
    full.total = Money::new(-i64::MAX + 3_750, Currency::GBP);
    full.lines.push(second);
    assert!(full.is_sound().unwrap());
    let plain = credit_note("D", 0);
    for note in [&full, &plain] {
        assert!(world.store.issue(note).await.unwrap());
    }
    assert_eq!(world.store.credit_notes(None, 10).await.unwrap(), [full, plain]);
}

/// `Books` clause 1: a credit note of a known id is not new, and what is kept stays as it is.
pub async fn c123_a_credit_note_is_issued_once(fixture: Fixture) {
    let world = World::over(fixture);
    let first = credit_note("C1", 100);
    assert!(world.store.issue(&first).await.unwrap());
    assert!(!world.store.issue(&first).await.unwrap());
    assert!(!world.store.issue(&credit_note("C1", 999)).await.unwrap());
    assert!(world.store.issue(&credit_note("c1", 200)).await.unwrap());
    let kept = world.store.credit_notes(None, 10).await.unwrap();
    assert_eq!(kept, [first, credit_note("c1", 200)]);
}

/// `Books` clause 1: of many who issue one credit note at once one hears that it is new.
pub async fn c124_one_of_many_issues_a_credit_note(fixture: Fixture) {
    let world = World::over(fixture);
    let results = world
        .race((0..20).map(|n| {
            let store = world.store.clone();
            async move { store.issue(&credit_note("C", 100 + n)).await.unwrap() }
        }))
        .await;
    assert_eq!(results.iter().filter(|new| **new).count(), 1);
    let winner = i64::try_from(results.iter().position(|new| *new).unwrap()).unwrap();
    let kept = world.store.credit_notes(None, 10).await.unwrap();
    assert_eq!(kept, [credit_note("C", 100 + winner)]);
}

/// Credit notes are listed by id, after one, as many as were asked for.
pub async fn c125_credit_notes_are_listed_by_id(fixture: Fixture) {
    let world = World::over(fixture);
    assert!(world.store.credit_notes(None, 10).await.unwrap().is_empty());
    for id in ["c", "a", "é", "B", "b"] {
        world.store.issue(&credit_note(id, 1)).await.unwrap();
    }
    let page = |after: Option<&'static str>, limit| {
        let store = world.store.clone();
        async move {
            let after = after.map(text);
            let notes = store.credit_notes(after.as_ref(), limit).await.unwrap();
            notes.into_iter().map(|note| note.id.to_string()).collect::<Vec<_>>()
        }
    };
    assert_eq!(page(None, 10).await, ["B", "a", "b", "c", "é"]);
    assert_eq!(page(None, 2).await, ["B", "a"]);
    assert_eq!(page(Some("a"), 2).await, ["b", "c"]);
    assert_eq!(page(Some("aa"), 1).await, ["b"]);
    assert_eq!(page(Some("é"), 5).await, [""; 0]);
}

/// A refused row comes back with every part, and with none of those it may lack.
pub async fn c126_a_refused_row_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let full = RefusedRow {
        number: Some("C489449 'x' 🧾".to_owned()),
        code: "row.odd".to_owned(),
        detail: "price \"-11062.06\" is negative\n".to_owned(),
        at: Some(time("2011-08-12T14:51:00.123Z")),
        country: Some("United Kingdom".to_owned()),
        currency: Some(Currency::GBP),
        quantity: Some(i64::MIN),
        amount: Some("-11062.0600001".to_owned()),
        ..refused_row("sales.csv", 1)
    };
    let plain = refused_row("sales.csv", u64::from(u32::MAX) + 1);
    world.store.refuse(&[full.clone(), plain.clone()]).await.unwrap();
    assert_eq!(world.store.refused().await.unwrap(), [full, plain]);
}

/// `Books` clause 2: a row of the same source and line replaces what was kept of it.
pub async fn c127_a_refused_row_replaces_itself(fixture: Fixture) {
    let world = World::over(fixture);
    let with = |source, line, detail: &str| RefusedRow {
        detail: detail.to_owned(),
        ..refused_row(source, line)
    };
    world.store.refuse(&[]).await.unwrap();
    assert!(world.store.refused().await.unwrap().is_empty());
    world.store.refuse(&[with("a", 1, "old"), with("a", 2, "kept")]).await.unwrap();
    world.store.refuse(&[with("b", 1, "other"), with("a", 1, "new")]).await.unwrap();
    let expected = [with("a", 1, "new"), with("a", 2, "kept"), with("b", 1, "other")];
    assert_eq!(world.store.refused().await.unwrap(), expected);
}

/// Refused rows are listed by source and line, lines as numbers.
pub async fn c128_refused_rows_are_listed_by_source_and_line(fixture: Fixture) {
    let world = World::over(fixture);
    let rows: Vec<_> =
        [("b", 2), ("a", 10), ("a", 9), ("B", 1)].map(|(s, n)| refused_row(s, n)).into();
    world.store.refuse(&rows).await.unwrap();
    let many: Vec<_> = (1..=1_000).map(|line| refused_row("many", line)).collect();
    world.store.refuse(&many).await.unwrap();
    let kept = world.store.refused().await.unwrap();
    let places: Vec<_> = kept.iter().map(|row| (row.source.as_str(), row.line)).collect();
    assert_eq!(places[..4], [("B", 1), ("a", 9), ("a", 10), ("b", 2)]);
    assert_eq!(kept[4..], many);
}

/// The books are not for customers.
pub async fn c129_the_books_are_not_for_customers(fixture: Fixture) {
    let world = World::over(fixture);
    let customer = Principal::customer(text("c"));
    let refusals = [
        world.orders.credit_notes(&customer, None, 10).await.err(),
        world.orders.refused_rows(&customer).await.err(),
        world.orders.report(&customer, order_core::ports::StatsQuery::default()).await.err(),
        world.orders.verify(&customer, None, 10).await.err(),
        world.orders.doctor(&customer).await.err(),
    ];
    for refused in refusals {
        assert_eq!(refused.map(|error| error.kind()), Some(ErrorKind::Forbidden));
    }
}
