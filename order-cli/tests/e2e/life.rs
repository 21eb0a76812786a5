//! An order's whole life.

use serde_json::json;

use crate::shop::Shop;

#[test]
fn an_order_goes_from_placement_to_refund() {
    let shop = Shop::new();
    let number = shop.place(&["--customer", "C-1", "--email", "ann@example.org"]);
    let order = number.as_str();
    let step = |args: &[&str]| shop.json(args);

    let shipped = step(&["ship", order, "--item", "1=1", "--carrier", "DHL", "--tracking", "T-1"]);
    assert_eq!(shipped["status"], "partially_shipped");
    assert_eq!(step(&["ship", order])["status"], "shipped");
    assert_eq!(step(&["deliver", order, "1"])["status"], "shipped");
    assert_eq!(step(&["deliver", order])["status"], "delivered");
    let paid = step(&["pay", order, "10", "--method", "card", "--reference", "R-1"]);
    assert_eq!(paid["paymentStatus"], "partially_paid");
    assert_eq!(step(&["pay", order])["paymentStatus"], "paid");
    assert_eq!(step(&["complete", order])["status"], "completed");
    let asked = step(&["return", "request", order, "--item", "1=2", "--reason", "chipped"]);
    assert_eq!(asked["returnStatus"], "requested");
    let back = step(&["return", "receive", order, "--restock"]);
    assert_eq!(back["returnStatus"], "partially_returned");
    let refunded = step(&["refund", order, "--item", "1=2", "--return", "1"]);
    assert_eq!(refunded["amountRefunded"], "15.00");
    assert_eq!(refunded["paymentStatus"], "partially_refunded");
    assert!(step(&["archive", order])["archivedAt"].is_string());
    assert!(step(&["unarchive", order])["archivedAt"].is_null());

    let events = shop.json_lines(&["history", order]);
    assert_eq!(events.first().unwrap()["type"], "order.placed");
    assert_eq!(events.last().unwrap()["actor"], "cli");
    let verified = shop.json(&["verify"]);
    assert_eq!(verified["orders"], 1);
    assert_eq!(verified["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_draft_is_edited_and_placed() {
    let shop = Shop::new();
    let number = shop.place(&["--draft"]);
    let edited = shop.json(&["edit", &number, "--product", "mug:3:7.50", "--tax", "10%"]);
    assert_eq!((&edited["status"], &edited["total"]), (&"draft".into(), &"24.75".into()));
    let placed = shop.json(&["place", "--drafted", &number]);
    assert_eq!((&placed["status"], &placed["total"]), (&"confirmed".into(), &"24.75".into()));
}

#[test]
fn of_an_address_what_is_not_named_stays() {
    let shop = Shop::new();
    let street = ["--street", "Main St 1", "--zip", "8000", "--city", "Zurich", "--country", "CH"];
    let number = shop.place(&[&street[..], &["--billing", "city=Bern"]].concat());
    let moved = ["--zip", "8001", "--billing", "zip=3000"];
    let edited = shop.json(&[&["edit", &number][..], &moved].concat());
    let shipping =
        json!({"street": "Main St 1", "zipCode": "8001", "city": "Zurich", "country": "CH"});
    assert_eq!(edited["shippingAddress"], shipping);
    assert_eq!(edited["billingAddress"], json!({"city": "Bern", "zipCode": "3000"}));
    let late = shop.run(&["edit", &number, "--city", "Basel", "--if-version", "1"]);
    assert_eq!(late.status, 1);
}

#[test]
fn an_order_is_held_released_annotated_and_cancelled() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    assert_eq!(shop.json(&["hold", &number, "--reason", "fraud?"])["onHold"], true);
    assert_eq!(shop.run(&["ship", &number]).status, 1);
    assert_eq!(shop.json(&["release", &number])["onHold"], false);
    assert_eq!(shop.json(&["process", &number])["status"], "processing");
    let noted = shop.json(&["note", &number, "called the customer"]);
    assert_eq!(noted["notes"][0]["text"], "called the customer");
    let fewer = shop.json(&["cancel", &number, "--item", "2=1"]);
    assert_eq!((&fewer["status"], &fewer["total"]), (&"processing".into(), &"15.00".into()));
    let gone = shop.json(&["cancel", &number, "--reason", "changed mind"]);
    assert_eq!((&gone["status"], &gone["reason"]), (&"cancelled".into(), &"changed mind".into()));
}

#[test]
fn money_is_authorized_captured_in_parts_and_given_up() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    let held = shop.json(&["pay", &number, "--authorize", "--method", "card"]);
    assert_eq!(held["paymentStatus"], "authorized");
    let part = shop.json(&["pay", &number, "10.00", "--payment", "1"]);
    assert_eq!(part["payments"][0]["state"], "partially_captured");
    let rest = shop.json(&["void", &number]);
    assert_eq!(rest["payments"][0]["voided"], "20.00");
    let failed = shop.json(&["pay", &number, "--failed", "--method", "card"]);
    assert_eq!(failed["payments"][1]["state"], "failed");
}

#[test]
fn a_return_is_rejected() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    for step in ["ship", "deliver"] {
        shop.ok(&[step, &number]);
    }
    shop.ok(&["return", "request", &number]);
    let rejected = shop.json(&["return", "reject", &number, "--reason", "worn"]);
    assert_eq!(rejected["returns"][0]["state"], "rejected");
}

