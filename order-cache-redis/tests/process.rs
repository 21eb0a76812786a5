//! The layer in the process: what it saves, and that it is never stale.

#[path = "redis/scene.rs"]
mod scene;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use order_cache_redis::{CacheSettings, CachedQueries};
use order_core::ports::OrderQueries;
use order_testkit::Random;
use scene::{Gated, Server, assert_whole};

fn server(gated: &Gated) -> Server {
    Server::over(gated, CachedQueries::new(gated.clone(), &CacheSettings::default()))
}

#[tokio::test]
async fn what_is_still_right_is_given_once_and_asked_for_every_time() {
    let gated = Gated::default();
    let server = server(&gated);
    server.place(1).await;
    let first = server.read("order-1").await;
    for _ in 0..9 {
        let again = server.read("order-1").await;
        assert!(Arc::ptr_eq(&first.order, &again.order), "nothing is made again");
        assert!(Arc::ptr_eq(&first.person, &again.person));
    }
    assert_eq!((gated.documents(), gated.looks()), (1, 10));
}

#[tokio::test]
async fn a_write_by_another_server_is_seen_by_the_next_read() {
    let gated = Gated::default();
    let (first, second) = (server(&gated), server(&gated));
    let id = first.place(1).await;
    for n in 1..20 {
        let version = second.note(&id, n).await;
        for server in [&first, &second, &first] {
            let view = server.read("order-1").await;
            assert_eq!(view.order.version(), version);
            assert_whole(&view);
        }
    }
}

#[tokio::test]
async fn a_slow_fill_that_began_before_a_write_is_not_believed_after_it() {
    let gated = Gated::default();
    let (first, second) = (server(&gated), server(&gated));
    let id = first.place(1).await;
    let mut held_up = gated.hold_up();
    let slow = tokio::spawn({
        let first = first.clone();
        async move { first.read("order-1").await }
    });
    held_up.looked().await;
    let version = second.note(&id, 1).await;
    // The fill of the older version lands after the write was acknowledged.
    held_up.tell();
    assert_eq!(slow.await.unwrap().order.version(), version - 1, "it began before the write");
    for server in [&first, &second] {
        assert_eq!(server.read("order-1").await.order.version(), version);
    }
}

#[tokio::test]
async fn a_slow_fill_does_not_displace_a_newer_version() {
    let gated = Gated::default();
    let server = server(&gated);
    let id = server.place(1).await;
    let mut held_up = gated.hold_up();
    let slow = tokio::spawn({
        let server = server.clone();
        async move { server.read("order-1").await }
    });
    held_up.looked().await;
    server.note(&id, 1).await;
    server.read("order-1").await;
    held_up.tell();
    slow.await.unwrap();
    let before = gated.documents();
    server.read("order-1").await;
    assert_eq!(gated.documents(), before, "the newer version is still kept");
}

#[tokio::test]
async fn a_confirmation_that_is_overtaken_by_a_write_is_of_a_read_that_began_before_it() {
    let gated = Gated::default();
    let server = server(&gated);
    let id = server.place(1).await;
    server.read("order-1").await;
    let mut held_up = gated.hold_up();
    let slow = tokio::spawn({
        let server = server.clone();
        async move { server.read("order-1").await }
    });
    held_up.looked().await;
    let version = server.note(&id, 1).await;
    assert_eq!(server.read("order-1").await.order.version(), version);
    held_up.tell();
    assert_eq!(slow.await.unwrap().order.version(), version - 1);
    assert_eq!(server.read("order-1").await.order.version(), version);
}

