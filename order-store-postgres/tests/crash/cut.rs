//! The process dies before and after every statement of every command.

use std::time::Duration;

use order_core::ErrorKind;
use tokio::time::timeout;

use crate::{
    commands::{Deed, Process, Seen},
    health::check_health,
    proxy::{Proxy, SIDES, Side},
    server::{fresh_schema, server},
};

/// No command has more statements.
const STATEMENTS_MAX: u64 = 60;
/// No call to a process that dies takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is seen before a deed and after it.
struct Ends {
    before: Seen,
    after: Seen,
}

/// Lets a process do something and die at the n-th statement, if it comes to it. Then a new one sees
/// whether it was done, and does it again. Says whether it was done and nobody had heard of it; none
/// if the first one lived.
async fn die_at(deed: Deed, schema: &str, side: Side, n: u64, ends: &Ends) -> Option<bool> {
    let id = format!("{side:?}-{n:02}").to_lowercase();
    let proxy = Proxy::to(server().port(), side);
    let dying = Process::start(&proxy.url(), schema).await;
    let next = Process::start(&server().url(), schema).await;
    deed.prepare(&next, &id).await;
    assert_eq!(next.see(&id).await, ends.before);
    proxy.cut_at(n);
    let answer = timeout(PATIENCE, deed.act(&dying, &id)).await.expect("a call comes to an end");
    let has_died = proxy.is_cut();
    drop((dying, proxy));
    let seen = next.see(&id).await;
    let is_done = seen == ends.after;
    assert!(is_done || seen == ends.before, "{side:?} {n}: it is done by half: {seen:?}");
    let is_unheard_of = is_done && answer.is_err();
    match answer {
        Ok(replayed) => assert!(is_done && !replayed, "{side:?} {n}: it was acknowledged"),
        Err(kind) => assert_eq!(kind, ErrorKind::Unavailable, "{side:?} {n}"),
    }
    if deed.has_key() {
        for done_before in [is_done, true] {
            assert_eq!(deed.act(&next, &id).await, Ok(done_before), "{side:?} {n}");
            assert_eq!(next.see(&id).await, ends.after, "{side:?} {n}");
        }
    }
    check_health(&next.orders).await;
    next.end().await;
    has_died.then_some(is_unheard_of)
}

async fn die_everywhere(deed: Deed) {
    let schema = fresh_schema();
    let first = Process::start(&server().url(), &schema).await;
    first.create_invoices().await;
    deed.prepare(&first, "reference").await;
    let before = first.see("reference").await;
    assert_eq!(deed.act(&first, "reference").await, Ok(false));
    let ends = Ends { before, after: first.see("reference").await };
    assert_ne!(ends.before, ends.after);
    first.end().await;
    for side in SIDES {
        let (mut n, mut unheard_of) = (1, 0);
        while let Some(is_unheard_of) = die_at(deed, &schema, side, n, &ends).await {
            unheard_of += u32::from(is_unheard_of);
            n += 1;
            assert!(n < STATEMENTS_MAX, "it comes to an end");
        }
        println!(
            "{deed:?}: died {side:?} each of {} statements, done unheard of {unheard_of} times",
            n - 1
        );
        // There is one statement that does it, and only its answer can be lost.
        assert_eq!(unheard_of, u32::from(side == Side::After));
    }
}

macro_rules! deaths {
    ($($name:ident: $deed:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                die_everywhere(Deed::$deed).await;
            }
        )+
    };
}

deaths! {
    placing: Place,
    placing_with_a_key: PlaceWithKey,
    placing_with_a_row_of_the_host: PlaceWithHost,
    editing: Edit,
    shipping: Ship,
    delivering: Deliver,
    capturing: Capture,
    refunding: Refund,
    asking_to_return: RequestReturn,
    taking_back: ReceiveReturn,
    cancelling: Cancel,
    noting: Note,
    changing_a_stock: ChangeStock,
    adding_a_product: AddProduct,
    changing_a_product: ChangeProduct,
}
