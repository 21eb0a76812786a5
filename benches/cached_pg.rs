//! What caches change: `GET /orders/{id}` over HTTP on PostgreSQL without one, with one in the process, with
//! Redis, and with both, beside axum's `hello`, a constant of our own server and pgbench. Then the same
//! while orders are written.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use order_benches::{
    DOCUMENT, Failure,
    child::{self, Process},
    fill,
    load::{self, Requests},
    measure::{ROUNDS, round_time, take_turns},
    pgbench::Script,
    postgres::{Cluster, Database},
    report::{Figure, Goal, print, title},
};
use order_testkit::redis::Redis;

const CONNECTIONS: usize = 64;
/// Connections of the handler that is a yardstick to the database.
const POOL: &str = "16";
const PROBE: Duration = Duration::from_secs(2);
const ORDERS: u64 = 10_000;
/// How many bytes of orders a process keeps: all of them fit.
const KEPT: &str = "67108864";
/// How many orders a second are changed while others are read.
const WRITES: f64 = 500.0;

fn main() -> Result<(), Failure> {
    let time = round_time(4);
    title("reading orders of 3 lines on PostgreSQL, with and without caches");
    println!(
        "  {CONNECTIONS} connections, {ORDERS} orders, {ROUNDS} rounds of {time:?} each, one to warm up"
    );
    let program = child::build("order-server", "order-server")?;
    let redis = Redis::start()?;
    let cluster = Cluster::start()?;
    let (ours, shop) = (cluster.create("ours")?, cluster.create("shop")?);
    shop.run("schema.sql", &[])?;
    shop.run("fill.sql", &[("orders", &ORDERS.to_string()), ("body", DOCUMENT)])?;
    let url = redis.url();
    let serve = |settings: &[&str]| Process::serve_with(&program, &ours.url, settings);
    let none = serve(&[])?;
    fill(none.address, ORDERS)?;
    ours.tidy()?;
    let servers = [
        none,
        serve(&["--cache-size", KEPT])?,
        serve(&["--redis-url", &url])?,
        serve(&["--cache-size", KEPT, "--redis-url", &url])?,
    ];
    let handler = Process::yardstick(env!("CARGO_BIN_EXE_yardstick"), &shop.url, POOL)?;
    let mut script = Script::new(&cluster, &shop, "read.sql", &[("orders", &ORDERS.to_string())]);
    script.choose_clients(PROBE.min(time))?;
    let constant = measure(&servers, &handler, &ours, time, || Ok(script.run(time)?.per_second))?;
    while_writing(&servers, &ours, time, constant)
}

fn reads(ours: &Database) -> Result<Requests, Failure> {
    let ids = ours.query("SELECT id FROM order_store.order_state ORDER BY random()")?;
    Ok(Requests::repeated(ids.lines().map(|id| load::get(&format!("/orders/{id}")))))
}

const WORKS: [&str; 4] = [
    "GET /orders/{id}, no cache",
    "GET /orders/{id}, kept in the process",
    "GET /orders/{id}, kept in Redis only",
    "GET /orders/{id}, kept in both",
];

/// Gives what axum does with `hello`.
fn measure(
    servers: &[Process; 4],
    handler: &Process,
    ours: &Database,
    time: Duration,
    mut select: impl FnMut() -> Result<f64, Failure>,
) -> Result<f64, Failure> {
    let mut ids = [reads(ours)?, reads(ours)?, reads(ours)?, reads(ours)?];
    let [a, b, c, d] = &mut ids;
    let mut livez = Requests::repeated([load::get("/livez")]);
    let mut hello = Requests::repeated([load::get("/hello")]);
    let drive = |process: &Process, requests: &mut Requests| {
        Ok(load::drive(process.address, CONNECTIONS, time, 200, requests)?.per_second)
    };
    let [none, near, far, both, own, document, constant] = take_turns(
        || Ok(()),
        [
            (WORKS[0], &mut || drive(&servers[0], a)),
            (WORKS[1], &mut || drive(&servers[1], b)),
            (WORKS[2], &mut || drive(&servers[2], c)),
            (WORKS[3], &mut || drive(&servers[3], d)),
            ("GET /livez", &mut || drive(&servers[1], &mut livez)),
            ("select of the document", &mut select),
            ("axum hello", &mut || drive(handler, &mut hello)),
        ],
    )?;
    let unit = "reads/s";
    for (work, ours) in WORKS.into_iter().zip([none, near, far, both]) {
        let goal = if work == WORKS[1] { Goal::AtLeast(0.7) } else { Goal::None };
        for (yardstick, theirs, goal) in [
            ("axum hello", constant, goal),
            ("GET /livez, a constant of the same server", own, Goal::None),
            ("pgbench, select of the document", document, Goal::None),
            ("no cache", none, Goal::None),
        ] {
            print(&Figure { work, ours, yardstick, theirs, unit, goal });
        }
    }
    Ok(constant)
}

/// The same while every order is changed now and then.
fn while_writing(
    servers: &[Process; 4],
    ours: &Database,
    time: Duration,
    constant: f64,
) -> Result<(), Failure> {
    let ids = ours.query("SELECT id FROM order_store.order_state ORDER BY random()")?;
    let path = |id: &str| load::post(&format!("/orders/{id}/notes"), br#"{"text":"a note"}"#);
    let mut notes = Requests::repeated(ids.lines().map(path));
    let done = AtomicBool::new(false);
    let writer = servers[0].address;
    let figures = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                load::pace(writer, 4, Duration::from_secs(1), 200, WRITES, &mut notes)?;
            }
            Ok::<(), Failure>(())
        });
        let figures = (|| {
            let mut ids = [reads(ours)?, reads(ours)?, reads(ours)?, reads(ours)?];
            let [a, b, c, d] = &mut ids;
            let drive = |process: &Process, requests: &mut Requests| {
                Ok(load::drive(process.address, CONNECTIONS, time, 200, requests)?.per_second)
            };
            take_turns(
                || Ok(()),
                [
                    (WORKS[0], &mut || drive(&servers[0], a)),
                    (WORKS[1], &mut || drive(&servers[1], b)),
                    (WORKS[2], &mut || drive(&servers[2], c)),
                    (WORKS[3], &mut || drive(&servers[3], d)),
                ],
            )
        })();
        done.store(true, Ordering::SeqCst);
        writing.join().map_err(|_| "the writer died")??;
        figures
    })?;
    println!("  while another server changes {WRITES} orders a second:");
    for (work, ours) in WORKS.into_iter().zip(figures) {
        let (unit, goal) = ("reads/s", Goal::None);
        for (yardstick, theirs) in [("axum hello", constant), ("no cache", figures[0])] {
            print(&Figure { work, ours, yardstick, theirs, unit, goal });
        }
    }
    Ok(())
}
