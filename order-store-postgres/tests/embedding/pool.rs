//! A host's own pool and database: what the store leaves alone in them.

use std::thread;

use order_core::{
    Meta, Orders,
    ports::{EventFeed, OrderQueries, OrderQuery, OrderStore},
};
use order_store_postgres::{OpenError, PgOrderStore};
use order_testkit::sample::{full_order, keyed, order, text};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool};

use crate::{
    host::{Host, pool_in, service},
    support::{Schema, url},
};

/// A database that is dropped with this.
#[derive(Debug)]
struct Database(String);

impl Database {
    async fn fresh() -> Self {
        // Named like the schema, so that no other test has it.
        let database = Self(format!("d{}", Schema::fresh().0));
        let mut connection = PgConnection::connect(&url()).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE {}", database.0));
        connection.execute(create).await.unwrap();
        database
    }

    fn url(&self) -> String {
        let (server, _) =
            url().rsplit_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        format!("{server}/{}", self.0)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.0));
        let tidy = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut connection = PgConnection::connect(&url()).await?;
                connection.execute(drop).await
            })
        });
        // What is left over is only in the way of who looks.
        let _ = tidy.join();
    }
}

/// What tables there are, as `schema.table`.
async fn tables(pool: &PgPool) -> Vec<String> {
    let query = "SELECT schemaname || '.' || tablename FROM pg_catalog.pg_tables \
                 WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn a_store_over_the_hosts_pool_runs_nothing_before_it_is_asked() {
    let database = Database::fresh().await;
    let home = Schema::fresh();
    let pool = pool_in(&home, &database.url()).await;
    pool.execute("CREATE TABLE _sqlx_migrations (version bigint)").await.unwrap();
    pool.execute("INSERT INTO _sqlx_migrations VALUES (7)").await.unwrap();
    let before = tables(&pool).await;
    assert!(!PgOrderStore::exists(&database.url()).await.unwrap());
    let store = PgOrderStore::new(pool.clone());
    assert_eq!(store.schema_name(), "order_store");
    assert_eq!(tables(&pool).await, before);
    store.migrate().await.unwrap();
    assert!(PgOrderStore::exists(&database.url()).await.unwrap());
    let after = tables(&pool).await;
    let (ours, theirs): (Vec<_>, Vec<_>) =
        after.into_iter().partition(|table| table.starts_with("order_store.order_"));
    assert_eq!(theirs, before, "every table of ours is in our schema and has our prefix");
    assert!(ours.contains(&"order_store.order_schema_migrations".to_owned()));
    let migrations = "SELECT version FROM _sqlx_migrations";
    let migrations: Vec<i64> = sqlx::query_scalar(migrations).fetch_all(&pool).await.unwrap();
    assert_eq!(migrations, [7]);
    let (orders, me) = service(&store);
    orders.place(&me, full_order(1), Meta::default()).await.unwrap();
    assert!(store.find("order-1").await.unwrap().is_some());
    pool.close().await;
}

#[tokio::test]
async fn tenants_in_two_schemas_do_not_see_each_other() {
    let host = Host::new().await;
    let schema = Schema::fresh();
    let neighbour = schema.store().await;
    let ((ours, me), (theirs, them)) = (service(&host.store), service(&neighbour));
    let mine = ours.place(&me, order(1), keyed("first")).await.unwrap();
    ours.place(&me, order(2), Meta::default()).await.unwrap();
    assert_eq!(neighbour.find("order-1").await.unwrap(), None);
    assert_eq!(neighbour.find(mine.order.number().as_str()).await.unwrap(), None);
    assert!(neighbour.load(&text("order-1")).await.unwrap().events.is_empty());
    // The same id, number and key, and another order.
    let other = theirs.place(&them, full_order(1), keyed("first")).await.unwrap();
    assert!(!other.replayed);
    assert_eq!(ours.order(&me, "order-1", None).await.unwrap().order, mine.order);
    assert_eq!(theirs.order(&them, "order-1", None).await.unwrap().order, other.order);
    let query = OrderQuery { limit: 10, ..OrderQuery::default() };
    assert_eq!(host.store.list(&query).await.unwrap().orders.len(), 2);
    assert_eq!(neighbour.list(&query).await.unwrap().orders.len(), 1);
    let number = theirs.place(&them, order(3), Meta::default()).await.unwrap().order;
    assert_eq!(number.number(), mine.order.number(), "numbers begin anew in each schema");
    for (store, orders) in
        [(&host.store, ["order-1", "order-2"]), (&neighbour, ["order-1", "order-3"])]
    {
        store.sequence().await.unwrap();
        let feed = store.after(0, 100).await.unwrap();
        let mut ids: Vec<_> = feed.iter().map(|it| it.recorded.id.order_id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids, orders);
        assert_eq!(feed.last().unwrap().position, feed.len() as u64);
    }
}

#[tokio::test]
async fn a_schema_has_a_plain_name() {
    let pool = PgPool::connect_lazy(&url()).unwrap();
    let long = "a".repeat(64);
    for name in ["", "Tenant", "1st", "_first", "a-b", "a b", "a.b", "a\"b", "a;b", "käse", &long]
    {
        let refused = PgOrderStore::in_schema(pool.clone(), name).unwrap_err();
        assert!(
            matches!(&refused, OpenError::SchemaName { name: it } if it == name),
            "{refused:?}"
        );
        assert_eq!(refused.code(), "store.schema_name_invalid");
        assert!(PgOrderStore::open_schema(&url(), name).await.is_err(), "{name}");
    }
    for name in ["a", "tenant_1", &long[1..]] {
        assert_eq!(PgOrderStore::in_schema(pool.clone(), name).unwrap().schema_name(), name);
    }
}
