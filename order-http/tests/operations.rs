//! Reports, imports, checks and health.

use order_core::VerifyPage;
use order_http::body::{
    CreditNoteListBody, DoctorBody, HealthBody, ImportOutcomeListBody, RefusedRowListBody,
    StatsBody, TransitionListBody,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::shop::{Reply, Shop};

/// Reads an answer as programs do, and makes sure that nothing of it is lost.
#[track_caller]
fn read<T: DeserializeOwned + Serialize>(reply: &Reply) -> T {
    reply.ok();
    let body = serde_json::from_str(&reply.text).unwrap();
    assert_eq!(serde_json::to_string(&body).unwrap(), reply.text);
    body
}

fn sale(id: &str, price: &str) -> Value {
    let price = json!({"amount": price, "currency": "GBP"});
    let line = json!({"id": "1", "productId": "p", "name": "P", "quantity": 2, "unitPrice": price});
    json!({"sale": {
        "id": id, "at": "2011-04-01T10:00:00Z", "status": "completed", "paid": true,
        "content": {
            "number": format!("N-{id}"), "customerId": "c", "currency": "GBP", "country": "France",
            "lines": [line],
        },
    }})
}

fn back(id: &str) -> Value {
    let amount = json!({"amount": "1.25", "currency": "GBP"});
    json!({"return": {
        "orderId": id, "id": "r1", "at": "2011-05-01T10:00:00Z", "amount": amount,
        "items": [{"lineId": "1", "quantity": 1}],
    }})
}

fn books() -> Value {
    let minus = |amount: &str| json!({"amount": amount, "currency": "GBP"});
    let line = json!({"productId": "p", "name": "P", "quantity": -1, "unitPrice": minus("3.00")});
    json!([
        sale("s1", "1.25"), sale("s2", "10.00"), back("s1"),
        {"credit_note": {
            "id": "c1", "lines": [line], "total": minus("-3.00"), "country": "France",
            "issuedAt": "2011-05-02T00:00:00Z",
        }},
        {"refused": {
            "source": "x.csv", "line": 7, "code": "row.price", "detail": "a price of 0.001",
            "at": "2011-04-03T00:00:00Z", "currency": "GBP", "quantity": 1, "amount": "0.001",
        }},
        sale("s3", "-1.00"),
    ])
}

#[tokio::test]
async fn records_are_taken_over_once_and_counted() {
    let shop = Shop::new();
    let reply = shop.post("/admin/import", books()).await;
    let outcomes: ImportOutcomeListBody = read(&reply);
    assert_eq!(outcomes.0.len(), 6);
    let taken = json!("taken");
    assert_eq!(reply.value().as_array().unwrap()[..5], vec![taken; 5]);
    assert!(reply.value()[5]["refused"]["code"].is_string(), "{}", reply.text);
    let again = shop.post("/api/admin/import", books()).await.ok();
    assert_eq!(again.as_array().unwrap()[..4], vec![json!("known"); 4]);

    let order = shop.get("/orders/N-s1").await.ok();
    assert_eq!(
        (&order["status"], &order["placedAt"]),
        (&json!("completed"), &json!("2011-04-01T10:00:00Z"))
    );
    let stats: StatsBody = read(&shop.get("/stats").await);
    let april = &stats.rows[0];
    assert_eq!((april.key.as_str(), april.orders, april.sales.as_str()), ("2011-04", 2, "22.50"));
    assert_eq!((april.refused.as_str(), april.all.as_str()), ("0.001", "22.501"));
    let may = &stats.rows[1];
    assert_eq!(
        (may.refunds.as_str(), may.credits.as_str(), may.net.as_str()),
        ("1.25", "-3.00", "-4.25")
    );
    let france: StatsBody =
        read(&shop.get("/stats?by=country&from=2011-04-01&to=2011-05-01").await);
    assert_eq!(france.rows.iter().filter(|row| row.key == "France").count(), 1);
    read::<StatsBody>(&shop.get("/stats?by=status").await);
    let notes: CreditNoteListBody = read(&shop.get("/credit-notes?limit=1").await);
    assert_eq!(notes.next.unwrap(), "c1");
    let notes: CreditNoteListBody = read(&shop.get("/credit-notes?after=c1").await);
    assert!(notes.credit_notes.is_empty() && notes.next.is_none());
    let rows: RefusedRowListBody = read(&shop.get("/admin/refused-rows").await);
    assert_eq!((rows.refused_rows.len(), rows.refused_rows[0].line), (1, 7));
}

#[tokio::test]
async fn a_return_finds_the_sale_before_it_in_the_same_request() {
    let shop = Shop::new();
    let mut records: Vec<Value> = (0..100).map(|at| sale(&format!("s{at}"), "1.25")).collect();
    records.push(back("s99"));
    let outcomes = shop.post("/admin/import", Value::Array(records)).await.ok();
    assert_eq!(outcomes.as_array().unwrap(), &vec![json!("taken"); 101]);
    let page: VerifyPage = read(&shop.get("/admin/verify?limit=60").await);
    assert_eq!((page.orders, page.findings.len()), (60, 0));
    let page = shop.get(&format!("/admin/verify?after={}", page.next.unwrap())).await;
    assert_eq!(read::<VerifyPage>(&page).orders, 40);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named() {
    let shop = Shop::new();
    let mut bad = books();
    bad[1]["sale"]["content"]["lines"][0]["quantity"] = json!("two");
    let reply = shop.post("/admin/import", bad).await;
    assert_eq!(reply.problem(422), "import.record");
    let pointer = reply.value()["errors"][0]["pointer"].clone();
    assert!(pointer.as_str().unwrap().starts_with("/1/"), "{pointer}");
    assert_eq!(shop.get("/orders").await.ok()["orders"], json!([]));
    let mut bad = books();
    bad[3]["credit_note"]["total"] = json!(["-3.00", "GBP"]);
    assert_eq!(shop.post("/admin/import", bad).await.problem(422), "import.record");
    for bad in [json!({}), json!([1]), json!([["sale"]]), json!([{"sale": ["s"]}]), json!(["sale"])]
    {
        let reply = shop.post("/admin/import", bad.clone()).await;
        assert_eq!(reply.problem(422), "import.record", "{bad}");
    }
}

#[tokio::test]
async fn an_import_may_be_larger_than_a_command() {
    let shop = Shop::new();
    let filler = "x".repeat(3 * 1024 * 1024);
    let body = json!([{"refused": {"source": "s", "line": 1, "code": "c", "detail": filler}}]);
    assert_eq!(shop.post("/admin/import", body.clone()).await.ok(), json!(["taken"]));
    assert_eq!(shop.post("/orders", body).await.problem(413), "request.too_large");
}

#[tokio::test]
async fn the_service_tells_how_it_is_to_anybody() {
    let shop = Shop::new().asked_by(None);
    for path in ["/livez", "/readyz"] {
        assert_eq!(shop.get(path).await.ok(), json!({"status": "ok"}));
    }
    let health: HealthBody = read(&shop.get("/api/health").await);
    assert_eq!(health.status, "ok");
    assert_eq!(health.checks.len(), 1);
    assert!(health.checks[0].is_up() && health.checks[0].name == "database", "{health:?}");
    let table: TransitionListBody = read(&shop.get("/transitions").await);
    assert_eq!(table.transitions.len(), order_core::TRANSITIONS.len());
    assert_eq!(table, TransitionListBody::all());
    let findings: DoctorBody = read(&Shop::new().get("/admin/doctor").await);
    assert_eq!(findings.findings[0].code, "memory.not_durable");
}
