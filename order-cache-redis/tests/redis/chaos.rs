//! Two servers over one store and one Redis write and read, while everything happens to Redis that can.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use order_cache_redis::{CacheSettings, CachedQueries};
use order_testkit::{Cable, Random, redis::Redis};

use crate::{
    redis_at,
    scene::{Gated, Server, assert_whole, seed},
};

const ORDERS: usize = 5;
const TASKS: u64 = 8;
const STEPS: u64 = 400;

/// The greatest version of each order that somebody was told of.
type Acknowledged = Arc<[AtomicU64; ORDERS]>;

/// Until all is done, one trouble after the other.
fn trouble(mut redis: Redis, cables: &[Cable; 2], mut random: Random, done: &AtomicBool) {
    while !done.load(Ordering::SeqCst) {
        let cable = &cables[usize::try_from(random.below(2)).unwrap()];
        match random.below(7) {
            0 => redis.flush(),
            1 => {
                redis.kill();
                std::thread::sleep(Duration::from_millis(random.below(30)));
                redis.restart().unwrap();
            }
            2 => {
                redis.pause();
                std::thread::sleep(Duration::from_millis(random.below(60)));
                redis.resume();
            }
            // One server only is cut off.
            3 => cable.cut_after(u32::try_from(random.below(2_000)).unwrap()),
            4 => {
                cable.lose_answers(true);
                std::thread::sleep(Duration::from_millis(random.below(20)));
                cable.lose_answers(false);
            }
            // It evicts what it likes.
            5 => drop(redis.ask(&["CONFIG", "SET", "maxmemory", "1"])),
            _ => drop(redis.ask(&["CONFIG", "SET", "maxmemory", "0"])),
        }
        std::thread::sleep(Duration::from_millis(random.below(20)));
    }
}

async fn work(server: Server, mut random: Random, task: u64, acknowledged: Acknowledged) {
    for step in 0..STEPS {
        let order = usize::try_from(random.below(ORDERS as u64)).unwrap();
        let reference = format!("order-{}", order + 1);
        if random.once_in(4) {
            let id = reference.as_str().try_into().unwrap();
            let version = server.note(&id, task * STEPS + step).await;
            acknowledged[order].fetch_max(version, Ordering::SeqCst);
        }
        let least = acknowledged[order].load(Ordering::SeqCst);
        let view = server.read(&reference).await;
        let version = view.order.version();
        assert!(version >= least, "{reference}: version {least} was acknowledged, {version} read");
        assert_eq!(view.order.id().as_str(), reference);
        assert_whole(&view);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_read_after_an_acknowledged_write_shows_an_older_version() {
    let seed = seed();
    let redis = Redis::start().unwrap();
    redis.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]).unwrap();
    let cables = [0, 1].map(|_| Cable::to(redis.port()).unwrap());
    let gated = Gated::default();
    // One has almost no room in the process and keeps nothing for long.
    let small = CacheSettings { bytes_max: 4_000, ttl: Duration::from_millis(15) };
    let settings = [small, CacheSettings::default()];
    let servers = [0, 1].map(|at| {
        let cache = CachedQueries::new(gated.clone(), &settings[at]);
        Server::over(&gated, cache.with_redis(&redis_at(cables[at].port())).unwrap())
    });
    for n in 1..=ORDERS {
        servers[0].place(u32::try_from(n).unwrap()).await;
    }
    let acknowledged: Acknowledged = Arc::new(std::array::from_fn(|_| 1.into()));
    let done = Arc::new(AtomicBool::new(false));
    let troubled = std::thread::spawn({
        let done = Arc::clone(&done);
        move || trouble(redis, &cables, Random::seeded(seed), &done)
    });
    let tasks = (0..TASKS).map(|task| {
        let server = servers[usize::from(task % 2 == 1)].clone();
        let random = Random::seeded(seed.wrapping_add(task));
        tokio::spawn(work(server, random, task, Arc::clone(&acknowledged)))
    });
    let results = futures::future::join_all(tasks.collect::<Vec<_>>()).await;
    done.store(true, Ordering::SeqCst);
    troubled.join().expect("the troubles end");
    for result in results {
        result.expect("a read was stale");
    }
}
