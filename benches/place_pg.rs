//! Placing orders over HTTP on PostgreSQL, with and without reserving hot products, beside pgbench and
//! beside an axum + sqlx handler; the latency at half of that rate; what the server costs.

use std::{cell::Cell, path::Path, thread, time::Duration};

use order_benches::{
    DOCUMENT, Failure, HOT_QUANTITY,
    child::{self, Process},
    embedded::Embedded,
    hot_order_json, load,
    measure::{ROUNDS, median, round_time, take_turns},
    order_json,
    pgbench::Script,
    placements,
    postgres::{Cluster, Database},
    report::{Figure, Goal, print, print_limit, title},
};

const CONNECTIONS: usize = 256;
/// Connections of the handler that is a yardstick to the database.
const POOL: &str = "16";
const PROBE: Duration = Duration::from_secs(2);
const STOCK: u64 = 1_000_000_000;
const PRODUCTS: u64 = 30;
const MIB: f64 = 1_048_576.0;

/// Where everything is, and how many orders were acknowledged.
struct Bench {
    time: Duration,
    cluster: Cluster,
    ours: Database,
    shop: Database,
    acknowledged: Cell<u64>,
}

fn main() -> Result<(), Failure> {
    let time = round_time(8);
    title("placing orders of 3 lines on PostgreSQL, durable");
    println!("  {CONNECTIONS} connections, {ROUNDS} rounds of {time:?} each, one to warm up");
    let program = child::build("order-server", "order-server")?;
    let cluster = Cluster::start()?;
    let (ours, shop) = (cluster.create("ours")?, cluster.create("shop")?);
    shop.run("schema.sql", &[])?;
    let bench = Bench { time, cluster, ours, shop, acknowledged: Cell::new(0) };
    let server = bench.start(&program)?;
    let rate = bench.place(&server)?;
    let (_, most) = server.memory()?;
    print_limit("G12 memory under G1, at most", most, 64.0, "MiB");
    bench.latency(&server, rate / 2.0)?;
    bench.place_hot(&server)?;
    server.doctor()?;
    drop(server);
    bench.check()
}

impl Bench {
    /// How long the server takes to start, how much memory it takes then, and how large it is.
    fn start(&self, program: &Path) -> Result<Process, Failure> {
        drop(Process::serve(program, &self.ours.url)?);
        let mut starts = Vec::new();
        for _ in 0..5 {
            let server = Process::serve(program, &self.ours.url)?;
            starts.push(server.started_in.as_secs_f64() * 1_000.0);
        }
        print_limit("G12 start to first answer, median of 5", median(&starts), 100.0, "ms");
        let server = Process::serve(program, &self.ours.url)?;
        thread::sleep(Duration::from_secs(1));
        print_limit("G12 idle memory", server.memory()?.0, 20.0, "MiB");
        #[expect(clippy::cast_precision_loss, reason = "a size needs no more precision")]
        let size = program.metadata()?.len() as f64 / MIB;
        print_limit("G12 program", size, 30.0, "MiB");
        Ok(server)
    }

    /// One round of placements, as a rate.
    fn drive(&self, server: &Process, requests: &mut load::Requests) -> Result<f64, Failure> {
        let load = load::drive(server.address, CONNECTIONS, self.time, 201, requests)?;
        self.acknowledged.set(self.acknowledged.get() + load.answered);
        Ok(load.per_second)
    }

    fn script(&self, file: &'static str) -> Result<Script, Failure> {
        let mut script = Script::new(&self.cluster, &self.shop, file, &[("body", DOCUMENT)]);
        script.choose_clients(PROBE.min(self.time))?;
        Ok(script)
    }

