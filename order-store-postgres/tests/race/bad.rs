//! Of a burst of commits the bad ones fail, each for its own reason, and nobody else.

use order_core::{
    Meta, NewOrder,
    ports::{Commit, OrderQueries, OrderStore, StoreError},
};
use order_testkit::{
    contract::Author,
    sample::{full_order, keyed, order, order_of, product, text, units},
};

use sqlx::{Connection, PgConnection};

use crate::{
    servers::{Pair, Server},
    support::url,
};

const BURST: u32 = 200;
const BAD_OF_A_KIND: u32 = 10;
const SCARCE: i64 = 3;
const CURSED: &str = "cursed";

/// What is to become of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lands,
    /// One of these lands as long as there are units.
    LandsOrSoldOut,
    Conflicts,
    FindsItsKeyTaken,
    FindsItsNumberTaken,
    BreaksACheck,
}

/// Refuses the events of one order, when the states of the whole batch are written already.
async fn curse(pair: &Pair) {
    let mut connection = PgConnection::connect(&url()).await.unwrap();
    for part in [
        "CREATE FUNCTION order_store.curse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF NEW.order_id = 'cursed' THEN RAISE EXCEPTION 'cursed' USING ERRCODE = 'check_violation'; \
         END IF; RETURN NEW; END $$",
        "CREATE TRIGGER curse BEFORE INSERT ON order_store.order_event \
         FOR EACH ROW EXECUTE FUNCTION order_store.curse()",
    ] {
        sqlx::query(pair.schema.sql(part)).execute(&mut connection).await.unwrap();
    }
}

fn present(round: u32, n: u32) -> NewOrder {
    let id = format!("present-{round}-{n}");
    NewOrder { id: Some(text(&id)), number: Some(text(&format!("no-{id}"))), ..order(n) }
}

/// Orders that are there before the burst, each with a key.
async fn prepare(pair: &Pair, author: &Author, round: u32) {
    for n in 0..BAD_OF_A_KIND {
        let meta = keyed(&format!("key-{round}-{n}"));
        let commit = author.would_place(present(round, n), meta).await;
        pair.servers[0].store.commit(&commit).await.unwrap();
    }
}

/// Good ones and bad ones, mixed.
async fn burst(author: &Author, round: u32) -> Vec<(Commit, Fate)> {
    let mut burst = Vec::new();
    for n in 0..BURST {
        let id = format!("new-{round}-{n}");
        let good = NewOrder { id: Some(text(&id)), number: None, ..full_order(n) };
        // Twenty at a time, so that kinds mix.
        let (kind, of_kind) = (n % (BURST / BAD_OF_A_KIND), n / (BURST / BAD_OF_A_KIND));
        let taken = present(round, of_kind);
        let (order, meta, fate) = match kind {
            3 => (taken, Meta::default(), Fate::Conflicts),
            7 => (order_of(&id, vec![units("scarce", 1)]), Meta::default(), Fate::LandsOrSoldOut),
            11 => (good, keyed(&format!("key-{round}-{of_kind}")), Fate::FindsItsKeyTaken),
            13 => (
                NewOrder { number: taken.number, ..good },
                Meta::default(),
                Fate::FindsItsNumberTaken,
            ),
            17 if of_kind == 5 => {
                (NewOrder { id: Some(text(CURSED)), ..good }, Meta::default(), Fate::BreaksACheck)
            }
            _ => (good, keyed(&format!("good-{round}-{n}")), Fate::Lands),
        };
        burst.push((author.would_place(order, meta).await, fate));
    }
    burst
}

/// Commits all at once and says how many lacked stock.
async fn check_burst(
    pair: &Pair,
    burst: &[(Commit, Fate)],
    server: impl Fn(usize) -> usize,
) -> usize {
    let servers = &pair.servers;
    let commit = |(n, (commit, _)): (usize, &(Commit, Fate))| {
        let Server { store, .. } = &servers[server(n)];
        let (store, commit) = (store.clone(), commit.clone());
        servers[server(n)].spawn(async move { store.commit(&commit).await })
    };
    let tasks: Vec<_> = burst.iter().enumerate().map(commit).collect();
    let mut sold_out = 0;
    for ((commit, fate), task) in burst.iter().zip(tasks) {
        let done = task.await.unwrap();
        let id = commit.order_id();
        match (fate, &done) {
            (Fate::Lands | Fate::LandsOrSoldOut, Ok(())) => {
                let view = servers[0].store.find(id.as_str()).await.unwrap().unwrap();
                assert_eq!(view.order, *commit.order());
            }
            (Fate::LandsOrSoldOut, Err(StoreError::InsufficientStock { .. })) => sold_out += 1,
            (Fate::Conflicts, Err(StoreError::Conflict))
            | (Fate::FindsItsKeyTaken, Err(StoreError::KeyTaken))
            | (Fate::FindsItsNumberTaken, Err(StoreError::NumberTaken))
            | (Fate::BreaksACheck, Err(StoreError::Corrupt(_))) => {}
            _ => panic!("{id}: {fate:?} but {done:?}"),
        }
        if done.is_err() && *fate != Fate::Conflicts {
            assert_eq!(servers[1].store.find(id.as_str()).await.unwrap(), None, "{id}");
        }
    }
    sold_out
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_ones_fail_alone() {
    let (pair, author) = (Pair::start().await, Author::default());
    curse(&pair).await;
    author.sell(product("scarce", Some(1_000_000))).await;
    pair.sell(product("scarce", Some(SCARCE))).await;
    // One server alone, then both.
    for round in 0..4 {
        prepare(&pair, &author, round).await;
        let burst = burst(&author, round).await;
        let sold_out = check_burst(&pair, &burst, |n| if round < 2 { 0 } else { n % 2 }).await;
        let landed = usize::try_from(if round == 0 { SCARCE } else { 0 }).unwrap();
        assert_eq!(sold_out, BAD_OF_A_KIND as usize - landed);
        assert_eq!(pair.stock("scarce").await, 0);
    }
    // Those that were there, and those that are neither bad nor sold out.
    let landed = 4 * (BAD_OF_A_KIND + BURST - 4 * BAD_OF_A_KIND - 1);
    let orders = i64::from(landed) + SCARCE;
    assert_eq!(i64::try_from(pair.check_health().await).unwrap(), orders);
    println!("bad ones: 4 bursts of {BURST}, {orders} orders landed");
}
