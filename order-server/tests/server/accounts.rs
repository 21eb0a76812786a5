//! Accounts and sign-in, as the clients of three order services use them, with real tokens.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use aws_lc_rs::{rand::SystemRandom, signature::Ed25519KeyPair};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use order_auth::{JwtTokens, Secret, TokenSettings};
use order_core::{
    RoleKind, Timestamp,
    ports::{Clock, SystemClock, TokenIssuer},
};
use serde_json::{Value, json};

use crate::{
    process::{Server, Setup},
    wire::{Answer, Connection, get, request},
};

pub(crate) const SECRET: &str = "the secret of a server in a test, long enough";
/// More than may wait; no more than that, for the tests beside it keep time.
const STORM: usize = 80;

pub(crate) fn with_secret() -> Setup {
    Setup::new().variable("JWT_SECRET", SECRET)
}

/// A token that counts, as `order token` makes them.
pub(crate) fn token(secret: &str, subject: &str, role: RoleKind) -> String {
    token_of(secret, subject, role, SystemClock.now())
}

fn token_of(secret: &str, subject: &str, role: RoleKind, now: Timestamp) -> String {
    let secret = Some(Secret::new(secret).unwrap());
    let tokens = JwtTokens::new(TokenSettings { secret, ..TokenSettings::default() }).unwrap();
    tokens.issue(&subject.parse().unwrap(), role, now).unwrap().text.as_ref().to_owned()
}

/// Somebody who shows a token.
struct Caller {
    address: SocketAddr,
    token: Option<String>,
}

impl Caller {
    fn new(server: &Server, token: impl Into<Option<String>>) -> Self {
        Self { address: server.address, token: token.into() }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let shown = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = shown.iter().map(|it| ("authorization", it.as_str())).collect();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Connection::open(self.address).ask(&request(method, path, &headers, &body)).unwrap()
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &Value::Null)
    }

    #[track_caller]
    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(method, path, body);
        assert!(answer.status < 300, "{method} {path}: {answer:?}");
        answer.json()
    }
}

/// Makes an account and signs in to it.
fn signed_in(server: &Server, email: &str, role: RoleKind) -> (Value, Caller) {
    let root = Caller::new(server, token(SECRET, "root", RoleKind::Admin));
    let user = json!({"email": email, "password": "correct horse", "role": role.as_str()});
    let user = root.ok("POST", "/users", &user);
    let credentials = json!({"email": email, "password": "correct horse"});
    let session = Caller::new(server, None).ok("POST", "/auth", &credentials);
    assert_eq!(session["user"], user);
    let caller = Caller::new(server, session["token"].as_str().unwrap().to_owned());
    (user, caller)
}

