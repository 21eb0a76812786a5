//! What happens to orders by itself, seen and helped on from the command line.

use crate::shop::Shop;

#[test]
fn an_order_is_taken_over_and_given_back() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    let list = shop.json(&["process", "list"]);
    assert_eq!(list["processes"].as_array().unwrap().len(), 0);
    let taken = shop.json(&["process", "resolve", &number]);
    assert_eq!(taken["version"], 2);
    assert_eq!(shop.run(&["process", "resolve", &number]).status, 1);
    assert_eq!(shop.json(&["process", "retry", &number])["version"], 3);
    let shown = shop.json(&["process", "show", &number]);
    assert_eq!(
        (&shown["status"], &shown["paymentStatus"]),
        (&"confirmed".into(), &"unpaid".into())
    );
    let notices = shop.json(&["process", "notices"]);
    assert_eq!(notices["notices"].as_array().unwrap().len(), 0);
    // The action of the same name is as it was.
    assert_eq!(shop.json(&["process", &number])["status"], "processing");
}
