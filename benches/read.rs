//! Reading orders over HTTP on SQLite: one by its id beside a route that answers a constant; a
//! customer's newest 20 beside itself with fewer orders, and on a late page.

use std::time::Duration;

use order_benches::{
    Failure,
    load::{self, Connection},
    measure::median,
    order_json,
    report::{Figure, Goal, print, title},
    server::{Server, serve},
};
use serde_json::Value;

const CONNECTIONS: usize = 64;
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
/// As many orders as the file holds when lists are first measured, and then.
const FEW: u64 = 10_000;
const MANY: u64 = 200_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    title("reading orders of 3 lines");
    println!("  {CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?} each, one to warm up");
    let server = serve(folder.path()).await?;
    fill(&server, 0, FEW).await?;
    by_id(&server).await?;
    lists(&server).await
}

async fn rate(server: &Server, path: &'static str) -> Result<f64, Failure> {
    let load =
        load::drive(server.address, CONNECTIONS, ROUND, 200, move |_| load::get(path)).await?;
    if load.refused > 0 {
        return Err(format!("{} reads of {path} were refused", load.refused).into());
    }
    Ok(load.per_second)
}

async fn by_id(server: &Server) -> Result<(), Failure> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let numbers = |n: u64| load::get(&format!("/orders/ORD-{:06}", n * 7_919 % FEW + 1));
        let read = load::drive(server.address, CONNECTIONS, ROUND, 200, numbers).await?;
        let constant = rate(server, "/livez").await?;
        if read.refused > 0 {
            return Err(format!("{} reads were refused", read.refused).into());
        }
        if round > 0 {
            ours.push(read.per_second);
            theirs.push(constant);
        }
    }
    print(&Figure {
        work: "GET /orders/{number}, no cache",
        ours: median(&ours),
        yardstick: "GET /livez, a constant from the same server",
        theirs: median(&theirs),
        unit: "reads/s",
        goal: Goal::None,
    });
    Ok(())
}

/// A customer's newest 20 with few orders, with many, and far down a list.
async fn lists(server: &Server) -> Result<(), Failure> {
    const NEWEST: &str = "/orders?customerId=customer-7&limit=20";
    let few = list_rate(server, NEWEST).await?;
    fill(server, FEW, MANY).await?;
    let many = list_rate(server, NEWEST).await?;
    print(&Figure {
        work: "a customer's newest 20 among 200,000 orders",
        ours: 1e6 / many,
        yardstick: "the same among 10,000 orders",
        theirs: 1e6 / few,
        unit: "us of the server",
        goal: Goal::AtMost(1.3),
    });
    let late = late_page(server, 4_500).await?;
    let first = list_rate(server, "/orders?limit=20").await?;
    let deep = list_rate(server, Box::leak(late.into_boxed_str())).await?;
    print(&Figure {
        work: "page 4,500 of all orders",
        ours: 1e6 / deep,
        yardstick: "page 1",
        theirs: 1e6 / first,
        unit: "us of the server",
        goal: Goal::AtMost(1.3),
    });
    Ok(())
}

async fn list_rate(server: &Server, path: &'static str) -> Result<f64, Failure> {
    rate(server, path).await?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(rate(server, path).await?);
    }
    Ok(median(&rates))
}

/// Walks to a page of twenty, ten at a time, and gives the path of it.
async fn late_page(server: &Server, page: usize) -> Result<String, Failure> {
    let mut connection = Connection::open(server.address).await?;
    let mut path = "/orders?limit=200".to_owned();
    for _ in 0..page / 10 {
        connection.send(&load::get(&path)).await?;
        let answer: Value = serde_json::from_slice(connection.body())?;
        let cursor = answer["nextCursor"].as_str().ok_or("the list is too short")?;
        path = format!("/orders?limit=200&cursor={cursor}");
    }
    Ok(path.replace("limit=200", "limit=20"))
}

/// Places orders until there are so many.
async fn fill(server: &Server, from: u64, to: u64) -> Result<(), Failure> {
    let mut tasks = Vec::new();
    let each = (to - from) / CONNECTIONS as u64 + 1;
    for lane in 0..CONNECTIONS as u64 {
        let address = server.address;
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            for number in 0..each {
                let body = order_json(from + lane * each + number)?;
                let status = connection.send(&load::post("/orders", &body)).await?;
                if status != 201 {
                    return Err(Failure::from(format!("a placement was answered {status}")));
                }
            }
            Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}