#[test]
fn with_a_secret_callers_must_sign_in() {
    let server = with_secret().start();
    let said = server.log();
    assert!(said.contains("callers    sign in") && !said.contains("development mode"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    get(server.address, "/orders").assert_problem(401, "auth.required");
    assert_eq!(get(server.address, "/health").status, 200);
    // Where callers show tokens, a server may be called by any name.
    let by_name = "GET /livez HTTP/1.1\r\nhost: shop.example\r\n\r\n";
    assert_eq!(Connection::open(server.address).ask(by_name).unwrap().status, 200);
}

#[test]
fn with_a_secret_others_may_reach_the_server() {
    let server = with_secret().flags(&["--listen=0.0.0.0:0"]).start();
    get(server.address, "/orders").assert_problem(401, "auth.required");
    let keys =
        Setup::new().variable("JWT_KEYS", "https://id.invalid/keys").flags(&["--listen=[::]:0"]);
    let server = keys.start();
    assert!(server.log().contains("no keys to check tokens with yet"), "{}", server.log());
}

#[test]
fn tokens_that_do_not_count_are_refused() {
    let server = with_secret().start();
    let good = token(SECRET, "ann", RoleKind::Admin);
    let expired = SystemClock.now().plus_millis(-25 * 3_600_000);
    let unsigned =
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJyb2xlIjoiYWRtaW4iLCJleHAiOjk5OTk5OTk5OTl9.";
    for (shown, code) in [
        ("garbage".to_owned(), "auth.token_invalid"),
        (String::new(), "auth.token_invalid"),
        (unsigned.to_owned(), "auth.token_invalid"),
        (format!("{good}x"), "auth.token_invalid"),
        (token("another secret", "ann", RoleKind::Admin), "auth.token_invalid"),
        (token_of(SECRET, "ann", RoleKind::Admin, expired), "auth.token_expired"),
    ] {
        let answer = Caller::new(&server, shown).get("/orders");
        answer.assert_problem(401, code);
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, Some("Bearer error=\"invalid_token\""));
    }
    assert_eq!(Caller::new(&server, good).get("/orders").status, 200);
}

#[test]
fn service_001_users_are_made_read_changed_listed_removed_and_sign_in() {
    let server = with_secret().start();
    let (root, admin) = signed_in(&server, "root@shop.example", RoleKind::Admin);
    let nobody = Caller::new(&server, None);
    let ann =
        json!({"email": "ann@shop.example", "password": "correct horse", "first_name": "Ann"});
    let user = nobody.ok("POST", "/users", &ann);
    let at = format!("/users/{}", user["id"].as_str().unwrap());
    let credentials = json!({"email": "ann@shop.example", "password": "correct horse"});
    let session = nobody.ok("POST", "/auth", &credentials);
    let ann = Caller::new(&server, session["token"].as_str().unwrap().to_owned());
    assert_eq!(ann.ok("GET", &at, &Value::Null), user);
    let changed = ann.ok("PUT", &at, &json!({"last_name": "Archer"}));
    assert_eq!(changed["lastName"], "Archer");
    ann.get("/users").assert_problem(403, "auth.forbidden");
    let other = format!("/users/{}", root["id"].as_str().unwrap());
    ann.get(&other).assert_problem(404, "user.not_found");
    let list = admin.ok("GET", "/users", &Value::Null);
    assert_eq!(list["users"].as_array().unwrap().len(), 2);
    assert_eq!(admin.ask("DELETE", &at, &Value::Null).status, 204);
    let again = nobody.ask("POST", "/auth", &credentials);
    again.assert_problem(401, "auth.mismatch");
    admin.ask("DELETE", &other, &Value::Null).assert_problem(409, "user.last_admin");
}

#[test]
fn service_001_orders_and_products_by_role() {
    let server = with_secret().start();
    let (_, staff) = signed_in(&server, "staff@shop.example", RoleKind::Staff);
    let (user, ann) = signed_in(&server, "ann@shop.example", RoleKind::Customer);
    let product = json!({"name": "Pen", "price": 1.5, "stock_quantity": 10});
    ann.ask("POST", "/products", &product).assert_problem(403, "auth.forbidden");
    let product = staff.ok("POST", "/products", &product);
    let item = json!({"product_id": product["id"], "quantity": 2});
    let order = ann.ok("POST", "/orders", &json!({"user_id": user["id"], "items": [item]}));
    assert_eq!((&order["total"], &order["customerId"]), (&json!("3.00"), &user["id"]));
    let at = format!("/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(ann.ok("PUT", &at, &json!({"tags": ["gift"]}))["tags"], json!(["gift"]));
    staff.ok("PUT", &at, &json!({"status": "processing"}));
    let stock = format!("/products/{}/stock", product["id"].as_str().unwrap());
    assert_eq!(staff.ok("PUT", &stock, &json!({"quantity": -3}))["stock"], 5);
    assert_eq!(ann.ok("GET", "/orders", &Value::Null)["orders"][0]["id"], order["id"]);
}

#[test]
fn service_003_is_served_by_bearer_token() {
    let server = with_secret().start();
    let staff = Caller::new(&server, token(SECRET, "staff-1", RoleKind::Staff));
    let customer = Caller::new(&server, token(SECRET, "user-123", RoleKind::Customer));
    let stranger = Caller::new(&server, token(SECRET, "user-456", RoleKind::Customer));
    let body = json!({
        "userId": "user-123",
        "items": [{"productId": "prod-456", "quantity": 2, "price": 29.99}],
        "shippingAddress": {"street": "123 Main St", "city": "New York", "zipCode": "10001"},
    });
    // A product that no catalogue has is sold by staff, or once the catalogue has it.
    customer.ask("POST", "/api/orders", &body).assert_problem(422, "product.unknown");
    staff.ok("POST", "/api/products", &json!({"id": "prod-456", "name": "Lamp", "price": 29.99}));
    let order = customer.ok("POST", "/api/orders", &body);
    assert_eq!((&order["total"], &order["customerId"]), (&json!("59.98"), &json!("user-123")));
    let at = format!("/api/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(customer.ok("GET", &at, &Value::Null)["id"], order["id"]);
    stranger.get(&at).assert_problem(404, "order.not_found");
    let shipped = json!({"status": "shipped"});
    customer.ask("PATCH", &format!("{at}/status"), &shipped).assert_problem(403, "auth.forbidden");
    stranger.ask("PATCH", &format!("{at}/status"), &shipped).assert_problem(404, "order.not_found");
    assert_eq!(staff.ok("PATCH", &format!("{at}/status"), &shipped)["status"], "shipped");
    let list = customer.ok("GET", "/api/users/user-123/orders", &Value::Null);
    assert_eq!(list["orders"][0]["id"], order["id"]);
    stranger.get("/api/users/user-123/orders").assert_problem(404, "not_found");
    assert_eq!(get(server.address, "/health").json()["status"], "ok");
}

/// With the environment that it documents: a short secret, and a life in seconds.
#[test]
fn service_004_is_served_by_bearer_token() {
    let setup = Setup::new();
    let env = "ENV=development\nJWT_SECRET=your-jwt-secret\nJWT_EXPIRATION=3600\n";
    std::fs::write(setup.path().join(".env"), env).unwrap();
    let server = setup.start();
    assert!(server.log().contains("JWT_SECRET has fewer than 32 bytes"), "{}", server.log());
    let root = Caller::new(&server, token("your-jwt-secret", "root", RoleKind::Admin));
    let account = json!({"id": "123", "email": "c@shop.example", "password": "correct horse"});
    root.ok("POST", "/api/users", &account);
    let credentials = json!({"email": "c@shop.example", "password": "correct horse"});
    let session = Caller::new(&server, None).ok("POST", "/api/auth", &credentials);
    let expires: Timestamp = session["expiresAt"].as_str().unwrap().parse().unwrap();
    let left_ms = expires.millis() - SystemClock.now().millis();
    assert!((3_500_000..=3_600_000).contains(&left_ms), "{left_ms}");
    let customer = Caller::new(&server, session["token"].as_str().unwrap().to_owned());
    root.ok("POST", "/api/products", &json!({"id": "456", "name": "Lamp", "price": 29.99}));
    let body = json!({
        "customerId": "123",
        "items": [{"productId": "456", "quantity": 2, "price": 29.99}],
        "shippingAddress": {
            "street": "123 Main St", "city": "Boston", "state": "MA", "zipCode": "02108",
        },
    });
    let order = customer.ok("POST", "/api/orders", &body);
    let at = format!("/api/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(customer.ok("GET", &at, &Value::Null)["shippingAddress"]["state"], "MA");
    let status = json!({"status": "SHIPPED", "trackingNumber": "1Z999AA10123456789"});
    let shipped = root.ok("PUT", &format!("{at}/status"), &status);
    assert_eq!(shipped["shipments"][0]["trackingNumber"], "1Z999AA10123456789");
    let page = customer.ok("GET", "/api/orders/history/123?page=1&limit=10", &Value::Null);
    assert_eq!(page["orders"][0]["id"], order["id"]);
    let stranger = Caller::new(&server, token("your-jwt-secret", "124", RoleKind::Customer));
    stranger.get("/api/orders/history/123?page=1&limit=10").assert_problem(404, "not_found");
    stranger.get(&at).assert_problem(404, "order.not_found");
}

#[test]
fn tokens_of_somebody_else_count_by_their_keys() {
    let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    let key = EncodingKey::from_ed_der(der.as_ref());
    let mut public = Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap();
    public.common.key_id = Some("k1".to_owned());
    let setup = Setup::new().flags(&["--jwt-keys=keys.json", "--jwt-issuer=id.example"]);
    let keys = json!({"keys": [public]}).to_string();
    std::fs::write(setup.path().join("keys.json"), keys).unwrap();
    let server = setup.start();
    let exp = SystemClock.now().millis() / 1_000 + 60;
    let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::EdDSA) };
    let sign = |claims: &Value| encode(&header, claims, &key).unwrap();
    let claims = json!({"uid": 7, "roles": ["staff"], "exp": exp, "iss": "id.example"});
    assert_eq!(Caller::new(&server, sign(&claims)).get("/stats").status, 200);
    let stranger = json!({"uid": 7, "roles": ["staff"], "exp": exp, "iss": "other.example"});
    Caller::new(&server, sign(&stranger)).get("/stats").assert_problem(401, "auth.token_invalid");
    // Who only checks tokens makes none.
    let credentials = json!({"email": "ann@shop.example", "password": "correct horse"});
    let refused = Caller::new(&server, None).ask("POST", "/auth", &credentials);
    refused.assert_problem(409, "auth.no_issuer");
}

#[test]
fn a_key_set_that_cannot_be_read_ends_it_with_code_2() {
    let output = Setup::new().flags(&["--jwt-keys=nowhere.json"]).output();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the keys of nowhere.json cannot be used"), "{said}");
}

#[test]
fn development_mode_asks_for_no_token_but_gives_them() {
    let server = Setup::new().start();
    let nobody = Caller::new(&server, None);
    let user = json!({"email": "ann@shop.example", "password": "correct horse", "role": "staff"});
    assert_eq!(nobody.ok("POST", "/users", &user)["role"], "staff");
    let session = nobody.ok("POST", "/auth", &user);
    assert!(session["token"].as_str().unwrap().starts_with("eyJ"));
    assert_eq!(Caller::new(&server, "anything".to_owned()).get("/users").status, 200);
}

/// Neither what people are called nor what they prove it with is in a log, whatever becomes of it.
#[test]
fn the_log_knows_nobody() {
    let setup = with_secret().variable("ORDER_LOG", "trace");
    let server = setup.start();
    let canaries = ["canary-mail@x.example", "canary-password", "Canary-Name", "555-canary"];
    let nobody = Caller::new(&server, None);
    let user = json!({
        "email": canaries[0], "password": canaries[1], "lastName": canaries[2], "phone": canaries[3],
    });
    let made = nobody.ok("POST", "/users", &user);
    nobody.ask("POST", "/users", &user).assert_problem(409, "user.email_taken");
    let credentials = json!({"email": canaries[0], "password": canaries[1]});
    let session = nobody.ok("POST", "/auth", &credentials);
    let wrong = json!({"email": canaries[0], "password": "canary-password-2"});
    nobody.ask("POST", "/auth", &wrong).assert_problem(401, "auth.mismatch");
    let token = session["token"].as_str().unwrap().to_owned();
    let own = Caller::new(&server, token.clone());
    own.ok("GET", &format!("/users/{}", made["id"].as_str().unwrap()), &Value::Null);
    Caller::new(&server, format!("{token}x"))
        .get("/users")
        .assert_problem(401, "auth.token_invalid");
    let log = server.log();
    assert!(log.matches("\"route\":\"/auth\"").count() >= 2, "{log}");
    for canary in canaries.into_iter().chain([token.as_str(), SECRET]) {
        assert!(!log.contains(canary), "{canary} in {log}");
    }
}

/// Guessing passwords takes the server's time, but not all of it.
#[test]
fn a_storm_of_sign_ins_leaves_room_for_others() {
    let server = with_secret().flags(&["--sign-in-limit=off"]).start();
    let address = server.address;
    let guess = json!({"email": "nobody@shop.example", "password": "guess"});
    let storm: Vec<_> = (0..STORM)
        .map(|_| {
            let (nobody, guess) = (Caller { address, token: None }, guess.clone());
            std::thread::spawn(move || nobody.ask("POST", "/auth", &guess))
        })
        .collect();
    let begun = Instant::now();
    let staff = Caller::new(&server, token(SECRET, "s", RoleKind::Staff));
    assert_eq!(staff.get("/orders").status, 200);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let mut busy = 0;
    for guess in storm {
        let answer = guess.join().unwrap();
        if answer.status == 503 {
            answer.assert_problem(503, "auth.busy");
            assert_eq!(answer.header("retry-after"), Some("1"));
            busy += 1;
        } else {
            answer.assert_problem(401, "auth.mismatch");
        }
    }
    println!("{busy} of {STORM} were sent away");
}
