use std::{
    net::SocketAddr,
    sync::Mutex,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    database::KILLS,
    process::Setup,
    wire::{Connection, order, request},
};

/// Numbers that a seed repeats (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let limit = u64::try_from(limit).unwrap();
        usize::try_from((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit).unwrap()
    }
}

/// A new seed, or the one in `ORDER_TEST_SEED`; printed, so that a failure can be repeated.
pub(crate) fn seed(what: &str) -> u64 {
    let seed = std::env::var("ORDER_TEST_SEED").map_or_else(
        |_| u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos()),
        |text| text.parse().unwrap(),
    );
    println!("{what}: ORDER_TEST_SEED={seed}");
    seed
}

/// Places orders until the server is gone; notes what it has acknowledged.
fn place_until_gone(address: SocketAddr, client: usize, acknowledged: &Mutex<Vec<String>>) {
    let mut connection = Connection::open(address);
    for number in 0.. {
        let text = request("POST", "/orders", &[], &order(&format!("c{client}-{number}")));
        let Ok(answer) = connection.ask(&text) else { return };
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        acknowledged.lock().unwrap().push(id);
    }
}

#[test]
fn no_acknowledged_order_is_lost_when_the_server_is_killed() {
    const CLIENTS: usize = 8;
    let mut random = Random::new(seed("kills"));
    let setup = Setup::new().flags(&["--log=warn"]);
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..KILLS {
        let mut server = setup.start();
        let before = acknowledged.lock().unwrap().len();
        let life = Duration::from_millis(5 + u64::try_from(random.below(250)).unwrap());
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (address, acknowledged) = (server.address, &acknowledged);
                scope.spawn(move || place_until_gone(address, client, acknowledged));
            }
            // A machine with much else to do may need its time to get going.
            for _ in 0..1_000 {
                if acknowledged.lock().unwrap().len() > before {
                    break;
                }
                thread::sleep(Duration::from_millis(10));
            }
            thread::sleep(life);
            server.kill();
        });
        let acknowledged = acknowledged.lock().unwrap();
        println!(
            "round {round}: killed after {life:?}, {} acknowledged",
            acknowledged.len() - before
        );
        assert!(acknowledged.len() > before, "the load was too small to say anything");
    }

    let server = setup.start();
    let mut connection = Connection::open(server.address);
    let acknowledged = acknowledged.into_inner().unwrap();
    for id in &acknowledged {
        let answer = connection.ask(&request("GET", &format!("/orders/{id}"), &[], "")).unwrap();
        assert_eq!(answer.status, 200, "{id} was acknowledged and is lost: {answer:?}");
        assert_eq!(answer.json()["total"], "9.00", "{answer:?}");
    }
    let verified = verify(&mut connection);
    assert!(verified >= acknowledged.len(), "{verified} orders for {}", acknowledged.len());
    assert_eq!(counted(&mut connection), (verified, verified * 900));
}

/// How many orders are in the figures, and their sum in hundredths, once all events are counted.
fn counted(connection: &mut Connection) -> (usize, usize) {
    loop {
        let asked = request("GET", "/analytics/summary", &[], "");
        let summary = connection.ask(&asked).unwrap().json();
        if summary["asOf"]["behind"] == 0 {
            let total = &summary["totals"][0];
            let gross = total["gross"].as_str().unwrap().replace('.', "");
            let orders = usize::try_from(total["orders"].as_u64().unwrap()).unwrap();
            return (orders, gross.parse().unwrap());
        }
    }
}

/// How many orders there are, each with a history that folds to what serves reads.
fn verify(connection: &mut Connection) -> usize {
    let (mut orders, mut after) = (0, String::new());
    loop {
        let path = format!("/admin/verify?limit=1000{after}");
        let page = connection.ask(&request("GET", &path, &[], "")).unwrap().json();
        assert_eq!(page["findings"], serde_json::json!([]), "{page}");
        orders += usize::try_from(page["orders"].as_u64().unwrap()).unwrap();
        let Some(next) = page["next"].as_str() else { return orders };
        after = format!("&after={next}");
    }
}
