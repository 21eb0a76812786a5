#![allow(warnings)]
use std::{sync::{Arc, Mutex}, time::Instant};
use async_trait::async_trait;
use order_core::{*, ports::*, memory::InMemoryStore};
use order_store_sqlite::SqliteStore;

#[derive(Debug, Default)]
struct Capture(Mutex<Vec<Commit>>, InMemoryStore);
#[async_trait]
impl OrderStore for Capture {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> { Ok(Stored::default()) }
    async fn commit(&self, c: &Commit) -> Result<(), StoreError> { self.0.lock().unwrap().push(c.clone()); Ok(()) }
    async fn recall(&self, _: &RequestKey) -> Result<Option<Remembered>, StoreError> { Ok(None) }
    async fn next_number(&self) -> Result<u64, StoreError> { self.1.next_number().await }
}

fn t<T: for<'a> TryFrom<&'a str, Error = TextError>>(s: &str) -> T { T::try_from(s).unwrap() }

#[tokio::main]
async fn main() {
    let n: usize = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(100_000);
    let cap = Arc::new(Capture::default());
    let service = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7).with_store(cap.clone());
    let admin = Principal::admin(t("bench"));
    for i in 0..n {
        let item = |k: usize| ItemInput { line_id: None, product_id: t(&format!("sku-{}", (i * 7 + k * 13) % 1000)), name: Some(t("White hanging heart T-light holder")), quantity: 2, unit_price: Some("2.55".into()) };
        let order = NewOrder { customer_id: Some(t(&format!("customer-{}", i % 5000))), currency: Some(Currency::GBP),
            items: vec![item(1), item(2), item(3)],
            person: Person { email: Some(t(&format!("someone.{i}@example.org"))), name: Some(t("Zoë Ångström")), shipping_address: Some(Address{ street: Some(t("1 Long Road")), city: Some(t("London")), zip_code: Some(t("NW1 1AA")), country: Some(t("United Kingdom")), ..Default::default()}), ..Default::default() },
            ..Default::default() };
        let meta = Meta { key: Some(t(&uuid::Uuid::now_v7().to_string())), ..Default::default() };
        service.place(&admin, order, meta).await.unwrap();
    }
    let commits: Arc<Vec<Commit>> = Arc::new(std::mem::take(&mut *cap.0.lock().unwrap()));
    for clients in std::env::var("CLIENTS").unwrap_or("1,32,128,256".into()).split(",").map(|c| c.parse::<usize>().unwrap()) {
        let dir = tempfile::tempdir_in(std::env::var("DIR").unwrap_or(".".into())).unwrap();
        let path = dir.path().join("orders.db");
        let store = SqliteStore::open(path.to_str().unwrap()).await.unwrap();
        if let Ok(sql) = std::env::var("SQL") { use sqlx::ConnectOptions; let mut c = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap(); sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut c).await.unwrap(); }
        let take = if clients == 1 { n / 10 } else { n };
        let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let cpu0 = cpu(); let start = Instant::now();
        let tasks: Vec<_> = (0..clients).map(|_| {
            let (store, commits, next) = (store.clone(), commits.clone(), next.clone());
            tokio::spawn(async move {
                let mut lat = Vec::new();
                loop {
                    let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if i >= take { return lat; }
                    let s = Instant::now();
                    store.commit(&commits[i]).await.unwrap();
                    lat.push(s.elapsed());
                }
            })
        }).collect();
        let mut lat = Vec::new();
        for task in tasks { lat.extend(task.await.unwrap()); }
        let secs = start.elapsed().as_secs_f64();
        lat.sort();
        let size = |s: &str| std::fs::metadata(format!("{}{s}", path.display())).map_or(0, |m| m.len()) / 1024 / 1024;
        let (u,y)=cpu(); println!("cpu us/order user {:.1} sys {:.1} writer {:.1} ctx {}", (u-cpu0.0)*1e6/take as f64, (y-cpu0.1)*1e6/take as f64, writer_cpu()*1e6/take as f64, 0); println!("{clients:>4} clients: {:>8.0}/s p50 {:?} p99 {:?}  db {} MiB wal {} MiB", take as f64 / secs, lat[lat.len()/2], lat[lat.len()*99/100], size(""), size("-wal"));
        store.close().await;
    }
}

fn stat(p: &str) -> (String, f64, f64) { let s = std::fs::read_to_string(p).unwrap_or_default(); let name = s.split('(').nth(1).and_then(|x| x.split(')').next()).unwrap_or("").to_string(); let f: Vec<&str> = s.rsplit(')').next().unwrap_or("").split_whitespace().collect(); let g = |i: usize| f.get(i).and_then(|x| x.parse::<f64>().ok()).unwrap_or(0.0) / 100.0; (name, g(11), g(12)) }
fn cpu() -> (f64, f64) { let (_, a, b) = stat("/proc/self/stat"); (a, b) }
fn writer_cpu() -> f64 { let mut m = 0f64; for e in std::fs::read_dir("/proc/self/task").unwrap() { let (n, a, b) = stat(&format!("{}/stat", e.unwrap().path().display())); if n.starts_with("sqlx") { m = m.max(a + b); } } m }