#[tokio::test]
async fn what_is_not_there_is_not_kept() {
    let gated = Gated::default();
    let server = server(&gated);
    assert_eq!(server.cache.find("order-1").await.unwrap(), None);
    assert_eq!(server.cache.find(&"x".repeat(10_000)).await.unwrap(), None);
    server.place(1).await;
    assert!(server.cache.find("order-1").await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_gone_is_neither_given_nor_kept() {
    let gated = Gated::default();
    let server = server(&gated);
    server.place(1).await;
    server.read("order-1").await;
    gated.lose(true);
    for _ in 0..2 {
        assert_eq!(server.cache.find("order-1").await.unwrap(), None);
    }
    gated.lose(false);
    let before = gated.documents();
    server.read("order-1").await;
    assert_eq!(gated.documents(), before + 1, "it was forgotten");
}

#[tokio::test]
async fn no_more_is_kept_than_was_said_and_not_for_longer() {
    let gated = Gated::default();
    let small = CacheSettings { bytes_max: 20_000, ..CacheSettings::default() };
    let none = CacheSettings { bytes_max: 0, ..small };
    let brief = CacheSettings { ttl: Duration::from_millis(30), ..CacheSettings::default() };
    let servers =
        [small, none, brief].map(|it| Server::over(&gated, CachedQueries::new(gated.clone(), &it)));
    for n in 1..=100 {
        servers[0].place(n).await;
    }
    let reads = async |server: &Server| {
        let before = gated.documents();
        for n in 1..=100 {
            server.read(&format!("order-{n}")).await;
        }
        gated.documents() - before
    };
    let [small, none, brief] = &servers;
    reads(small).await;
    let again = reads(small).await;
    assert!((60..100).contains(&again), "{again} of a hundred were not kept");
    reads(none).await;
    assert_eq!(reads(none).await, 100);
    reads(brief).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(reads(brief).await, 100);
}

#[test]
fn hits_and_misses_are_counted() {
    let recorder = DebuggingRecorder::new();
    let seen = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let gated = Gated::default();
            let server = server(&gated);
            let id = server.place(1).await;
            for _ in 0..3 {
                server.read("order-1").await;
            }
            server.note(&id, 1).await;
            server.read("order-1").await;
        });
    });
    let counted = seen.snapshot().into_vec();
    let count = |name: &str| {
        let found = counted.iter().find(|(key, ..)| key.key().name() == name);
        match found.map(|(key, _, _, value)| (key.key().labels().next().unwrap().value(), value)) {
            Some(("process", DebugValue::Counter(count))) => *count,
            other => panic!("{name}: {other:?}"),
        }
    };
    assert_eq!(count("order_cache_hits_total"), 2);
    assert_eq!(count("order_cache_misses_total"), 2);
    assert_eq!(count("order_cache_errors_total"), 0);
}

/// Two servers write and read a few orders at once; whoever reads sees what was acknowledged before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_after_an_acknowledged_write_shows_an_older_version() {
    const ORDERS: usize = 4;
    const WRITES: u64 = 200;
    let seed = scene::seed();
    let gated = Gated::default();
    let small = CacheSettings { bytes_max: 6_000, ttl: Duration::from_millis(20) };
    let servers = [small, CacheSettings::default()]
        .map(|it| Server::over(&gated, CachedQueries::new(gated.clone(), &it)));
    for n in 1..=ORDERS {
        servers[0].place(u32::try_from(n).unwrap()).await;
    }
    let acknowledged: Arc<[AtomicU64; ORDERS]> = Arc::new(std::array::from_fn(|_| 1.into()));
    let tasks = (0..8_u64).map(|task| {
        let server = servers[usize::from(task % 2 == 1)].clone();
        let acknowledged = Arc::clone(&acknowledged);
        tokio::spawn(async move {
            let mut random = Random::seeded(seed ^ task);
            for n in 0..WRITES {
                let order = usize::try_from(random.below(ORDERS as u64)).unwrap();
                let reference = format!("order-{}", order + 1);
                if random.once_in(4) {
                    let id = reference.as_str().try_into().unwrap();
                    let version = server.note(&id, task * WRITES + n).await;
                    acknowledged[order].fetch_max(version, Ordering::SeqCst);
                }
                let least = acknowledged[order].load(Ordering::SeqCst);
                let view = server.read(&reference).await;
                assert!(view.order.version() >= least, "{reference} was {least} already");
                assert_whole(&view);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}
