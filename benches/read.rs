//! Reading orders over HTTP on SQLite: one by its id beside a route that answers a constant; a
//! customer's newest 20 beside itself with fewer orders, and on a late page.

use order_benches::{
    Failure, fill, late_page,
    load::{self, Connection, Requests},
    measure::{ROUNDS, median, round_time},
    report::{Figure, Goal, print, title},
    server::{Server, serve, serve_keeping},
};

const CONNECTIONS: usize = 64;
/// Room for all orders of a server that keeps them.
const KEPT_BYTES: usize = 64 * 1024 * 1024;
/// As many orders as the file holds when lists are first measured, and then.
const FEW: u64 = 10_000;
const MANY: u64 = 200_000;

fn time() -> std::time::Duration {
    round_time(3)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    title("reading orders of 3 lines");
    println!("  {CONNECTIONS} connections, {ROUNDS} rounds of {:?} each, one to warm up", time());
    let server = serve(folder.path()).await?;
    fill(server.address, FEW)?;
    let cached = serve_keeping(folder.path(), KEPT_BYTES).await?;
    by_id(&server, &cached)?;
    lists(&server)
}

fn rate(server: &Server, path: &str) -> Result<f64, Failure> {
    let mut requests = Requests::repeated([load::get(path)]);
    Ok(load::drive(server.address, CONNECTIONS, time(), 200, &mut requests)?.per_second)
}

fn by_id(server: &Server, cached: &Server) -> Result<(), Failure> {
    let (mut ours, mut kept, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let path = |n: u64| load::get(&format!("/orders/ORD-{:06}", n * 7_919 % FEW + 1));
    let mut numbers = Requests::repeated((0..FEW).map(path));
    for round in 0..=ROUNDS {
        let read = load::drive(server.address, CONNECTIONS, time(), 200, &mut numbers)?;
        let again = load::drive(cached.address, CONNECTIONS, time(), 200, &mut numbers)?;
        let constant = rate(server, "/livez")?;
        if round > 0 {
            ours.push(read.per_second);
            kept.push(again.per_second);
            theirs.push(constant);
        }
    }
    for (work, ours) in [
        ("GET /orders/{number}, no cache", &ours),
        ("GET /orders/{number}, kept in the process", &kept),
    ] {
        print(&Figure {
            work,
            ours: median(ours),
            yardstick: "GET /livez, a constant from the same server",
            theirs: median(&theirs),
            unit: "reads/s",
            goal: Goal::None,
        });
    }
    Ok(())
}

/// A customer's newest 20 with few orders, with many, and far down a list.
fn lists(server: &Server) -> Result<(), Failure> {
    const NEWEST: &str = "/orders?customerId=customer-7&limit=20";
    let few = list_rate(server, NEWEST)?;
    fill(server.address, MANY - FEW)?;
    let many = list_rate(server, NEWEST)?;
    print(&Figure {
        work: "a customer's newest 20 among 200,000 orders",
        ours: 1e6 / many,
        yardstick: "the same among 10,000 orders",
        theirs: 1e6 / few,
        unit: "us of the server",
        goal: Goal::AtMost(1.3),
    });
    let late = late_page(&mut Connection::open(server.address)?, 4_500)?;
    let first = list_rate(server, "/orders?limit=20")?;
    let deep = list_rate(server, &late)?;
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

fn list_rate(server: &Server, path: &str) -> Result<f64, Failure> {
    rate(server, path)?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        rates.push(rate(server, path)?);
    }
    Ok(median(&rates))
}
