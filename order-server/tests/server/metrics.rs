//! What is measured, and who may read it.

use crate::{
    process::Setup,
    wire::{Connection, get, order, post, request},
};

const SECRET: &str = "a secret of more than thirty-two bytes";

#[test]
fn requests_are_measured_by_route_and_not_by_path() {
    let setup = Setup::new().flags(&["--base-path=/shop", "--metrics-listen=127.0.0.1:0"]);
    let server = setup.start();
    for customer in ["ann", "ben"] {
        let placed = post(server.address, "/shop/orders", &order(customer));
        let id = placed.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(get(server.address, &format!("/shop/orders/{id}")).status, 200);
        assert_eq!(get(server.address, &format!("/shop/no-route/{id}")).status, 404);
    }
    get(server.address, "/shop/orders/nothing");
    let answer = get(server.address, "/shop/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"), "{answer:?}");
    let line = |text: &str| answer.body.lines().any(|line| line == text);
    let kinds = [
        ("POST", "/shop/orders", 201, 2),
        ("GET", "/shop/orders/{id}", 200, 2),
        ("GET", "/shop/orders/{id}", 404, 1),
    ];
    for (method, route, status, count) in kinds {
        let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
        let expected = format!("order_http_requests_total{{{labels}}} {count}");
        assert!(line(&expected), "{expected} in {}", answer.body);
    }
    let labels = "method=\"GET\",route=\"/shop/orders/{id}\"";
    assert!(line(&format!("order_http_request_duration_seconds_count{{{labels}}} 3")));
    let longest = format!("order_http_request_duration_seconds_bucket{{{labels},le=\"5\"}} 3");
    assert!(line(&longest), "{longest} in {}", answer.body);
    assert!(line("order_store_up 1"));
    for expected in [
        "order_placed_total{currency=\"USD\"} 2",
        "order_events_total{type=\"order.placed\"} 2",
        "order_transitions_total{from=\"none\",to=\"confirmed\"} 2",
        "order_http_errors_total{code=\"order.not_found\"} 1",
        "order_http_errors_total{code=\"route.not_found\"} 2",
        "order_store_duration_seconds_count{operation=\"commit\"} 2",
        "order_store_duration_seconds_count{operation=\"find\"} 3",
    ] {
        assert!(line(expected), "{expected} in {}", answer.body);
    }
    assert!(answer.body.contains("order_worker_step_duration_seconds_count{worker=\"process\"}"));
    assert!(answer.body.contains("order_build_info{version=\""));
    for personal in ["ann", "nothing", "no-route"] {
        assert!(!answer.body.contains(personal), "{personal} in {}", answer.body);
    }
    // Elsewhere nobody is asked who they are.
    let log = server.log();
    let apart = log.lines().find_map(|line| line.trim().strip_prefix("metrics    http://"));
    let address = apart.unwrap().strip_suffix("/metrics").unwrap().parse().unwrap();
    let answer = get(address, "/metrics");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("order_http_requests_total"));
    assert_eq!(get(address, "/orders").status, 404, "nothing else is there");
    server.stop();
}

#[test]
fn customers_and_strangers_read_no_measurements() {
    let server = Setup::new().variable("JWT_SECRET", SECRET).start();
    get(server.address, "/metrics").assert_problem(401, "auth.required");
    let ask = |role: &str| {
        let bearer = format!("Bearer {}", token(role));
        let asked = request("GET", "/metrics", &[("authorization", &bearer)], "");
        Connection::open(server.address).ask(&asked).unwrap()
    };
    ask("customer").assert_problem(403, "auth.forbidden");
    for role in ["staff", "service", "admin"] {
        assert_eq!(ask(role).status, 200, "{role}");
    }
    server.stop();
}

fn token(role: &str) -> String {
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    let claims = serde_json::json!({
        "sub": "somebody", "role": role, "exp": get_current_timestamp() + 600,
    });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// Every measurement that the dashboard names is one that the code names.
#[test]
fn the_dashboard_asks_for_nothing_that_is_not_measured() {
    let dashboard = include_str!("../../../deploy/grafana/dashboards/orders.json");
    let sources = [
        include_str!("../../src/metering/requests.rs"),
        include_str!("../../src/metering.rs"),
        include_str!("../../src/metering/orders.rs"),
        include_str!("../../src/metering/store.rs"),
        include_str!("../../src/workers.rs"),
        include_str!("../../src/relays.rs"),
        include_str!("../../src/webhooks.rs"),
        include_str!("../../../order-cache-redis/src/metrics.rs"),
    ];
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
    let names: Vec<&str> = dashboard
        .split(|c| !is_part(c))
        .filter(|word| word.starts_with("order_"))
        .map(|name| name.trim_end_matches("_bucket"))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let quoted = format!("\"{name}\"");
        assert!(sources.iter().any(|source| source.contains(&quoted)), "{name} is not measured");
    }
}

#[cfg(all(feature = "rabbitmq", feature = "kafka"))]
#[test]
fn health_tells_what_is_away_while_orders_are_taken() {
    let setup = Setup::new().flags(&["--rabbitmq-url=amqp://127.0.0.1:1/%2f"]);
    let setup =
        setup.flags(&["--kafka-brokers=127.0.0.1:1", "--user-service-url=http://127.0.0.1:1"]);
    let server = setup.start();
    assert_eq!(get(server.address, "/readyz").status, 200);
    let answer = get(server.address, "/health");
    assert_eq!(answer.status, 200);
    let health = answer.json();
    assert_eq!(health["status"], "degraded");
    let checks = health["checks"].as_array().unwrap();
    let states: Vec<_> =
        checks.iter().map(|it| (it["name"].as_str().unwrap(), it["status"] == "up")).collect();
    let expected =
        [("database", true), ("rabbitmq", false), ("kafka", false), ("customers", false)];
    let mut sorted = states.clone();
    sorted.sort_by_key(|state| expected.iter().position(|it| it == state));
    assert_eq!(sorted, expected, "{health}");
    assert!(health["memoryBytes"].as_u64().unwrap() > 1_000_000);
    assert!(health["latency"]["p99Ms"].as_f64().unwrap() > 0.0);
    assert!(!answer.body.contains("127.0.0.1"), "addresses are nobody's business: {health}");
    server.stop();
}
