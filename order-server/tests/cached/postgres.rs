//! PostgreSQL, with a Redis that all servers of all tests share.

#[expect(dead_code, reason = "tests of the store use the rest of it")]
#[path = "../../../order-store-postgres/tests/support.rs"]
mod support;

use std::sync::{Arc, OnceLock};

use order_cache_redis::{CacheSettings, CachedQueries, RedisSettings};
use order_core::{
    Meta, NewOrder, OrderService, Orders, Principal,
    ports::{OrderQueries, SystemClock},
};
use order_store_postgres::PgOrderStore;
use order_testkit::{SharedStore, contract::Fixture, redis::Redis, sample};

use self::support::{Schema, url};
use crate::servers::{Server, never_read_what_is_older_than_what_was_acknowledged};

/// Where the Redis of this run is. It ends with the process.
fn redis() -> &'static str {
    static REDIS: OnceLock<(String, Redis)> = OnceLock::new();
    let start = || {
        let redis = Redis::start().expect("Redis is installed");
        (redis.url(), redis)
    };
    &REDIS.get_or_init(start).0
}

/// The store of a schema, and the reads of a server over it.
async fn server(schema: &Schema) -> (PgOrderStore, CachedQueries) {
    let store = schema.store().await;
    let origin = store.origin().await.unwrap();
    let cached = CachedQueries::new(store.clone(), &CacheSettings::default());
    (store, cached.with_redis(&RedisSettings::new(redis(), &origin)).unwrap())
}

async fn fresh() -> Fixture {
    let schema = Schema::fresh();
    let (store, cached) = server(&schema).await;
    let store = SharedStore::new(Arc::new(store)).with_queries(Arc::new(cached));
    Fixture::new(store).keeping(schema)
}

order_testkit::store_contract_tests!(fresh);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_read_what_was_acknowledged() {
    let schema = Schema::fresh();
    let servers = [server(&schema).await, server(&schema).await];
    let servers = servers.map(|(store, cached)| Server::over(store, cached));
    never_read_what_is_older_than_what_was_acknowledged(servers).await;
}

#[tokio::test]
async fn two_schemas_are_told_apart() {
    let (one, other) = (Schema::fresh(), Schema::fresh());
    let (one, other) = (server(&one).await.0, server(&other).await.0);
    let origin = one.origin().await.unwrap();
    assert_ne!(origin, other.origin().await.unwrap());
    assert_eq!(origin, one.origin().await.unwrap());
}

#[tokio::test]
async fn what_a_transaction_of_the_host_wrote_is_read_once_it_is_lasting() {
    let schema = Schema::fresh();
    let (store, cached) = server(&schema).await;
    let admin = Principal::admin(sample::text("tester"));
    let orders = OrderService::new(store.clone(), SystemClock, uuid::Uuid::now_v7)
        .with_queries(Arc::new(cached.clone()));
    orders.place(&admin, sample::order(1), Meta::default()).await.unwrap();
    let before = cached.find("order-1").await.unwrap().unwrap();
    let pool = sqlx::PgPool::connect(&url()).await.unwrap();
    let joined = store.join(pool.begin().await.unwrap());
    let within = orders.within(joined.clone());
    let note = order_core::Command::Note { id: sample::text("n"), text: "hello".to_owned() };
    within.execute(&admin, "order-1", note, Meta::default()).await.unwrap();
    within.place(&admin, NewOrder { ..sample::order(2) }, Meta::default()).await.unwrap();
    assert_eq!(cached.find("order-1").await.unwrap().as_ref(), Some(&before));
    assert_eq!(cached.find("order-2").await.unwrap(), None);
    joined.leave().await.unwrap().commit().await.unwrap();
    let after = cached.find("order-1").await.unwrap().unwrap();
    assert_eq!(after.order.version(), before.order.version() + 1);
    assert_eq!(after.person.notes.len(), 1);
    assert!(cached.find("order-2").await.unwrap().is_some());
}
