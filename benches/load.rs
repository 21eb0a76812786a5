//! What the load generator costs: axum's `hello` under it, beside the same under wrk.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use order_benches::{
    Failure,
    child::Process,
    load::{self, Requests},
    measure::{ROUNDS, round_time, take_turns},
    postgres::Cluster,
    report::{Figure, Goal, print, title},
};

fn main() -> Result<(), Failure> {
    let time = round_time(4);
    title("the load generator");
    println!("  {ROUNDS} rounds of {time:?} each, one to warm up");
    let has_wrk = Command::new("wrk").arg("-v").stdout(Stdio::null()).spawn();
    if has_wrk.and_then(|mut child| child.wait()).is_err() {
        println!("wrk is not installed; nothing is measured");
        return Ok(());
    }
    let cluster = Cluster::start()?;
    let database = cluster.create("shop")?;
    let server = Process::yardstick(env!("CARGO_BIN_EXE_yardstick"), &database.url, "1")?;
    for connections in [64, 256] {
        let mut hello = Requests::repeated([load::get("/hello")]);
        let [ours, theirs] = take_turns(
            || Ok(()),
            [
                ("ours", &mut || {
                    let load = load::drive(server.address, connections, time, 200, &mut hello);
                    Ok(load?.per_second)
                }),
                ("wrk", &mut || wrk(&server, connections, time)),
            ],
        )?;
        print(&Figure {
            work: &format!("GET /hello, {connections} connections"),
            ours,
            yardstick: "wrk, 1 thread",
            theirs,
            unit: "answers/s",
            goal: Goal::AtLeast(0.8),
        });
    }
    Ok(())
}

/// Answers per second under wrk.
fn wrk(server: &Process, connections: usize, time: Duration) -> Result<f64, Failure> {
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{}", time.as_secs())])
        .arg(format!("http://{}/hello", server.address))
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let rate = said.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    Ok(rate.ok_or("wrk failed")?.trim().parse()?)
}
