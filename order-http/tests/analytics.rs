//! Numbers over all orders, as programs and spreadsheets read them.

use order_http::body::{AsOfBody, FunnelBody, RankingBody, RevenueBody, SummaryBody};
use serde_json::{Value, json};

use crate::shop::Shop;

fn sale(id: &str, at: &str, (product, price): (&str, &str), country: &str, status: &str) -> Value {
    let price = json!({"amount": price, "currency": "EUR"});
    let line =
        json!({"id": "1", "productId": product, "name": "P", "quantity": 2, "unitPrice": price});
    json!({"sale": {
        "id": id, "at": at, "status": status, "paid": status == "completed",
        "content": {
            "number": format!("N-{id}"), "customerId": format!("c-{country}"), "currency": "EUR",
            "country": country, "lines": [line],
        },
    }})
}

/// A shop with orders around the end of March 2011 in Berlin, and one in yen.
async fn shop() -> Shop {
    let shop = Shop::new();
    let amount = |amount: &str| json!({"amount": amount, "currency": "EUR"});
    let line = json!({"productId": "p", "name": "P", "quantity": -1, "unitPrice": amount("3.00")});
    let records = json!([
        sale("s1", "2011-03-31T21:59:59Z", ("tea", "1.25"), "France", "completed"),
        sale("s2", "2011-03-31T22:00:00Z", ("tea", "10.00"), "Spain", "completed"),
        sale("s3", "2011-04-02T10:00:00Z", ("=cup", "0.50"), "Spain", "pending"),
        sale("s4", "2011-04-02T11:00:00Z", ("cup", "4.00"), "Spain", "cancelled"),
        {"return": {
            "orderId": "s2", "id": "r1", "at": "2011-05-01T10:00:00Z", "amount": amount("5.00"),
            "items": [{"lineId": "1", "quantity": 1}],
        }},
        {"credit_note": {
            "id": "c1", "lines": [line], "total": amount("-3.00"), "country": "France",
            "issuedAt": "2011-04-30T22:00:00Z",
        }},
    ]);
    shop.post("/admin/import", records).await.ok();
    shop.placed(json!({"customerId": "c", "currency": "JPY",
        "items": [{"productId": "tea", "quantity": 1, "unitPrice": 700}]}))
        .await;
    shop
}

async fn read<T: serde::de::DeserializeOwned + serde::Serialize>(shop: &Shop, path: &str) -> T {
    let reply = shop.get(path).await;
    let body = serde_json::from_value(reply.ok()).unwrap();
    assert_eq!(serde_json::to_value(&body).unwrap(), reply.value(), "nothing of it is lost");
    body
}

#[tokio::test]
async fn months_are_those_of_the_zone() {
    let shop = shop().await;
    let path = "/analytics/revenue?interval=month&from=2011-03-01&to=2011-06-01&currency=EUR";
    let berlin = read::<RevenueBody>(&shop, &format!("{path}&zone=Europe/Berlin")).await;
    assert_eq!((berlin.zone.as_str(), berlin.as_of.behind), ("Europe/Berlin", 0));
    let row = |row: &order_http::body::PeriodBody| {
        let figures = &row.figures;
        (row.label.clone(), figures.gross.clone(), figures.sales.clone(), figures.net.clone())
    };
    let rows: Vec<_> = berlin.periods.iter().map(row).collect();
    let expected = [
        ("2011-03", "2.50", "2.50", "2.50"),
        ("2011-04", "29.00", "21.00", "21.00"),
        ("2011-05", "0.00", "0.00", "-8.00"),
    ];
    let expected = expected.map(|(label, gross, sales, net)| {
        (label.to_owned(), gross.to_owned(), sales.to_owned(), net.to_owned())
    });
    assert_eq!(rows, expected);
    assert_eq!(berlin.periods[0].from.to_string(), "2011-02-28T23:00:00Z");
    let utc = read::<RevenueBody>(&shop, path).await;
    let sales: Vec<_> = utc.periods.iter().map(|row| row.figures.sales.as_str()).collect();
    assert_eq!(sales, ["22.50", "1.00", "0.00"]);
    let april = &utc.periods[1].figures;
    assert_eq!(
        (april.credits.as_str(), april.credit_notes, april.refunds.as_str()),
        ("-3.00", 1, "0.00")
    );
    assert_eq!(april.average_order.as_deref(), Some("1.00"));
}

