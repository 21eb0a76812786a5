//! What is in Redis, and how it is used.

use std::{sync::Arc, time::Duration};

use order_cache_redis::{CacheSettings, RedisSettings};
use order_core::ports::OrderQueries;
use order_testkit::{SharedStore, contract::Fixture, redis::Redis};

use crate::{
    bare, patient,
    scene::{Gated, Server, assert_whole},
    server, until,
};

async fn fresh() -> Fixture {
    let redis = Redis::start().expect("Redis is installed");
    let gated = Gated::default();
    let none = CacheSettings { bytes_max: 0, ..CacheSettings::default() };
    let cached = server(&gated, &patient(redis.port()), none).cache;
    let store = SharedStore::new(Arc::new(gated.store.clone())).with_queries(Arc::new(cached));
    Fixture::new(store).keeping(redis)
}

order_testkit::contract_clauses! { fresh;
    histories {
        c15_every_kind_of_event_comes_back_exactly
        c16_the_state_that_serves_reads_follows_from_the_history
        c17_every_version_can_be_seen_as_it_was
        c19_personal_data_comes_back_exactly
        c20_a_change_of_personal_data_is_seen_everywhere
        c22_texts_of_every_kind_come_back_exactly
        c23_the_longest_texts_come_back_exactly
        c24_amounts_come_back_to_the_last_unit
        c27_an_order_of_1200_lines_comes_back_whole
    }
    references {
        c107_an_order_is_found_by_id_or_number
        c108_an_id_beats_a_number
        c109_any_text_can_be_asked_for
        c110_a_command_reaches_an_order_by_its_number
        c111_another_customers_order_is_not_there
        c112_an_id_that_is_taken_cannot_be_taken_over
    }
}

/// Waits until the order is in Redis; under which key.
async fn kept(redis: &Redis, reference: &str) -> String {
    let key = format!("order:{}:shop:{reference}", env!("CARGO_PKG_VERSION"));
    until("the order in Redis", async || redis.ask(&["EXISTS", &key]).unwrap() == ":1").await;
    key
}

/// How many orders the store gives whole for one read.
async fn documents(gated: &Gated, server: &Server) -> u64 {
    let before = gated.documents();
    assert_whole(&server.read("order-1").await);
    gated.documents() - before
}

#[tokio::test]
async fn what_one_server_has_read_the_other_need_not() {
    let redis = Redis::start().unwrap();
    let gated = Gated::default();
    let servers = [0, 1].map(|_| bare(&gated, &patient(redis.port())));
    let id = servers[0].place(1).await;
    assert_eq!(documents(&gated, &servers[0]).await, 1);
    kept(&redis, "order-1").await;
    assert_eq!(documents(&gated, &servers[1]).await, 0);
    let version = servers[1].note(&id, 1).await;
    assert_eq!(servers[0].read("order-1").await.order.version(), version);
    until("the new version", async || documents(&gated, &servers[1]).await == 0).await;
    assert_eq!(servers[1].read("order-1").await.order.version(), version);
}

#[tokio::test]
async fn what_is_gone_is_not_given_from_redis() {
    let redis = Redis::start().unwrap();
    let gated = Gated::default();
    let server = bare(&gated, &patient(redis.port()));
    server.place(1).await;
    server.read("order-1").await;
    kept(&redis, "order-1").await;
    gated.lose(true);
    assert_eq!(server.cache.find("order-1").await.unwrap(), None);
}

#[tokio::test]
async fn it_is_kept_for_as_long_as_was_said() {
    let redis = Redis::start().unwrap();
    let gated = Gated::default();
    let ttl = Duration::from_millis(900);
    let brief = CacheSettings { bytes_max: 0, ttl };
    let server = server(&gated, &patient(redis.port()), brief);
    server.place(1).await;
    server.read("order-1").await;
    let key = kept(&redis, "order-1").await;
    let left = redis.ask(&["PTTL", &key]).unwrap();
    let left_ms: i64 = left.trim_start_matches(':').parse().unwrap();
    assert!((0..=900).contains(&left_ms), "{left}");
    until("the end", async || redis.ask(&["EXISTS", &key]).unwrap() == ":0").await;
    assert_eq!(documents(&gated, &server).await, 1);
}

#[tokio::test]
async fn what_somebody_else_put_there_is_not_believed() {
    let redis = Redis::start().unwrap();
    let gated = Gated::default();
    let server = bare(&gated, &patient(redis.port()));
    server.place(1).await;
    server.place(2).await;
    server.read("order-1").await;
    server.read("order-2").await;
    let (first, second) = (kept(&redis, "order-1").await, kept(&redis, "order-2").await);
    for junk in
        ["", "{", "null", "[]", r#"{"stamp":{"order_id":"order-1","version":1,"writing":0}}"#]
    {
        redis.ask(&["SET", &first, junk]).unwrap();
        assert_eq!(documents(&gated, &server).await, 1, "{junk}");
    }
    // Another order under this one's name.
    redis.ask(&["COPY", &second, &first, "REPLACE"]).unwrap();
    assert_eq!(server.read("order-1").await.order.id().as_str(), "order-1");
    // The content of another order under this one's stamp.
    let forge = r#"local other = redis.call("GET", KEYS[2])
        local forged = string.gsub(other, "order%-2", "order-1", 1)
        return redis.call("SET", KEYS[1], forged)"#;
    redis.ask(&["EVAL", forge, "2", &first, &second]).unwrap();
    let view = server.read("order-1").await;
    assert_eq!(view.order.id().as_str(), "order-1");
    // A list where a text should be.
    redis.ask(&["DEL", &first]).unwrap();
    redis.ask(&["LPUSH", &first, "x"]).unwrap();
    assert_eq!(server.read("order-1").await.order.id().as_str(), "order-1");
}

#[tokio::test]
async fn two_databases_that_share_a_redis_do_not_meet() {
    let redis = Redis::start().unwrap();
    let (ours, theirs) = (Gated::default(), Gated::default());
    let url = format!("redis://127.0.0.1:{}", redis.port());
    let at = |namespace| RedisSettings::new(&url, namespace).timeout(Duration::from_secs(2));
    let (one, other) = (bare(&ours, &at("shop")), bare(&theirs, &at("other")));
    let id = one.place(1).await;
    other.place(1).await;
    one.note(&id, 1).await;
    other.note(&id, 2).await;
    one.read("order-1").await;
    kept(&redis, "order-1").await;
    let view = other.read("order-1").await;
    assert_eq!(view.person.notes[0].id.as_str(), "n2", "it is the other's own order");
}

#[test]
fn debug_output_shows_no_password() {
    let settings = RedisSettings::new("redis://user:s3cret@localhost", "shop");
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let cache = bare(&Gated::default(), &patient(1)).cache;
    for bad in ["", "localhost", "http://localhost", "redis://localhost:port"] {
        let refused = cache.clone().with_redis(&RedisSettings::new(bad, "shop")).unwrap_err();
        assert_eq!(refused.code(), "cache.address", "{bad}");
    }
}
