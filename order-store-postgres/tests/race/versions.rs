//! No change of an order is lost.

use order_core::{
    Command, ErrorKind, Meta, OrderService, Orders, Receipt, ServiceError, ports::OrderStore,
    replay,
};
use order_testkit::sample::{expecting, order, pounds, text};

use crate::{health::admin, servers::Pair};

const WRITERS: usize = 64;
/// How often a writer who was told that others were faster comes back.
const RETURNS_MAX: u32 = 10;

fn note(n: usize) -> Command {
    Command::Note { id: text(&format!("note-{n}")), text: format!("note {n}") }
}

/// Half of them write a note, the others capture 0.10.
fn command(n: usize) -> Command {
    if n < WRITERS / 2 {
        return note(n);
    }
    Command::Capture {
        id: Some(text(&format!("payment-{n}"))),
        amount: Some(pounds("0.10")),
        method: Some(text("card")),
        reference: None,
    }
}

/// Carries out a command without an expected version, again after it was outrun too often. Says how
/// often it was.
async fn insist(orders: OrderService, command: Command) -> (Receipt, u32) {
    let mut outrun = 0;
    loop {
        let meta = Meta::default();
        match orders.execute(&admin(), "order-1", command.clone(), meta).await {
            Ok(receipt) => return (receipt, outrun),
            Err(ServiceError::Contended(_)) if outrun < RETURNS_MAX => outrun += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_changes_of_one_order_none_is_lost() {
    let pair = Pair::start().await;
    pair.servers[0].orders.place(&admin(), order(1), Meta::default()).await.unwrap();
    let done = pair.race(WRITERS, |n, server| insist(server.orders.clone(), command(n))).await;
    let mut versions: Vec<_> = done.iter().map(|(receipt, _)| receipt.order.version()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=1 + WRITERS as u64).collect::<Vec<_>>());
    let stored = pair.servers[1].store.load(&text("order-1")).await.unwrap();
    let mut stored_versions: Vec<_> = stored.events.iter().map(|event| event.id.version).collect();
    stored_versions.dedup();
    assert_eq!(stored_versions, (1..=1 + WRITERS as u64).collect::<Vec<_>>());
    let folded = replay(&stored.events, None).unwrap().unwrap();
    let half = WRITERS / 2;
    assert_eq!(folded.captured(), 10 * i64::try_from(WRITERS - half).unwrap());
    let mut notes: Vec<_> = stored.person.notes.iter().map(|note| note.text.clone()).collect();
    notes.sort();
    let mut wanted: Vec<_> = (0..half).map(|n| format!("note {n}")).collect();
    wanted.sort();
    assert_eq!(notes, wanted);
    pair.check_health().await;
    let outrun: u32 = done.iter().map(|(_, outrun)| outrun).sum();
    println!("versions: {WRITERS} writers, none lost, {outrun} came back after being outrun");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_know_one_version_one_is_served() {
    const ROUNDS: u64 = 10;
    let pair = Pair::start().await;
    pair.servers[0].orders.place(&admin(), order(1), Meta::default()).await.unwrap();
    for version in 1..=ROUNDS {
        let answers = pair
            .race(WRITERS, |n, server| {
                let orders = server.orders.clone();
                let command = note(n + WRITERS * usize::try_from(version).unwrap());
                async move { orders.execute(&admin(), "order-1", command, expecting(version)).await }
            })
            .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(error.kind(), ErrorKind::Stale, "{error:?}");
        }
    }
    let stored = pair.servers[1].store.load(&text("order-1")).await.unwrap();
    assert_eq!(stored.events.last().unwrap().id.version, 1 + ROUNDS);
    assert_eq!(stored.person.notes.len() as u64, ROUNDS);
    pair.check_health().await;
}
