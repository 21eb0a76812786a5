//! Redis is away, hung, slow, or cut off: reads are right and in time all the same.

use std::time::{Duration, Instant};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use order_testkit::{Cable, redis::Redis};

use crate::{
    bare, redis_at,
    scene::{Gated, Server},
    until,
};

/// So long no read may take, on a machine that is busy with other tests.
const SOON: Duration = Duration::from_millis(500);

async fn timed(server: &Server) -> Duration {
    let begun = Instant::now();
    server.read("order-1").await;
    begun.elapsed()
}

/// Waits until Redis serves reads.
async fn until_it_helps(gated: &Gated, server: &Server) {
    until("help", async || {
        let before = gated.documents();
        server.read("order-1").await;
        gated.documents() == before
    })
    .await;
}

#[tokio::test]
async fn a_server_begins_and_serves_while_redis_is_away_and_uses_it_when_it_comes() {
    let mut redis = Redis::start().unwrap();
    redis.kill();
    let gated = Gated::default();
    let server = bare(&gated, &redis_at(redis.port()));
    server.place(1).await;
    for _ in 0..20 {
        assert!(timed(&server).await < SOON);
    }
    redis.restart().unwrap();
    until_it_helps(&gated, &server).await;
}

#[tokio::test]
async fn a_redis_that_hangs_costs_little_and_soon_nothing() {
    let redis = Redis::start().unwrap();
    let gated = Gated::default();
    let server = bare(&gated, &redis_at(redis.port()).timeout(Duration::from_millis(50)));
    server.place(1).await;
    until_it_helps(&gated, &server).await;
    redis.pause();
    let first = timed(&server).await;
    assert!((Duration::from_millis(40)..SOON).contains(&first), "{first:?}");
    for _ in 0..6 {
        assert!(timed(&server).await < SOON);
    }
    // The circuit is open: five reads in less than one time-out.
    let begun = Instant::now();
    for _ in 0..5 {
        timed(&server).await;
    }
    assert!(begun.elapsed() < Duration::from_millis(45), "{:?}", begun.elapsed());
    redis.resume();
    until_it_helps(&gated, &server).await;
}

#[tokio::test]
async fn a_connection_that_is_cut_is_made_anew() {
    let redis = Redis::start().unwrap();
    let cable = Cable::to(redis.port()).unwrap();
    let gated = Gated::default();
    let server = bare(&gated, &redis_at(cable.port()));
    let id = server.place(1).await;
    until_it_helps(&gated, &server).await;
    for n in 1..5 {
        cable.cut_after(10);
        let version = server.note(&id, n).await;
        assert_eq!(server.read("order-1").await.order.version(), version);
        until_it_helps(&gated, &server).await;
    }
}

#[tokio::test]
async fn answers_that_are_lost_and_mixed_up_make_no_read_wrong() {
    let redis = Redis::start().unwrap();
    let cable = Cable::to(redis.port()).unwrap();
    let gated = Gated::default();
    let server = bare(&gated, &redis_at(cable.port()));
    for n in 1..=3 {
        server.place(n).await;
    }
    for round in 0..60_u64 {
        cable.lose_answers(round % 5 == 0);
        for n in 1..=3 {
            let reference = format!("order-{n}");
            assert_eq!(server.read(&reference).await.order.id().as_str(), reference);
        }
    }
}

#[test]
fn failures_are_counted() {
    let recorder = DebuggingRecorder::new();
    let seen = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let mut redis = Redis::start().unwrap();
            let gated = Gated::default();
            let server = bare(&gated, &redis_at(redis.port()));
            server.place(1).await;
            until_it_helps(&gated, &server).await;
            redis.kill();
            server.read("order-1").await;
        });
    });
    let counted = seen.snapshot().into_vec();
    let of_redis = |name: &str| {
        let found = counted.iter().find(|(key, ..)| {
            key.key().name() == name && key.key().labels().any(|label| label.value() == "redis")
        });
        matches!(found, Some((_, _, _, DebugValue::Counter(1..))))
    };
    assert!(of_redis("order_cache_hits_total"));
    assert!(of_redis("order_cache_misses_total"));
    assert!(of_redis("order_cache_errors_total"));
}
