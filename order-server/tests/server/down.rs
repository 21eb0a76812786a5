//! PostgreSQL away or hung while orders come in: callers are told at once, nothing acknowledged is lost,
//! and the server goes on by itself.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use order_testkit::postgres::Postgres;

use crate::{
    process::{Server, Setup},
    wire::{Connection, get, order, request},
};

const CLIENTS: usize = 8;
/// How long a caller waits for the word that nothing goes, and the server after the database is back.
const TOLD: Duration = Duration::from_secs(3);
const BACK: Duration = Duration::from_secs(5);

/// What clients saw.
#[derive(Default)]
struct Seen {
    acknowledged: Mutex<Vec<String>>,
    /// The longest that anybody waited for an answer.
    longest: Mutex<Duration>,
    refused: Mutex<usize>,
    stop: AtomicBool,
}

impl Seen {
    /// Places orders until told to stop.
    fn place(&self, address: SocketAddr, client: usize) {
        let mut connection = Connection::open(address);
        for number in 0.. {
            if self.stop.load(SeqCst) {
                return;
            }
            let begun = Instant::now();
            let text = request("POST", "/orders", &[], &order(&format!("c{client}-{number}")));
            let answer = connection.ask(&text).unwrap();
            let mut longest = self.longest.lock().unwrap();
            *longest = begun.elapsed().max(*longest);
            drop(longest);
            match answer.status {
                201 => {
                    let id = answer.json()["id"].as_str().unwrap().to_owned();
                    self.acknowledged.lock().unwrap().push(id);
                }
                503 => {
                    assert!(answer.header("retry-after").is_some(), "{answer:?}");
                    *self.refused.lock().unwrap() += 1;
                    thread::sleep(Duration::from_millis(20));
                }
                _ => panic!("{answer:?}"),
            }
        }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// How long it takes until somebody's order is placed.
    fn wait_for_more(&self) -> Duration {
        let (begun, before) = (Instant::now(), self.count());
        while self.count() == before {
            assert!(begun.elapsed() < Duration::from_secs(30), "no order is placed any more");
            thread::sleep(Duration::from_millis(5));
        }
        begun.elapsed()
    }
}

fn assert_all_there(server: &Server, acknowledged: &[String]) {
    let mut connection = Connection::open(server.address);
    let missing: BTreeSet<_> = acknowledged
        .iter()
        .filter(|id| {
            let read = request("GET", &format!("/orders/{id}"), &[], "");
            connection.ask(&read).unwrap().status != 200
        })
        .collect();
    assert!(missing.is_empty(), "{} of {} lost: {missing:?}", missing.len(), acknowledged.len());
}

/// Has clients place orders while the database is away for a while, twice.
fn while_away(postgres: &mut Postgres, leave: fn(&mut Postgres), come: fn(&mut Postgres)) {
    let url = postgres.url();
    let server = Setup::new().flags(&["--log=error", &format!("--database-url={url}")]).start();
    let seen = Seen::default();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (seen, address) = (&seen, server.address);
            scope.spawn(move || seen.place(address, client));
        }
        for _ in 0..2 {
            seen.wait_for_more();
            leave(postgres);
            thread::sleep(Duration::from_secs(4));
            let asked = Instant::now();
            assert_eq!(get(server.address, "/readyz").status, 503);
            assert_eq!(get(server.address, "/health").json()["status"], "down");
            assert!(asked.elapsed() < 2 * TOLD, "{:?}", asked.elapsed());
            assert_eq!(get(server.address, "/livez").status, 200, "it needs no restart");
            come(postgres);
            let back = seen.wait_for_more();
            assert!(back < BACK, "the first order after {back:?}");
        }
        seen.stop.store(true, SeqCst);
    });
    let (longest, refused) = (*seen.longest.lock().unwrap(), *seen.refused.lock().unwrap());
    println!("{} placed, {refused} refused, the longest wait {longest:?}", seen.count());
    assert!(refused > 0);
    assert!(longest < TOLD + Duration::from_secs(1), "somebody waited {longest:?}");
    assert_all_there(&server, &seen.acknowledged.lock().unwrap());
    server.stop();
}

#[test]
fn a_database_that_is_killed_and_comes_back() {
    let mut postgres = Postgres::start_with(&[("fsync", "on")]).unwrap();
    while_away(&mut postgres, Postgres::kill, |postgres| postgres.restart().unwrap());
}

#[test]
fn a_database_that_hangs_and_goes_on() {
    let mut postgres = Postgres::start().unwrap();
    while_away(&mut postgres, |it| it.pause(), |it| it.resume());
}
