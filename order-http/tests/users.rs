//! Accounts and sign-in.

use std::time::Duration;

use axum::http::StatusCode;
use order_core::RoleKind;
use order_http::{ApiError, Attempts};
use serde_json::{Value, json};

use crate::shop::Shop;

fn ann() -> Value {
    json!({
        "email": "Ann@Shop.example", "password": "correct horse", "firstName": "Ann",
        "lastName": "Archer", "phone": "+44 1", "address": {"street": "1 Main St", "city": "Boston"},
    })
}

async fn registered(shop: &Shop, body: Value) -> Value {
    let reply = shop.post("/users", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.value()
}

#[tokio::test]
async fn a_user_is_made_read_changed_listed_and_removed() {
    let shop = Shop::new();
    let reply = shop.post("/users", ann()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let user = reply.value();
    let id = user["id"].as_str().unwrap();
    assert_eq!(reply.header("location"), format!("/users/{id}"));
    assert_eq!((reply.header("etag"), reply.header("cache-control")), ("\"1\"", "no-store"));
    assert_eq!((&user["role"], &user["version"]), (&json!("customer"), &json!(1)));
    assert_eq!(user["email"], "Ann@Shop.example");
    assert_eq!(user["address"]["street"], "1 Main St");
    let at = format!("/users/{id}");
    assert_eq!(shop.get(&at).await.ok(), user);
    let changed = shop.patch(&at, json!({"last_name": "Baker", "role": "staff"})).await.ok();
    assert_eq!((&changed["lastName"], &changed["role"]), (&json!("Baker"), &json!("staff")));
    assert_eq!((&changed["firstName"], &changed["version"]), (&json!("Ann"), &json!(2)));
    let stale = shop.json("PUT", &at, &[("if-match", "\"1\"")], json!({"phone": "2"})).await;
    assert_eq!(stale.problem(412), "order.stale");
    let put = shop.json("PUT", &at, &[("if-match", "\"2\"")], json!({"phone": "2"})).await.ok();
    assert_eq!(put["phone"], "2");
    // A client that sends the whole user back changes nothing.
    let same = shop.put(&at, put.clone()).await.ok();
    assert_eq!((&same["role"], &same["phone"]), (&put["role"], &put["phone"]));
    assert_eq!(shop.get("/users").await.ok()["users"][0], same);
    let gone = shop.ask("DELETE", &at, &[("if-match", "\"1\"")], "").await;
    assert_eq!(gone.problem(412), "order.stale");
    let gone = shop.ask("DELETE", &at, &[], "").await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    assert_eq!(shop.get(&at).await.problem(404), "user.not_found");
    assert_eq!(shop.get("/users").await.ok()["users"], json!([]));
}

#[tokio::test]
async fn names_are_read_as_the_services_spell_them() {
    let shop = Shop::new();
    let body = json!({
        "email": "ann@shop.example", "password": "correct horse", "first_name": "Ann",
        "last_name": "Archer", "role": "STAFF",
    });
    let user = registered(&shop, body).await;
    assert_eq!((&user["firstName"], &user["lastName"]), (&json!("Ann"), &json!("Archer")));
    assert_eq!(user["role"], "staff");
}

#[tokio::test]
async fn who_signs_in_gets_a_token_that_counts() {
    let shop = Shop::new();
    let user = registered(&shop, ann()).await;
    let shop = shop.signing_in();
    let sign_in = json!({"email": " ann@SHOP.example ", "password": "correct horse"});
    let reply = shop.post("/auth", sign_in).await;
    let signed_in = reply.ok();
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(signed_in["user"], user);
    assert!(signed_in["expiresAt"].as_str().unwrap().ends_with('Z'));
    let shown = format!("Bearer {}", signed_in["token"].as_str().unwrap());
    let at = format!("/api/users/{}", user["id"].as_str().unwrap());
    let own = shop.ask("GET", &at, &[("authorization", &shown)], "").await;
    assert_eq!(own.ok(), user);
}

/// Which of the two is wrong, or whether there is such a user, nobody learns.
#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_answered_alike() {
    let shop = Shop::new();
    registered(&shop, ann()).await;
    let long = "x".repeat(1_001);
    let mut answers = Vec::new();
    for (email, password) in [
        ("ann@shop.example", "Correct horse"),
        ("ann@shop.example", ""),
        ("ann@shop.example", long.as_str()),
        ("bob@shop.example", "correct horse"),
        ("not an address", "correct horse"),
        ("", "correct horse"),
    ] {
        let reply = shop.post("/auth", json!({"email": email, "password": password})).await;
        assert_eq!(reply.problem(401), "auth.mismatch", "{email} {password}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        answers.push(reply.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_host_says_how_often_somebody_may_try_to_sign_in() {
    let shop = Shop::new();
    registered(&shop, ann()).await;
    let shop = shop.with_extension(Attempts::new(|| {
        let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "request.rate_limited", "");
        Err(error.retry_after(Duration::from_millis(2_100)))
    }));
    let right = json!({"email": "ann@shop.example", "password": "correct horse"});
    let reply = shop.post("/auth", right).await;
    assert_eq!(reply.problem(429), "request.rate_limited");
    assert_eq!(reply.header("retry-after"), "3");
}

#[tokio::test]
async fn a_changed_password_is_the_only_one() {
    let shop = Shop::new();
    let user = registered(&shop, ann()).await;
    let at = format!("/users/{}", user["id"].as_str().unwrap());
    shop.put(&at, json!({"password": "battery staple", "email": "new@shop.example"})).await.ok();
    for (email, password, status) in [
        ("new@shop.example", "battery staple", 200),
        ("new@shop.example", "correct horse", 401),
        ("ann@shop.example", "battery staple", 401),
    ] {
        let reply = shop.post("/auth", json!({"email": email, "password": password})).await;
        assert_eq!(reply.status, status, "{email} {password}: {}", reply.text);
    }
}

#[tokio::test]
async fn no_answer_has_a_password_or_its_hash() {
    let shop = Shop::new();
    let user = registered(&shop, ann()).await;
    let at = format!("/users/{}", user["id"].as_str().unwrap());
    let sign_in = json!({"email": "ann@shop.example", "password": "correct horse"});
    for reply in [
        shop.get(&at).await,
        shop.get("/users").await,
        shop.put(&at, json!({"password": "correct horse"})).await,
        shop.post("/auth", sign_in).await,
        shop.post("/users", ann()).await,
    ] {
        assert!(!reply.text.contains("horse") && !reply.text.contains("plain:"), "{}", reply.text);
        assert!(!reply.text.contains("\"password"), "{}", reply.text);
    }
}

#[tokio::test]
async fn whoever_registers_alone_is_a_customer_with_an_id_of_ours() {
    let shop = Shop::new();
    let nobody = shop.asked_by(None);
    let user = registered(&nobody, ann()).await;
    assert_eq!(user["role"], "customer");
    let mut wanted = ann();
    wanted["email"] = json!("eve@shop.example");
    for (field, value) in
        [("role", "admin"), ("role", "staff"), ("role", "service"), ("id", "alice")]
    {
        for shop in [&nobody, &shop.asked_by_customer("c"), &shop.asked_as("s", RoleKind::Staff)] {
            let mut wanted = wanted.clone();
            wanted[field] = json!(value);
            assert_eq!(shop.post("/users", wanted).await.problem(403), "auth.forbidden", "{field}");
        }
    }
    wanted["role"] = json!("admin");
    wanted["id"] = json!("root");
    assert_eq!(registered(&shop, wanted).await["id"], "root");
}

#[tokio::test]
async fn a_customer_sees_and_changes_only_themselves() {
    let shop = Shop::new();
    let (mut alice, mut bob) = (ann(), ann());
    (alice["id"], alice["email"]) = (json!("alice"), json!("alice@shop.example"));
    (bob["id"], bob["email"]) = (json!("bob"), json!("bob@shop.example"));
    registered(&shop, alice).await;
    let before = registered(&shop, bob).await;
    let asked = shop.asked_by_customer("alice");
    for (method, body) in [("GET", ""), ("PUT", r#"{"phone":"1"}"#), ("DELETE", "")] {
        let foreign = asked.ask(method, "/users/bob", &[], body).await;
        let nothing = asked.ask(method, "/users/nobody", &[], body).await;
        assert_eq!(foreign.problem(404), "user.not_found", "{method}");
        assert_eq!(foreign.text, nothing.text, "{method}");
    }
    assert_eq!(shop.get("/users/bob").await.ok(), before);
    assert_eq!(asked.get("/users").await.problem(403), "auth.forbidden");
    assert_eq!(asked.get("/users?email=bob@shop.example").await.problem(403), "auth.forbidden");
    let promoted = asked.patch("/users/alice", json!({"role": "admin"})).await;
    assert_eq!(promoted.problem(403), "auth.forbidden");
    assert_eq!(asked.patch("/users/alice", json!({"phone": "9"})).await.ok()["phone"], "9");
    assert_eq!(asked.ask("DELETE", "/users/alice", &[], "").await.status, 204);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let shop = Shop::new();
    let mut root = ann();
    (root["role"], root["id"]) = (json!("admin"), json!("root"));
    registered(&shop, root.clone()).await;
    let demoted = shop.patch("/users/root", json!({"role": "staff"})).await;
    assert_eq!(demoted.problem(409), "user.last_admin");
    let removed = shop.ask("DELETE", "/users/root", &[], "").await;
    assert_eq!(removed.problem(409), "user.last_admin");
    (root["id"], root["email"]) = (json!("second"), json!("second@shop.example"));
    registered(&shop, root).await;
    assert_eq!(shop.ask("DELETE", "/users/root", &[], "").await.status, 204);
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    let shop = Shop::new();
    for n in 0..5 {
        let mut user = ann();
        (user["id"], user["email"]) = (json!(format!("u{n}")), json!(format!("{n}@shop.example")));
        registered(&shop, user).await;
    }
    let mut seen = Vec::new();
    let mut path = "/users?limit=2".to_owned();
    loop {
        let page = shop.get(&path).await.ok();
        let users = page["users"].as_array().unwrap();
        seen.extend(users.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/users?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["u0", "u1", "u2", "u3", "u4"]);
    let one = shop.get("/users?email=3%40SHOP.example").await.ok();
    assert_eq!((one["users"][0]["id"].as_str(), &one["hasMore"]), (Some("u3"), &json!(false)));
    for bad in ["limit=0", "limit=201", "cursor=x", "email=nobody"] {
        assert_eq!(shop.get(&format!("/users?{bad}")).await.status, 422, "{bad}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_account_is_said() {
    let shop = Shop::new();
    registered(&shop, ann()).await;
    let long = "x".repeat(1_001);
    for (field, value, status, code) in [
        ("email", json!("nobody"), 422, "text.email"),
        ("email", json!(null), 422, "request.missing"),
        ("email", json!("ANN@shop.example"), 409, "user.email_taken"),
        ("password", json!("short"), 422, "password.too_short"),
        ("password", json!(long), 422, "password.too_long"),
        ("password", json!(12_345_678), 422, "request.type"),
        ("password", json!(null), 422, "request.missing"),
        ("role", json!("root"), 422, "user.role_unknown"),
        ("firstName", json!(""), 422, "text.empty"),
        ("address", json!("1 Main St"), 422, "request.type"),
        ("id", json!("x".repeat(201)), 422, "text.too_long"),
    ] {
        let mut user = ann();
        user["email"] = json!("new@shop.example");
        user[field] = value.clone();
        let reply = shop.post("/users", user).await;
        assert_eq!(reply.problem(status), code, "{field} {value}");
        if status == 422 {
            assert_eq!(reply.value()["errors"][0]["pointer"], format!("/{field}"));
        }
    }
    assert_eq!(shop.get("/users").await.ok()["users"].as_array().unwrap().len(), 1);
}