#[tokio::test]
async fn currencies_are_never_mixed() {
    let shop = shop().await;
    let summary = read::<SummaryBody>(&shop, "/analytics/summary").await;
    assert_eq!((summary.from, summary.to), (None, None));
    let totals: Vec<_> = summary
        .totals
        .iter()
        .map(|total| (total.currency.code(), total.figures.orders, total.figures.gross.as_str()))
        .collect();
    assert_eq!(totals, [("EUR", 3, "31.50"), ("JPY", 1, "700")]);
    let products = read::<RankingBody>(&shop, "/analytics/products?limit=1&sort=units").await;
    let rows: Vec<_> = products
        .rows
        .iter()
        .map(|row| {
            (row.currency.code(), row.key.as_str(), row.figures.units, row.figures.sales.as_str())
        })
        .collect();
    assert_eq!(rows, [("EUR", "tea", 4, "22.50"), ("JPY", "tea", 1, "700")]);
    let one = read::<RankingBody>(&shop, "/analytics/customers?currency=jpy").await;
    assert_eq!(one.rows.len(), 1);
    let countries = read::<RankingBody>(&shop, "/analytics/countries?currency=EUR").await;
    let rows: Vec<_> =
        countries.rows.iter().map(|row| (row.key.as_str(), row.figures.net.as_str())).collect();
    assert_eq!(rows, [("Spain", "16.00"), ("France", "-0.50")]);
}

#[tokio::test]
async fn a_funnel_counts_statuses_of_what_was_placed_in_a_period() {
    let shop = shop().await;
    let path = "/analytics/funnel?from=2011-04-01&to=2011-05-01";
    let funnel = read::<FunnelBody>(&shop, path).await;
    let count = |name: &str| {
        let found = funnel.statuses.iter().find(|row| row.status.as_str() == name);
        found.map(|row| row.orders)
    };
    assert_eq!(
        (count("pending"), count("cancelled"), count("shipped")),
        (Some(1), Some(1), Some(0))
    );
    assert_eq!(count("draft"), None);
    assert_eq!(funnel.to_shipped.orders, 0, "nobody knows when imported orders were shipped");
    let id = shop.order_of("c").await;
    shop.act(&format!("/orders/{id}/shipments"), json!({})).await;
    let funnel = read::<FunnelBody>(&shop, "/analytics/funnel").await;
    assert_eq!(funnel.to_shipped.orders, 1);
    assert!(funnel.to_shipped.p99_seconds.is_some() && funnel.to_delivered.orders == 0);
}

#[tokio::test]
async fn spreadsheets_get_tables() {
    let shop = shop().await;
    let path = "/analytics/revenue?interval=month&from=2011-03-01&to=2011-05-01&currency=EUR";
    for (path, headers) in [
        (format!("{path}&format=csv"), vec![]),
        (path.to_owned(), vec![("accept", "text/csv;q=0.9, application/json;q=0.5")]),
    ] {
        let reply = shop.ask("GET", &path, &headers, "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("content-type")),
            (200, "text/csv; charset=utf-8")
        );
        assert_eq!(
            reply.text,
            "label,from,to,currency,orders,cancelledOrders,units,gross,cancelled,sales,refunds,\
             creditNotes,credits,net,averageOrder\n\
             2011-03,2011-03-01T00:00:00Z,2011-04-01T00:00:00Z,EUR,2,0,4,22.50,0.00,22.50,0.00,0,\
             0.00,22.50,11.25\n\
             2011-04,2011-04-01T00:00:00Z,2011-05-01T00:00:00Z,EUR,1,1,2,9.00,8.00,1.00,0.00,1,\
             -3.00,-2.00,1.00\n"
        );
    }
    let products = shop.get("/analytics/products?format=csv&currency=EUR").await;
    assert!(products.text.contains("\n'=cup,EUR,1,"), "no formula: {}", products.text);
    for path in ["/analytics/summary", "/analytics/funnel", "/analytics/customers"] {
        let reply = shop.get(&format!("{path}?format=csv")).await;
        assert_eq!((reply.status.as_u16(), reply.header("vary")), (200, "accept"));
        assert!(reply.text.lines().count() > 1, "{path}: {}", reply.text);
    }
    let reply = shop.ask("GET", path, &[("accept", "*/*")], "").await;
    assert_eq!(reply.header("content-type"), "application/json");
}

#[tokio::test]
async fn all_is_counted_anew_when_somebody_asks() {
    let shop = shop().await;
    let before = shop.get("/analytics/summary").await.ok();
    let counted: AsOfBody =
        serde_json::from_value(shop.act("/admin/analytics/recount", json!({})).await).unwrap();
    assert_eq!(counted.behind, 0);
    assert_eq!(shop.get("/analytics/summary").await.ok(), before);
}

#[tokio::test]
async fn customers_see_no_numbers() {
    let shop = shop().await;
    let customer = shop.asked_by_customer("c");
    for path in ["summary", "revenue", "products", "customers", "countries", "funnel"] {
        let reply = customer.get(&format!("/analytics/{path}")).await;
        assert_eq!(reply.problem(403), "auth.forbidden");
    }
    assert_eq!(
        customer.post("/admin/analytics/recount", json!({})).await.problem(403),
        "auth.forbidden"
    );
}
