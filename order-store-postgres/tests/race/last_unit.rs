//! Of many who want the last unit, one gets it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use order_core::{ErrorKind, Meta, OrderService, Orders, Receipt, ServiceError};
use order_store_postgres::PgOrderStore;
use order_testkit::sample::{order_of, product, text, units};

use crate::{
    health::admin,
    servers::{Pair, Server},
    support::{Schema, url},
};

const ROUNDS: usize = 200;
const CLIENTS: usize = 32;
const ROUNDS_OF_PROCESSES: usize = 50;
const CLIENTS_OF_PROCESS: usize = 16;
/// Tells a test process that it is to be the second server, on this schema.
const SCHEMA: &str = "ORDER_RACE_SCHEMA";
/// Enough for both processes to be ready.
const NOTICE: Duration = Duration::from_millis(20);

async fn buy(orders: OrderService, product: String) -> Result<Receipt, ServiceError> {
    let mut order = order_of("unnamed", vec![units(&product, 1)]);
    order.id = None;
    orders.place(&admin(), order, Meta::default()).await
}

/// How many got it. Each of the others was told why not.
fn winners(answers: &[Result<Receipt, ServiceError>]) -> usize {
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!((error.code(), error.kind()), ("stock.insufficient", ErrorKind::Conflict));
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_the_last_unit_one_gets_it() {
    let pair = Pair::start().await;
    for round in 0..ROUNDS {
        let id = format!("last-{round}");
        pair.sell(product(&id, Some(1))).await;
        let answers = pair.race(CLIENTS, |_, server| buy(server.orders.clone(), id.clone())).await;
        assert_eq!(winners(&answers), 1, "round {round}");
        assert_eq!(pair.stock(&id).await, 0, "round {round}");
    }
    assert_eq!(pair.check_health().await, ROUNDS as u64);
    println!("last unit: {ROUNDS} rounds of {CLIENTS} clients, one order each");
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Lets the clients of one process go for a product at a certain time, and says how many got it.
async fn buy_at(server: &Server, product: &str, at: Duration) -> usize {
    tokio::time::sleep(at.saturating_sub(now())).await;
    let buy = |_| server.spawn(buy(server.orders.clone(), product.to_owned()));
    let tasks: Vec<_> = (0..CLIENTS_OF_PROCESS).map(buy).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    winners(&answers)
}

/// Not a test of its own: the second server in a process of its own. A line names a product and the
/// time to go for it; the answer is how many got it.
#[tokio::test(flavor = "multi_thread")]
async fn serves_as_a_second_process() {
    let Ok(schema) = env::var(SCHEMA) else {
        return;
    };
    let server = Server::over(PgOrderStore::open_schema(&url(), &schema).await.unwrap());
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (product, at) = line.split_once(' ').unwrap();
        let won = buy_at(&server, product, Duration::from_millis(at.parse().unwrap())).await;
        std::io::stdout().write_all(format!("\nwon {won}\n").as_bytes()).unwrap();
    }
}

/// A process of the test above.
struct Second {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Second {
    fn start(schema: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "last_unit::serves_as_a_second_process", "--nocapture"])
            .env(SCHEMA, schema)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, orders, answers }
    }

    fn go(&mut self, product: &str, at: Duration) {
        writeln!(self.orders, "{product} {}", at.as_millis()).unwrap();
    }

    fn won(&mut self) -> usize {
        let lines = (&mut self.answers).lines().map_while(Result::ok);
        let mut answers = lines.filter_map(|line| line.strip_prefix("won ")?.parse().ok());
        answers.next().expect("the second process answers")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_want_the_last_unit_one_gets_it() {
    let schema = Schema::fresh();
    let server = Server::over(schema.store().await);
    let mut second = Second::start(&schema.0);
    // The first time shows that it is there, however long it took to start.
    server.orders.add_product(&admin(), product("none", Some(0))).await.unwrap();
    second.go("none", now());
    assert_eq!(second.won(), 0);
    let mut won_there = 0;
    for round in 0..ROUNDS_OF_PROCESSES {
        let id = format!("last-{round}");
        server.orders.add_product(&admin(), product(&id, Some(1))).await.unwrap();
        let at = now() + NOTICE;
        second.go(&id, at);
        let here = buy_at(&server, &id, at).await;
        let there = second.won();
        assert_eq!(here + there, 1, "round {round}");
        won_there += there;
        let left = server.orders.product(&admin(), &text(&id)).await.unwrap();
        assert_eq!(left.stock, Some(0), "round {round}");
    }
    // Without orders it ends by itself.
    drop(second.orders);
    assert!(second.process.wait().unwrap().success());
    assert_eq!(crate::health::check_health(&server.orders).await, ROUNDS_OF_PROCESSES as u64);
    println!("two processes: {ROUNDS_OF_PROCESSES} rounds, {won_there} won by the second");
}
