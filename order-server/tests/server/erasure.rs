//! Canaries: distinctive words in every place that takes what is known of a person. After the persons are
//! erased none of them is left: in no row, file, log, or cache.

use std::collections::HashSet;

use order_testkit::redis::Redis;
use serde_json::{Value, json};

use crate::{
    database::{CACHES, SWEPT_AT_ONCE},
    process::{Server, Setup},
    wire::{Answer, Connection, get, post, request},
};

/// How many customers there are, with an account each.
const CUSTOMERS: usize = 4;
/// How many orders each of them has.
const ORDERS: usize = 3;
/// Orders of others around them, so that rows move between pages.
const OTHERS: usize = 150;

/// Makes words that nothing else says, and remembers them.
#[derive(Default)]
struct Canaries {
    seed: u64,
    known: Vec<String>,
}

impl Canaries {
    /// A new one: fourteen letters, so that it is one word that does not begin as another does.
    fn next(&mut self) -> String {
        let mut word = String::new();
        for _ in 0..14 {
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            let letter = u8::try_from((self.seed >> 33) % 26).unwrap();
            word.push(char::from(b'a' + letter));
        }
        self.known.push(word.clone());
        word
    }

    fn email(&mut self) -> String {
        format!("{}@{}.example", self.next(), self.next())
    }

    fn address(&mut self) -> Value {
        let parts = ["name", "company", "street", "street2", "city", "state", "zipCode", "phone"];
        let parts = parts.map(|part| (part.to_owned(), self.next().into()));
        // The country is the order's too, for reports, and stays.
        let country = ("country".to_owned(), "Denmark".into());
        Value::Object(parts.into_iter().chain([country]).collect())
    }

    fn person(&mut self) -> Value {
        json!({
            "email": self.email(), "name": self.next(), "phone": self.next(),
            "shippingAddress": self.address(), "billingAddress": self.address(),
        })
    }

    /// Those of which the end is somewhere in there. The beginning of a word may be that of the word before
    /// it in an index.
    fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let bytes = bytes.to_ascii_lowercase();
        let letters = |end: &&[u8]| end.iter().all(u8::is_ascii_lowercase);
        let ends: HashSet<&[u8]> = bytes.windows(8).filter(letters).collect();
        let found = self.known.iter().filter(|word| ends.contains(&word.as_bytes()[6..]));
        found.map(String::as_str).collect()
    }
}

fn ask(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    let asked =
        Connection::open(server.address).ask(&request(method, path, &[], &body.to_string()));
    let answer = asked.unwrap();
    assert!(answer.status < 300, "{method} {path}: {answer:?}");
    answer
}

