//! Moving orders on over HTTP on PostgreSQL, each once, beside pgbench's compare-and-set with its event
//! in one round trip.

use std::{cell::Cell, time::Duration};

use order_benches::{
    Failure,
    child::{self, Process},
    fill,
    load::{self, Requests},
    measure::{ROUNDS, round_time, take_turns},
    pgbench::{CLIENTS, Script},
    postgres::{Cluster, Database},
    report::{Figure, Goal, print, title},
};

const CONNECTIONS: usize = 256;
const PROBE: Duration = Duration::from_secs(2);
/// More orders than either moves in a second: what is left over is left alone.
const OURS_A_SECOND: u64 = 40_000;
const THEIRS_A_SECOND: u64 = 20_000;

fn main() -> Result<(), Failure> {
    let time = round_time(5);
    title("confirmed orders to processing on PostgreSQL, durable");
    println!("  {CONNECTIONS} connections, {ROUNDS} rounds of {time:?} each, one to warm up");
    let program = child::build("order-server", "order-server")?;
    let cluster = Cluster::start()?;
    let (ours, shop) = (cluster.create("ours")?, cluster.create("shop")?);
    let server = Process::serve(&program, &ours.url)?;
    let rounds = ROUNDS as u64 + 1;
    fill(server.address, rounds * OURS_A_SECOND * time.as_secs())?;
    ours.tidy()?;
    let mut requests = requests(&ours)?;
    shop.run("schema.sql", &[])?;
    let seconds = CLIENTS.len() as u64 * PROBE.as_secs() + rounds * time.as_secs();
    let orders = (seconds * THEIRS_A_SECOND).to_string();
    shop.run("fill.sql", &[("orders", &orders), ("body", "")])?;
    let mut script = Script::new(&cluster, &shop, "transition.sql", &[("turn", "0")]);
    let base = Cell::new(0);
    let mut theirs = |script: &mut Script, time: Duration| {
        script.set("base", base.get().to_string());
        base.set(base.get() + THEIRS_A_SECOND * time.as_secs());
        script.run(time)
    };
    script.choose_clients_by(PROBE, &mut theirs)?;
    let acknowledged = Cell::new(0);
    let [our, their] = take_turns(
        || cluster.settle(),
        [
            ("POST /orders/{id}/process", &mut || {
                requests.limit(usize::try_from(OURS_A_SECOND * time.as_secs())?);
                let load = load::drive(server.address, CONNECTIONS, time, 200, &mut requests)?;
                acknowledged.set(acknowledged.get() + load.answered);
                Ok(load.per_second)
            }),
            ("one round trip", &mut || Ok(theirs(&mut script, time)?.per_second)),
        ],
    )?;
    print(&Figure {
        work: "G5 POST /orders/{id}/process",
        ours: our,
        yardstick: "pgbench, compare-and-set and event in one statement",
        theirs: their,
        unit: "transitions/s",
        goal: Goal::AtLeast(1.5),
    });
    server.doctor()?;
    drop(server);
    check(&ours, acknowledged.get(), "order_store.order_state WHERE status = 'processing'")?;
    check(&shop, script.done, "order_event WHERE version = 2")
}

/// One request for each order.
fn requests(database: &Database) -> Result<Requests, Failure> {
    let ids = database.query("SELECT id FROM order_store.order_state ORDER BY id")?;
    let path = |id: &str| load::post(&format!("/orders/{id}/process"), b"");
    Ok(Requests::once(ids.lines().map(path)))
}

/// Every acknowledged transition must be there, and on the yardstick's side none may have been for
/// nothing.
fn check(database: &Database, acknowledged: u64, moved: &str) -> Result<(), Failure> {
    let kept = database.count(&format!("SELECT count(*) FROM {moved}"))?;
    if kept < acknowledged {
        return Err(format!("{acknowledged} transitions of {moved}, {kept} are there").into());
    }
    println!("    all {acknowledged} transitions are in {moved}");
    Ok(())
}
