//! Reading orders over HTTP on PostgreSQL: one by its id beside pgbench, an axum + sqlx handler and
//! axum's `hello`; a customer's newest 20 beside itself with fewer orders, and on a late page.

use std::time::Duration;

use order_benches::{
    DOCUMENT, Failure,
    child::{self, Process},
    fill, late_page,
    load::{self, Requests},
    measure::{ROUNDS, median, round_time, take_turns},
    pgbench::Script,
    postgres::{Cluster, Database},
    report::{Figure, Goal, print, title},
};

const CONNECTIONS: usize = 64;
/// Connections of the handler that is a yardstick to the database.
const POOL: &str = "16";
const PROBE: Duration = Duration::from_secs(2);
/// As many orders as there are when lists are first measured, and then; `ORDER_BENCH_ORDERS` changes
/// the latter.
const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;
const LATE_PAGE: u64 = 4_500;

fn main() -> Result<(), Failure> {
    let time = round_time(4);
    let told = std::env::var("ORDER_BENCH_ORDERS").ok().and_then(|text| text.parse().ok());
    let many: u64 = told.unwrap_or(MANY).max(FEW);
    title("reading orders of 3 lines on PostgreSQL");
    println!("  {CONNECTIONS} connections, {ROUNDS} rounds of {time:?} each, one to warm up");
    let program = child::build("order-server", "order-server")?;
    let cluster = Cluster::start()?;
    let (ours, shop) = (cluster.create("ours")?, cluster.create("shop")?);
    shop.run("schema.sql", &[])?;
    shop.run("fill.sql", &[("orders", &FEW.to_string()), ("body", DOCUMENT)])?;
    let server = Process::serve_with(&program, &ours.url, &[])?;
    fill(server.address, FEW)?;
    ours.tidy()?;
    by_id(&cluster, &server, &ours, &shop, time)?;
    let newest = "/orders?customerId=customer-7&limit=20";
    let few = list_time(&server, newest, time)?;
    fill(server.address, many - FEW)?;
    ours.tidy()?;
    cluster.settle()?;
    let theirs = format!("the same among {FEW} orders");
    let work = format!("G7 a customer's newest 20 among {many} orders");
    flat(&work, list_time(&server, newest, time)?, &theirs, few);
    let page = LATE_PAGE.min(many / 20 - 10) / 10 * 10;
    let late = late_page(&mut server.connect()?, usize::try_from(page)?)?;
    let first = list_time(&server, "/orders?limit=20", time)?;
    let work = format!("G7 page {page} of all orders");
    flat(&work, list_time(&server, &late, time)?, "page 1", first);
    let kept = ours.orders()?;
    if kept < many {
        return Err(format!("{many} orders were acknowledged, {kept} are there").into());
    }
    println!("    all {many} acknowledged orders are in the database");
    Ok(())
}

fn flat(work: &str, ours: f64, yardstick: &str, theirs: f64) {
    let (unit, goal) = ("us of the machine", Goal::AtMost(1.3));
    print(&Figure { work, ours, yardstick, theirs, unit, goal });
}

fn by_id(
    cluster: &Cluster,
    server: &Process,
    ours: &Database,
    shop: &Database,
    time: Duration,
) -> Result<(), Failure> {
    let handler = Process::yardstick(env!("CARGO_BIN_EXE_yardstick"), &shop.url, POOL)?;
    let mut script = Script::new(cluster, shop, "read.sql", &[("orders", &FEW.to_string())]);
    script.choose_clients(PROBE.min(time))?;
    let ids = ours.query("SELECT id FROM order_store.order_state ORDER BY random()")?;
    let mut our_ids = Requests::repeated(ids.lines().map(|id| load::get(&format!("/orders/{id}"))));
    let their_ids = (0..FEW).map(|n| load::get(&format!("/orders/{}", n * 7_919 % FEW + 1)));
    let mut their_ids = Requests::repeated(their_ids);
    let mut hello = Requests::repeated([load::get("/hello")]);
    let drive = |process: &Process, requests: &mut Requests| {
        Ok(load::drive(process.address, CONNECTIONS, time, 200, requests)?.per_second)
    };
    let [our, document, rows, constant] = take_turns(
        || Ok(()),
        [
            ("GET /orders/{id}", &mut || drive(server, &mut our_ids)),
            ("select of the document", &mut || Ok(script.run(time)?.per_second)),
            ("axum + sqlx", &mut || drive(&handler, &mut their_ids)),
            ("axum hello", &mut || drive(&handler, &mut hello)),
        ],
    )?;
    let beside = |yardstick, theirs, goal| {
        let (work, unit) = ("G6 GET /orders/{id}", "reads/s");
        print(&Figure { work, ours: our, yardstick, theirs, unit, goal });
    };
    beside("pgbench, select of the document", document, Goal::AtLeast(1.2));
    beside("axum + sqlx handler", rows, Goal::AtLeast(6.0));
    beside("axum hello; cached_pg measures what caches change", constant, Goal::None);
    Ok(())
}

/// Microseconds of the machine that a read of this path takes, the median of some rounds.
fn list_time(server: &Process, path: &str, time: Duration) -> Result<f64, Failure> {
    let mut requests = Requests::repeated([load::get(path)]);
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        let load = load::drive(server.address, CONNECTIONS, time, 200, &mut requests)?;
        if round > 0 {
            times.push(1e6 / load.per_second);
        }
    }
    Ok(median(&times))
}
