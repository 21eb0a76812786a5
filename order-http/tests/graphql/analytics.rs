//! Numbers over all orders: the same as over REST.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    asked::{asked, code, data},
    shop::Shop,
};

const FIGURES: &str = "figures { orders cancelledOrders units gross cancelled sales refunds creditNotes \
    credits net averageOrder }";

async fn shop() -> Shop {
    let shop = Shop::new();
    let order = |customer: &str, product: &str, price: &str, country: &str| {
        json!({"customerId": customer, "currency": "EUR", "country": country,
            "items": [{"productId": product, "quantity": 2, "unitPrice": price}]})
    };
    let first = shop.placed(order("ann", "tea", "1.25", "France")).await;
    shop.placed(order("bob", "tea", "10.00", "Spain")).await;
    let last = shop.placed(order("bob", "cup", "4.00", "Spain")).await;
    shop.act(&format!("/orders/{first}/shipments"), json!({})).await;
    shop.act(&format!("/orders/{last}/cancel"), json!({})).await;
    shop.placed(json!({"customerId": "c", "currency": "JPY",
        "items": [{"productId": "tea", "quantity": 1, "unitPrice": 700}]}))
        .await;
    shop
}

/// A row of REST, whose figures stand beside what they are of.
fn nested(row: &Value, names: &[&str]) -> Value {
    let mut figures = row.as_object().unwrap().clone();
    let mut nested = serde_json::Map::new();
    for name in names {
        nested.insert((*name).to_owned(), figures.remove(*name).unwrap());
    }
    figures.entry("averageOrder").or_insert(Value::Null);
    nested.insert("figures".to_owned(), figures.into());
    nested.into()
}

fn rows(body: &Value, rows: &str, names: &[&str]) -> Value {
    body[rows].as_array().unwrap().iter().map(|row| nested(row, names)).collect()
}

#[tokio::test]
async fn sums_are_those_of_rest() {
    let shop = shop().await;
    let query = format!(
        "{{ orderSummary(filter: {{from: \"2026-01-01\"}}, zone: \"+02:00\") {{ from to asOf {{ behind }} \
         totals {{ currency {FIGURES} }} }} \
         orderRevenue(interval: MONTH, zone: \"Europe/Berlin\", filter: {{currency: \"EUR\"}}) \
         {{ zone periods {{ label from to currency {FIGURES} }} }} }}"
    );
    let answer = data(&asked(&shop, &query, json!({})).await);
    let summary = shop.get("/analytics/summary?from=2026-01-01&zone=%2B02:00").await.ok();
    assert_eq!(answer["orderSummary"]["totals"], rows(&summary, "totals", &["currency"]));
    assert_eq!(answer["orderSummary"]["from"], summary["from"]);
    assert_eq!(answer["orderSummary"]["asOf"]["behind"], 0);
    let sales = &answer["orderSummary"]["totals"][0]["figures"];
    assert_eq!((&sales["sales"], &sales["gross"]), (&json!("22.50"), &json!("30.50")));
    let revenue = "/analytics/revenue?interval=month&zone=Europe/Berlin&currency=EUR";
    let revenue = shop.get(revenue).await.ok();
    let expected = rows(&revenue, "periods", &["label", "from", "to", "currency"]);
    assert_eq!(answer["orderRevenue"]["periods"], expected);
    assert_eq!(answer["orderRevenue"]["zone"], "Europe/Berlin");
    assert_eq!(expected.as_array().unwrap().len(), 12);
}

#[tokio::test]
async fn rankings_and_the_funnel_are_those_of_rest() {
    let shop = shop().await;
    let query = format!(
        "{{ productRanking(first: 1, sort: UNITS) {{ rows {{ key currency {FIGURES} }} }} \
         customerRanking(filter: {{currency: \"EUR\"}}) {{ rows {{ key currency {FIGURES} }} }} \
         countryRanking {{ rows {{ key currency {FIGURES} }} }} \
         orderFunnel {{ statuses {{ status orders }} toShipped {{ orders meanSeconds }} }} }}"
    );
    let answer = data(&asked(&shop, &query, json!({})).await);
    for (field, path) in [
        ("productRanking", "products?limit=1&sort=units"),
        ("customerRanking", "customers?currency=EUR"),
        ("countryRanking", "countries"),
    ] {
        let body = shop.get(&format!("/analytics/{path}")).await.ok();
        let expected = rows(&body, "rows", &["key", "currency"]);
        assert_eq!(answer[field]["rows"], expected, "{field}");
        assert!(!expected.as_array().unwrap().is_empty(), "{field}");
    }
    let funnel = shop.get("/analytics/funnel").await.ok();
    let statuses = funnel["statuses"].as_array().unwrap().iter().map(|row| {
        let status = row["status"].as_str().unwrap().to_uppercase();
        json!({"status": status, "orders": row["orders"]})
    });
    assert_eq!(answer["orderFunnel"]["statuses"], statuses.collect::<Value>());
    assert_eq!(answer["orderFunnel"]["toShipped"]["orders"], 1);
}

#[tokio::test]
async fn what_cannot_be_counted_is_refused_as_over_rest() {
    let shop = Shop::new();
    for (field, expected) in [
        ("orderSummary(zone: \"Mars\") { from }", "analytics.zone_unknown"),
        ("orderSummary(filter: {from: \"x\"}) { from }", "time.invalid"),
        ("orderSummary(filter: {currency: \"ABC\"}) { from }", "money.unknown_currency"),
        ("productRanking(first: 1001) { from }", "page.limit_out_of_range"),
        (
            "orderRevenue(interval: HOUR, filter: {from: \"1970-01-01\"}) { zone }",
            "analytics.too_many_periods",
        ),
    ] {
        let answer = asked(&shop, &format!("{{ {field} }}"), json!({})).await;
        assert_eq!(code(&answer), expected, "{field}");
    }
    // Rows count where many lists are asked for at once.
    let price = json!({"amount": "1.00", "currency": "EUR"});
    let line = json!({"id": "1", "productId": "p", "name": "P", "quantity": 2, "unitPrice": price});
    let content = json!({"number": "N-1", "customerId": "c", "currency": "EUR", "lines": [line]});
    let sale = json!([{"sale": {"id": "s", "at": "2024-01-05T10:00:00Z", "status": "completed",
        "paid": true, "content": content}}]);
    shop.post("/admin/import", sale).await.ok();
    let (mut fields, mut ranges) = (String::new(), String::new());
    for at in 0..40 {
        let _ = write!(fields, " f{at}: figures {{ orders }}");
    }
    let filter = "filter: {from: \"2024-01-01\", to: \"2024-02-10\", currency: \"EUR\"}";
    for at in 0..20 {
        let revenue = format!("orderRevenue(interval: HOUR, {filter})");
        let _ = write!(ranges, " r{at}: {revenue} {{ periods {{{fields} }} }}");
    }
    let answer = asked(&shop, &format!("{{{ranges} }}"), json!({})).await;
    let codes = answer["errors"].as_array().unwrap().iter();
    let codes: Vec<_> = codes.map(|error| &error["extensions"]["code"]).collect();
    assert!(codes.contains(&&json!("graphql.too_complex")), "{codes:?}");
}
