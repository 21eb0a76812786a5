//! Of many who begin one order, or give one number, one does.

use order_core::{
    Meta, NewOrder,
    ports::{Commit, OrderQueries, OrderStore, StoreError},
};
use order_testkit::{
    contract::Author,
    sample::{order, text},
};

use crate::servers::Pair;

const ROUNDS: u32 = 60;
const RIVALS: u32 = 8;

/// Order `id` with a number.
fn called(round: u32, id: &str, number: &str) -> NewOrder {
    NewOrder { id: Some(text(id)), number: Some(text(number)), ..order(round) }
}

/// Commits all at the same time. One lands; gives it and how the others failed.
async fn race(pair: &Pair, commits: Vec<Commit>) -> (Commit, Vec<StoreError>) {
    let done = pair
        .race(commits.len(), |n, server| {
            let (store, commit) = (server.store.clone(), commits[n].clone());
            async move { store.commit(&commit).await }
        })
        .await;
    let (mut landed, mut failed) = (Vec::new(), Vec::new());
    for (commit, done) in commits.into_iter().zip(done) {
        match done {
            Ok(()) => landed.push(commit),
            Err(error) => failed.push(error),
        }
    }
    assert_eq!(landed.len(), 1, "{failed:?}");
    (landed.remove(0), failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_begin_one_order_one_does() {
    let (pair, author) = (Pair::start().await, Author::default());
    for round in 0..ROUNDS {
        let id = format!("order-{round}");
        let mut commits = Vec::new();
        for rival in 0..RIVALS {
            // Some agree on the number as well, some do not.
            let number = format!("no-{round}-{}", rival / 2);
            let order = called(round, &id, &number);
            commits.push(author.would_place(order, Meta::default()).await);
        }
        let (landed, failed) = race(&pair, commits).await;
        for error in failed {
            assert!(matches!(error, StoreError::Conflict), "{error:?}");
        }
        let view = pair.servers[0].store.find(&id).await.unwrap().unwrap();
        assert_eq!(view.order, *landed.order());
        let by_number = pair.servers[1].store.find(landed.order().number().as_str()).await.unwrap();
        assert_eq!(by_number.unwrap().order, *landed.order());
    }
    assert_eq!(pair.check_health().await, u64::from(ROUNDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_give_one_number_one_does() {
    let (pair, author) = (Pair::start().await, Author::default());
    for round in 0..ROUNDS {
        let number = format!("no-{round}");
        let mut commits = Vec::new();
        for rival in 0..RIVALS {
            let order = called(round, &format!("order-{round}-{rival}"), &number);
            commits.push(author.would_place(order, Meta::default()).await);
        }
        let (landed, failed) = race(&pair, commits).await;
        for error in failed {
            assert!(matches!(error, StoreError::NumberTaken), "{error:?}");
        }
        let view = pair.servers[0].store.find(&number).await.unwrap().unwrap();
        assert_eq!(view.order, *landed.order());
    }
    assert_eq!(pair.check_health().await, u64::from(ROUNDS));
}
