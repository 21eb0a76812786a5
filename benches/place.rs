//! Placing orders over HTTP on SQLite with `synchronous=FULL`, beside one transaction an order on the
//! same schema without HTTP.

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use order_benches::{
    Failure, load,
    measure::{ROUNDS, median, round_time},
    measurer, new_order, order_json, placements,
    report::{Figure, Goal, print, title},
    server::serve,
    sqlite_service,
};
use order_core::{Meta, Orders};

const CONNECTIONS: usize = 256;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let time = round_time(4);
    title("placing orders of 3 lines, durable");
    println!("  {CONNECTIONS} connections, {ROUNDS} rounds of {time:?} each, one to warm up");
    let server = serve(folder.path()).await?;
    let (mut ours, mut theirs, mut slowest) = (Vec::new(), Vec::new(), 0.0_f64);
    let mut requests = placements(order_json)?;
    let mut acknowledged = 0;
    for round in 0..=ROUNDS {
        let load = load::drive(server.address, CONNECTIONS, time, 201, &mut requests)?;
        acknowledged += load.answered;
        let alone = one_by_one(&folder.path().join(format!("alone-{round}")), time).await?;
        if round > 0 {
            ours.push(load.per_second);
            theirs.push(alone);
            slowest = slowest.max(load.p99_ms);
        }
    }
    print(&Figure {
        work: "POST /orders",
        ours: median(&ours),
        yardstick: "one transaction an order, same schema, no HTTP",
        theirs: median(&theirs),
        unit: "orders/s",
        goal: Goal::AtLeast(4.0),
    });
    println!("    p99 of the slowest round {slowest:.1} ms");
    let kept = server.stop_and_count().await?;
    if kept < acknowledged {
        return Err(format!("{acknowledged} orders were acknowledged, {kept} are there").into());
    }
    println!("    all {acknowledged} acknowledged orders are in the file");
    Ok(())
}

/// Orders per second, one after the other, each in a transaction of its own.
#[expect(clippy::cast_precision_loss, reason = "a rate needs no more precision")]
async fn one_by_one(folder: &Path, time: Duration) -> Result<f64, Failure> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    std::fs::create_dir_all(folder)?;
    let service = sqlite_service(folder).await?;
    let who = measurer()?;
    let start = Instant::now();
    let mut placed = 0_u64;
    while start.elapsed() < time {
        let order = new_order(NEXT.fetch_add(1, Ordering::Relaxed))?;
        service.place(&who, order, Meta::default()).await?;
        placed += 1;
    }
    Ok(placed as f64 / start.elapsed().as_secs_f64())
}