    fn place(&self, server: &Process) -> Result<f64, Failure> {
        let handler = Process::yardstick(env!("CARGO_BIN_EXE_yardstick"), &self.shop.url, POOL)?;
        println!("  axum + sqlx handler: {POOL} connections to the database");
        let host = self.cluster.create("host")?;
        let (embedded, placed) = (Embedded::open(&host.url)?, Cell::new(0));
        let mut orm = self.script("place_orm.sql")?;
        let mut rows = self.script("place_one_rows.sql")?;
        let mut document = self.script("place_one_document.sql")?;
        let (mut requests, mut same) = (placements(order_json)?, placements(order_json)?);
        let inside = |(count, per_second): (u64, f64)| {
            placed.set(placed.get() + count);
            Ok(per_second)
        };
        let [ours, grouped, alone, orm, rows, document, handler] = take_turns(
            || self.cluster.settle(),
            [
                ("POST /orders", &mut || self.drive(server, &mut requests)),
                ("the library in a program", &mut || {
                    inside(embedded.place(CONNECTIONS, self.time)?)
                }),
                ("the same, one order a transaction", &mut || {
                    inside(embedded.place_alone(CONNECTIONS, self.time)?)
                }),
                ("several statements", &mut || Ok(orm.run(self.time)?.per_second)),
                ("one statement, rows", &mut || Ok(rows.run(self.time)?.per_second)),
                ("one statement, document", &mut || Ok(document.run(self.time)?.per_second)),
                ("axum + sqlx", &mut || {
                    let (address, time) = (handler.address, self.time);
                    Ok(load::drive(address, CONNECTIONS, time, 201, &mut same)?.per_second)
                }),
            ],
        )?;
        let beside = |work, ours, yardstick, theirs, goal| {
            let goal = Goal::AtLeast(goal);
            print(&Figure { work, ours, yardstick, theirs, unit: "orders/s", goal });
        };
        let one = rows.max(document);
        beside("G1 POST /orders", ours, "pgbench, several statements", orm, 8.0);
        beside("G2 POST /orders", ours, "pgbench, best one-statement order", one, 3.0);
        beside(
            "POST /orders",
            ours,
            "pgbench, one statement an order, its lines as rows",
            rows,
            1.0,
        );
        beside("G3 POST /orders", ours, "axum + sqlx handler", handler, 9.0);
        let within = "Orders::place in a program";
        beside(within, grouped, "pgbench, several statements", orm, 8.0);
        beside(within, grouped, "pgbench, best one-statement order", one, 3.0);
        beside(within, grouped, "the same order by itself in a transaction", alone, 3.0);
        let kept = host.orders()?;
        if kept < placed.get() {
            return Err(format!("{} orders were placed, {kept} are there", placed.get()).into());
        }
        Ok(ours)
    }

    /// The latency at a fixed rate, from when a request should have been sent.
    fn latency(&self, server: &Process, rate: f64) -> Result<(), Failure> {
        let mut requests = placements(order_json)?;
        let (mut middle, mut late) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            self.cluster.settle()?;
            let load =
                load::pace(server.address, CONNECTIONS, self.time, 201, rate, &mut requests)?;
            self.acknowledged.set(self.acknowledged.get() + load.answered);
            if round > 0 {
                middle.push(load.p50_ms);
                late.push(load.p99_ms);
            }
        }
        println!(
            "  at a fixed {rate:.0} orders/s: p50 {:.1} ms, p99 {late:.1?} ms",
            median(&middle)
        );
        print_limit("G11 p99 at half of G1's rate", median(&late), 10.0, "ms");
        Ok(())
    }

    /// The same, reserving hot products, of which nothing may be sold that is not there.
    fn place_hot(&self, server: &Process) -> Result<(), Failure> {
        let mut connection = server.connect()?;
        for number in 1..=PRODUCTS {
            let product = serde_json::to_vec(&serde_json::json!({
                "id": format!("hot-{number}"), "name": format!("Hot {number}"), "price": "19.95",
                "currency": "EUR", "stock": STOCK,
            }))?;
            connection.ask(201, &load::post("/products", &product))?;
        }
        let before = self.ours.orders()?;
        let mut orm = self.script("place_orm_stock.sql")?;
        let mut requests = placements(hot_order_json)?;
        let [ours, theirs] = take_turns(
            || self.cluster.settle(),
            [
                ("POST /orders, hot", &mut || self.drive(server, &mut requests)),
                ("several statements, hot", &mut || Ok(orm.run(self.time)?.per_second)),
            ],
        )?;
        print(&Figure {
            work: "G4 POST /orders, reserving 3 of 30 hot products",
            ours,
            yardstick: "pgbench, several statements, reserving the same",
            theirs,
            unit: "orders/s",
            goal: Goal::AtLeast(5.0),
        });
        let left = "SELECT sum(stock) FROM order_store.order_product WHERE id LIKE 'hot-%'";
        let sold = PRODUCTS * STOCK - self.ours.count(left)?;
        let orders = self.ours.orders()? - before;
        if sold != orders * 3 * HOT_QUANTITY {
            return Err(format!("{orders} orders took {sold} units from the stock").into());
        }
        println!("    {orders} orders took {sold} units from the stock, as they should");
        Ok(())
    }

    /// Every acknowledged order must be there, though the server was killed.
    fn check(&self) -> Result<(), Failure> {
        let (acknowledged, kept) = (self.acknowledged.get(), self.ours.orders()?);
        if kept < acknowledged {
            return Err(format!("{acknowledged} orders were acknowledged, {kept} are there").into());
        }
        println!("  all {acknowledged} acknowledged orders are in the database");
        Ok(())
    }
}
