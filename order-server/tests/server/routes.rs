use crate::{
    process::Setup,
    wire::{get, order, post},
};

#[test]
fn a_base_path_is_before_every_route() {
    let server = Setup::new().flags(&["--base-path=/shop/v1"]).start();
    let placed = post(server.address, "/shop/v1/orders", &order("ann"));
    assert_eq!(placed.status, 201, "{placed:?}");
    let location = placed.header("location").unwrap();
    assert!(location.starts_with("/shop/v1/orders/"), "{location}");
    assert_eq!(get(server.address, location).status, 200);
    assert_eq!(get(server.address, "/shop/v1/api/orders").status, 200);
    let docs = get(server.address, "/shop/v1/openapi.json");
    assert_eq!(docs.status, 200);
    let outside = get(server.address, "/orders");
    assert_eq!(outside.status, 404);
    assert_eq!(outside.header("content-type"), Some("application/problem+json"));
    assert!(server.log().contains("/shop/v1/orders"), "{}", server.log());
}

#[test]
fn the_orders_can_be_mounted_at_the_root() {
    let server = Setup::new().flags(&["--orders-path=/"]).start();
    let body = r#"{"userId":"u1","products":[{"_id":"p1","quantity":2,"price":10}]}"#;
    let placed = post(server.address, "/", body);
    assert_eq!(placed.status, 201, "{placed:?}");
    let id = placed.json()["_id"].as_str().unwrap().to_owned();
    assert_eq!(get(server.address, &format!("/{id}")).json()["_id"], id.as_str());
    assert_eq!(get(server.address, "/").json()[0]["_id"], id.as_str());
    // Fixed routes win.
    assert_eq!(get(server.address, "/livez").status, 200);
    assert_eq!(get(server.address, "/products").status, 200);
    assert_eq!(get(server.address, &format!("/orders/{id}")).status, 200);
}

#[test]
fn orders_wait_for_confirmation_where_that_is_wanted() {
    let server = Setup::new().flags(&["--auto-confirm=false", "--currency=EUR"]).start();
    let placed = post(server.address, "/orders", &order("ann")).json();
    assert_eq!((&placed["status"], &placed["currency"]), (&"pending".into(), &"EUR".into()));
}

#[test]
fn the_documentation_page_works_under_its_own_policy() {
    let server = Setup::new().start();
    let page = get(server.address, "/docs/");
    assert_eq!(page.status, 200, "{page:?}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'self'"), "{policy}");
    assert!(!page.body.contains("<script>"), "the policy lets no inline script run");
}

#[test]
fn what_is_in_the_events_is_told_to_whoever_asks() {
    let server = Setup::new().variable("JWT_SECRET", &"s".repeat(32)).start();
    let document = get(server.address, "/asyncapi.json");
    let kept = include_str!("../../../order-broker/asyncapi.json");
    let kept: serde_json::Value = serde_json::from_str(kept).unwrap();
    assert_eq!((document.status, document.json()), (200, kept));
    let schema = get(server.address, "/schemas/order.placed").json();
    assert_eq!(schema["$id"], "urn:order-library:events:v1:order.placed");
    let absent = get(server.address, "/schemas/order.evaporated");
    assert_eq!((absent.status, absent.json()["code"].as_str().unwrap()), (404, "event.not_found"));
    server.stop();
}