#[test]
fn products_are_added_edited_counted_and_sold() {
    let shop = Shop::new();
    let add = ["products", "add", "mug", "--name", "Mug", "--price", "7.50", "--currency", "EUR"];
    let mug = shop.json(&[&add[..], &["--stock", "5"]].concat());
    assert_eq!((&mug["id"], &mug["stock"]), (&"mug".into(), &5.into()));
    assert_eq!(shop.json(&["stock", "mug", "+10"])["stock"], 15);
    assert_eq!(shop.json(&["stock", "mug", "-3"])["stock"], 12);
    assert_eq!(shop.run(&["stock", "mug", "-13"]).status, 1);
    assert_eq!(shop.json(&["products", "edit", "mug", "--price", "8"])["price"], "8.00");

    let order = shop.json(&["place", "--product", "mug:2"]);
    assert_eq!((&order["total"], &order["currency"]), (&"16.00".into(), &"EUR".into()));
    assert_eq!(shop.ok(&["stock", "mug"]).trim(), "mug  10");
    let listed = shop.json_lines(&["products"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(shop.json(&["products", "show", "mug"])["stock"], 10);
}

#[test]
fn a_product_on_backorder_owes_units_and_low_stock_is_listed() {
    let shop = Shop::new();
    let add = |id: &str, more: &[&str]| {
        let product =
            ["products", "add", id, "--name", "Thing", "--price", "1", "--currency", "EUR"];
        shop.json(&[&product[..], more].concat())
    };
    assert_eq!(add("mug", &["--stock", "1", "--backorder"])["backorder"], true);
    assert_eq!(add("cup", &["--stock", "3", "--category", "cups"])["backorder"], false);
    add("pot", &["--stock", "10"]);
    add("tea", &[]);
    shop.ok(&["place", "--product", "mug:4"]);
    assert_eq!(shop.ok(&["stock", "mug"]).trim(), "mug  owes 3");
    assert!(shop.ok(&["products", "show", "mug"]).contains("stock owes 3"));

    let ids = |args: &[&str]| -> Vec<String> {
        let lines = shop.json_lines(args);
        lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["stock", "low"]), ["mug", "cup"]);
    assert_eq!(ids(&["stock", "low", "--below", "0"]), ["mug"]);
    assert_eq!(ids(&["stock", "low", "--below", "11", "-n", "2"]), ["mug", "cup"]);
    assert_eq!(ids(&["products", "list", "--low-stock", "11"]), ["mug", "cup", "pot"]);
    assert_eq!(ids(&["products", "--low-stock", "11", "--category", "cups"]), ["cup"]);
    assert_eq!(shop.json_lines(&["stock", "low"])[0]["stock"], -3);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("low", shop.ok(&["stock", "low", "--below", "11"])));
    for wrong in ["-1", "1001", "few"] {
        let below = format!("--below={wrong}");
        assert_eq!(shop.run(&["stock", "low", &below]).status, 2, "{wrong}");
    }

    let refused = shop.run(&["products", "edit", "mug", "--backorder=false"]);
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("[stock.owed]"), "{}", refused.err);
    assert_eq!(shop.run(&["products", "delete", "mug"]).status, 1);
    assert_eq!(shop.json(&["stock", "mug", "+3"])["stock"], 0);
    assert_eq!(shop.json(&["products", "edit", "mug", "--backorder=false"])["backorder"], false);
    assert_eq!(shop.run(&["products", "delete", "mug", "--if-version", "1"]).status, 1);
    assert_eq!(shop.ok(&["products", "delete", "mug"]).trim(), "mug is gone");
    assert_eq!(shop.json(&["products", "delete", "cup"])["deleted"], true);
    assert_eq!(ids(&["products"]), ["pot", "tea"]);
    assert_eq!(shop.run(&["stock", "mug"]).status, 1);
}

#[test]
fn lists_are_filtered_and_walked_to_the_end() {
    let shop = Shop::new();
    let mut numbers: Vec<_> = (0..5).map(|_| shop.place(&["--customer", "C-1"])).collect();
    let other = shop.place(&["--customer", "C-2", "--email", "zoe@example.org"]);
    let list = |args: &[&str]| -> Vec<String> {
        let orders = shop.json_lines(args);
        orders.iter().map(|order| order["number"].as_str().unwrap().to_owned()).collect()
    };

    assert_eq!(list(&["list", "--customer", "C-1", "--all", "--sort", "oldest"]), numbers);
    numbers.reverse();
    assert_eq!(list(&["list", "--customer", "C-1", "-n", "2"]), numbers[..2]);
    assert_eq!(list(&["search", "zoe"]), [other.as_str()]);
    assert_eq!(list(&["list", "--status", "shipped"]), Vec::<String>::new());
    assert_eq!(list(&["list", "--from", "2001-01", "--to", "2002-01-01"]), Vec::<String>::new());
    assert_eq!(list(&["list", "--product", "tea", "--payment-status", "unpaid"]).len(), 6);
}

#[test]
fn a_file_and_standard_input_place_orders_too() {
    let shop = Shop::new();
    let body = r#"{"userId":"U-1","products":[{"_id":"p","quantity":2,"price":1.10}]}"#;
    std::fs::write(shop.path("order.json"), body).unwrap();
    let one = shop.json(&["place", "--file", "order.json", "--key", "k-1"]);
    assert_eq!((&one["customerId"], &one["total"]), (&"U-1".into(), &"2.20".into()));
    let run = shop.run_with_input(&["place", "--file", "-", "--key", "k-1"], body);
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(run.out.starts_with(one["number"].as_str().unwrap()), "{}", run.out);
    assert_eq!(shop.json_lines(&["list"]).len(), 1, "the key made the second a repeat");
}