fn with_person(mut order: Value, person: &Value) -> Value {
    for (name, value) in person.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

fn order(id: &str, customer: Option<&str>) -> Value {
    json!({
        "id": id, "customerId": customer,
        "items": [{"productId": "tea", "quantity": 1, "unitPrice": "4.50"}],
    })
}

/// Whom to ask to be forgotten, as `POST /admin/erase` reads it.
fn plant(server: &Server, canaries: &mut Canaries) -> Vec<Value> {
    let mut persons = Vec::new();
    for customer in 0..CUSTOMERS {
        let id = format!("customer-{customer}");
        let email = canaries.email();
        let user = json!({
            "id": id, "email": email, "password": canaries.next(), "firstName": canaries.next(),
            "lastName": canaries.next(), "phone": canaries.next(), "address": canaries.address(),
        });
        ask(server, "POST", "/users", &user);
        for n in 0..ORDERS {
            others(server, customer * ORDERS + n);
            let order_id = format!("order-{customer}-{n}");
            let placed = with_person(order(&order_id, Some(&id)), &canaries.person());
            ask(server, "POST", "/orders", &placed);
            let note = json!({"text": format!("{} {}", canaries.next(), canaries.next())});
            ask(server, "POST", &format!("/orders/{order_id}/notes"), &note);
        }
        // What was known before is known no more, and must go all the same.
        ask(server, "PUT", &format!("/orders/order-{customer}-0"), &canaries.person());
        let known = json!({"firstName": canaries.next(), "address": canaries.address()});
        ask(server, "PATCH", &format!("/users/{id}"), &known);
        let by_id = json!({"customerId": id, "sweep": false});
        persons.push(if customer % 2 == 0 {
            by_id
        } else {
            json!({"email": email, "sweep": false})
        });
    }
    let guest = canaries.person();
    ask(server, "POST", "/orders", &with_person(order("guest", None), &guest));
    persons.push(json!({"email": guest["email"], "sweep": false}));
    let line = json!({"id": "1", "productId": "tea", "name": "Tea", "quantity": 1,
        "unitPrice": {"amount": "4.50", "currency": "GBP"}});
    let sale = json!([{"sale": {
        "id": "imported", "at": "2011-04-01T10:00:00Z", "status": "completed", "paid": true,
        "content": {"number": "N-1", "currency": "GBP", "lines": [line]}, "person": canaries.person(),
    }}]);
    assert_eq!(ask(server, "POST", "/admin/import", &sale).json(), json!(["taken"]));
    persons.push(json!({"orderId": "N-1", "sweep": false}));
    persons
}

/// Orders of somebody else, some of them changed.
fn others(server: &Server, round: usize) {
    for n in 0..OTHERS / (CUSTOMERS * ORDERS) {
        let id = format!("other-{round}-{n}");
        let mut placed = order(&id, Some("other"));
        placed["name"] = format!("Somebody {round} Else {n}").into();
        placed["shippingAddress"] = json!({"street": "x".repeat(37 * (n + 1))});
        ask(server, "POST", "/orders", &placed);
        let note = json!({"text": "left at the door ".repeat(n + 1)});
        ask(server, "POST", &format!("/orders/{id}/notes"), &note);
    }
}

/// Requests that say canaries and are refused, or find nothing: they are in no row, only perhaps in a log.
fn whisper(server: &Server, canaries: &mut Canaries) {
    for path in ["/orders/search?q=", "/orders?customerId=", "/orders/", "/users?email=", "/users/"]
    {
        let answer = get(server.address, &format!("{path}{}", canaries.next()));
        assert!(answer.status < 500, "{answer:?}");
    }
    for (path, body) in [
        ("/orders", json!({"email": canaries.next(), "items": [{"productId": "tea"}]})),
        ("/orders", json!({"name": [canaries.next()], "phone": {"x": canaries.next()}})),
        ("/users", json!({"email": canaries.next(), "password": canaries.next()})),
        ("/auth", json!({"email": canaries.email(), "password": canaries.next()})),
        ("/admin/erase", json!({"email": canaries.next()})),
        ("/admin/import", json!([{"sale": {"person": {"name": canaries.next()}}}])),
    ] {
        let answer = post(server.address, path, &body.to_string());
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
    }
}

/// How many keys say one of these words.
fn keys_with(redis: &Redis, words: &[String]) -> String {
    let script = "local n = 0
        for _, key in ipairs(redis.call('KEYS', '*')) do
            local text = string.lower(key .. redis.call('GET', key))
            for _, word in ipairs(ARGV) do if string.find(text, word, 1, true) then n = n + 1 end end
        end
        return n";
    let command = ["EVAL", script, "0"].into_iter().chain(words.iter().map(String::as_str));
    redis.ask(&command.collect::<Vec<_>>()).unwrap()
}

/// Waits until the cache has what was read.
fn fill(server: &Server, redis: Option<&Redis>, canaries: &Canaries) {
    let Some(redis) = redis else { return };
    for _ in 0..100 {
        for order in ["order-0-0", "order-1-0", "guest", "imported", "N-1"] {
            get(server.address, &format!("/orders/{order}"));
        }
        if keys_with(redis, &canaries.known) != ":0" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("nothing was put into the cache");
}

#[test]
fn of_an_erased_person_nothing_is_left() {
    let redis = CACHES.then(|| Redis::start().expect("Redis is installed"));
    let mut setup = Setup::new().flags(&["--currency=GBP"]).variable("ORDER_LOG", "trace,h2=off");
    if let Some(redis) = &redis {
        setup = setup.variable("REDIS_URL", &redis.url()).variable("ORDER_CACHE_SIZE", "1000000");
    }
    let server = setup.start();
    let mut canaries = Canaries { seed: 42, ..Canaries::default() };
    let persons = plant(&server, &mut canaries);
    assert!(canaries.known.len() >= 200, "{}", canaries.known.len());
    let rows = canaries.found_in(&setup.kept()).len();
    assert!(rows >= 200, "the test sees what is kept: {rows}");
    fill(&server, redis.as_ref(), &canaries);
    whisper(&server, &mut canaries);

    let erased = |body: &Value| post(server.address, "/admin/erase", &body.to_string()).json();
    let done: Vec<_> = persons.iter().map(erased).collect();
    let sum = |what: &str| done.iter().map(|one| one[what].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("orders"), (CUSTOMERS * ORDERS + 2) as u64, "{done:?}");
    assert_eq!(sum("accounts"), CUSTOMERS as u64, "{done:?}");
    let left = canaries.found_in(&setup.kept());
    assert_eq!(left.is_empty(), SWEPT_AT_ONCE, "only what is swept is gone: {left:?}");
    // Nobody is left to be erased; what is left of them in files goes.
    let again = erased(&json!({"customerId": "customer-0"}));
    assert_eq!((&again["orders"], &again["accounts"]), (&0.into(), &0.into()), "{again}");

    assert_eq!(canaries.found_in(&setup.kept()), [""; 0], "{again}");
    assert_eq!(canaries.found_in(server.log().as_bytes()), [""; 0]);
    assert!(server.log().contains("person.erased"), "the log tells of what was done");
    if let Some(redis) = &redis {
        assert_eq!(keys_with(redis, &canaries.known), ":0");
    }
    let shown = get(server.address, "/orders/order-0-0").json();
    assert!(shown["erasedAt"].is_string() && shown["total"] == "4.50", "{shown}");
    assert_eq!(shown["name"], Value::Null);
    let verified = get(server.address, "/admin/verify?limit=1000").json();
    assert_eq!(verified["findings"], json!([]));
    let audit = get(server.address, "/admin/audit?action=person.erased").json();
    assert_eq!(audit["entries"].as_array().unwrap().len(), persons.len() + 1, "{audit}");
    server.stop();
    assert_eq!(canaries.found_in(&setup.kept_in_files()), [""; 0]);
}
