//! What is taken over from another system, and what the books say then.

use serde_json::{Value, json};

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

const IMPORT: &str = "mutation($records: [ImportRecord!]!) \
    { importRecords(records: $records) { state code detail } }";

fn sale(id: &str, price: &str) -> Value {
    let price = json!({"amount": price, "currency": "GBP"});
    let line = json!({"id": "1", "productId": "p", "name": "P", "quantity": 2, "unitPrice": price});
    let content = json!({"number": format!("N-{id}"), "customerId": "c", "currency": "GBP",
        "country": "France", "lines": [line]});
    json!({"sale": {"id": id, "at": "2011-04-01T10:00:00Z", "status": "completed", "paid": true,
        "content": content}})
}

fn books() -> Value {
    let minus = json!({"amount": "-3.00", "currency": "GBP"});
    let line = json!({"productId": "p", "name": "P", "quantity": 1, "unitPrice": minus});
    json!([
        sale("s1", "1.25"),
        sale("s2", "10.00"),
        {"credit_note": {"id": "c1", "customerId": "c", "lines": [line], "total": minus,
            "country": "France", "issuedAt": "2011-05-02T00:00:00Z", "reason": "broken"}},
        {"refused": {"source": "x.csv", "line": 7, "code": "row.price", "detail": "a price of 0.001",
            "at": "2011-04-03T00:00:00Z", "currency": "GBP", "quantity": 1, "amount": "0.001"}},
        sale("s3", "-1.00"),
    ])
}

/// A shop that has taken the books over.
async fn with_books() -> Shop {
    let shop = Shop::new();
    let answer = data(&asked(&shop, IMPORT, json!({"records": books()})).await);
    let taken = json!({"state": "TAKEN", "code": null, "detail": null});
    assert_eq!(answer["importRecords"].as_array().unwrap()[..4], vec![taken; 4]);
    let refused = &answer["importRecords"][4];
    assert_eq!(
        (&refused["state"], &refused["code"]),
        (&json!("REFUSED"), &json!("payment.amount_out_of_range"))
    );
    shop
}

#[tokio::test]
async fn records_are_taken_over_once() {
    let shop = with_books().await;
    let answer = data(&asked(&shop, IMPORT, json!({"records": [sale("s1", "1.25")]})).await);
    assert_eq!(answer["importRecords"][0]["state"], "KNOWN");
    let mut bad = books();
    bad[1]["sale"]["content"]["lines"][0]["quantity"] = json!("two");
    let answer = asked(&shop, IMPORT, json!({"records": bad})).await;
    assert_eq!(code(&answer), "import.record");
    let pointer = answer["errors"][0]["extensions"]["errors"][0]["pointer"].clone();
    assert!(pointer.as_str().unwrap().starts_with("/1/"), "{pointer}");
    for bad in [json!([1]), json!(["sale"]), json!([{}]), json!([["sale"]])] {
        let answer = asked(&shop, IMPORT, json!({"records": bad})).await;
        assert_eq!(code(&answer), "import.record", "{bad}");
    }
    let log = shop.get("/admin/audit?action=records.imported").await.ok();
    assert_eq!(log["entries"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_books_say_what_they_say_over_rest() {
    let shop = with_books().await;
    let query = "query($by: ReportBy, $from: String, $to: String) { orderReport(by: $by, from: $from, \
        to: $to) { by rows { key currency orders sales refunds credits net refused all } } }";
    let ranges = [
        (json!({}), ""),
        (
            json!({"by": "COUNTRY", "from": "2011-04-01", "to": "2011-05-01"}),
            "?by=country&from=2011-04-01&to=2011-05-01",
        ),
        (json!({"by": "STATUS"}), "?by=status"),
    ];
    for (asked_for, path) in ranges {
        let report = data(&asked(&shop, query, asked_for).await)["orderReport"].clone();
        let rest = shop.get(&format!("/stats{path}")).await.ok();
        assert!(!rest["rows"].as_array().unwrap().is_empty());
        assert_eq!(report["rows"], rest["rows"]);
        assert_eq!(report["by"].as_str().unwrap().to_lowercase(), rest["by"].as_str().unwrap());
    }
    let wrong = asked(&shop, query, json!({"from": "yesterday"})).await;
    assert_eq!(code(&wrong), "time.invalid");

    let notes = "query($after: ID) { creditNotes(first: 1, after: $after) { creditNotes { id customerId \
        country lines { productId name quantity unitPrice } total currency issuedAt reason } next } }";
    let page = data(&asked(&shop, notes, json!({})).await)["creditNotes"].clone();
    let line = json!({"productId": "p", "name": "P", "quantity": 1, "unitPrice": "-3.00"});
    let note = json!({"id": "c1", "customerId": "c", "country": "France", "lines": [line],
        "total": "-3.00", "currency": "GBP", "issuedAt": "2011-05-02T00:00:00Z", "reason": "broken"});
    assert_eq!(page, json!({"creditNotes": [note], "next": "c1"}));
    let page = data(&asked(&shop, notes, json!({"after": "c1"})).await)["creditNotes"].clone();
    assert_eq!(page, json!({"creditNotes": [], "next": null}));

    let rows =
        "{ refusedRows { source line number code detail at country currency quantity amount } }";
    let rows = data(&asked(&shop, rows, json!({})).await)["refusedRows"].clone();
    let row = json!({"source": "x.csv", "line": 7, "number": null, "code": "row.price",
        "detail": "a price of 0.001", "at": "2011-04-03T00:00:00Z", "country": null,
        "currency": "GBP", "quantity": 1, "amount": "0.001"});
    assert_eq!(rows, json!([row]));
}

#[tokio::test]
async fn histories_are_verified_the_store_is_examined_and_figures_are_counted_anew() {
    let shop = with_books().await;
    let verify = "query($first: Int, $after: ID) { verifyOrders(first: $first, after: $after) \
        { orders events findings { severity code subject detail } next } }";
    let page = data(&asked(&shop, verify, json!({"first": 1})).await)["verifyOrders"].clone();
    let rest = shop.get("/admin/verify?limit=1").await.ok();
    assert_eq!(
        (&page["orders"], &page["findings"], &page["next"]),
        (&json!(1), &json!([]), &json!("s1"))
    );
    assert_eq!(page, rest);
    let last = data(&asked(&shop, verify, json!({"after": "s1"})).await)["verifyOrders"].clone();
    assert_eq!((&last["orders"], &last["next"]), (&json!(1), &Value::Null));
    for first in [0, 1_001] {
        let answer = asked(&shop, verify, json!({"first": first})).await;
        assert_eq!(code(&answer), "page.limit_out_of_range");
    }

    let found = "{ storeFindings { severity code subject detail } }";
    let found = data(&asked(&shop, found, json!({})).await)["storeFindings"].clone();
    let rest = shop.get("/admin/doctor").await.ok()["findings"].clone();
    assert!(!rest.as_array().unwrap().is_empty());
    let rest = rest.as_array().unwrap().iter().map(|finding| {
        let mut finding = finding.clone();
        finding["severity"] = finding["severity"].as_str().unwrap().to_uppercase().into();
        finding
    });
    assert_eq!(found, rest.collect::<Value>());

    let recount = "mutation { recountFigures { position behind } }";
    let counted = data(&asked(&shop, recount, json!({})).await)["recountFigures"].clone();
    assert_eq!(counted, shop.post("/admin/analytics/recount", json!({})).await.ok());
}
