//! Lists, searches, audits and the feed.

use order_core::{
    FulfillmentStatus, OrderId, PaymentStatus, ProductId, Status,
    catalog::LOW_STOCK_MAX,
    ports::{
        Catalog, Cursor, EventFeed, Maintenance, OrderQueries, OrderQuery, PAGE_MAX, ProductPlace,
        ProductQuery, Sort, Start,
    },
};
use order_store_postgres::PgOrderStore;
use order_testkit::sample::text;

use crate::{
    Allowed, Examiner, Way,
    crowd::{ORDERS, at},
};

const LIMIT: u32 = 20;

/// Lists that an index serves, and an order in the middle of each.
fn lists() -> Vec<(&'static str, OrderQuery, i64)> {
    let all = OrderQuery::default;
    let customer = |id| OrderQuery { customer_id: Some(text(id)), ..all() };
    let product = |id| OrderQuery { product_id: Some(text(id)), ..all() };
    let status = |status| OrderQuery { status: Some(status), ..all() };
    let payment = |status| OrderQuery { payment_status: Some(status), ..all() };
    let fulfillment = |status| OrderQuery { fulfillment_status: Some(status), ..all() };
    let (middle, end) = (ORDERS / 2, ORDERS - 10_000);
    let (placed_from, placed_to) = (Some(at(ORDERS / 5)), Some(at(ORDERS * 4 / 5)));
    vec![
        ("all", all(), middle),
        ("a big customer", customer("customer-big"), middle),
        ("a customer", customer("customer-17"), middle),
        ("a frequent product", product("bestseller"), middle),
        ("a product", product("thing-17"), middle),
        ("completed", status(Status::Completed), middle),
        ("pending", status(Status::Pending), end),
        ("cancelled", status(Status::Cancelled), middle),
        ("returned", status(Status::Returned), middle),
        ("paid", payment(PaymentStatus::Paid), middle),
        ("unpaid", payment(PaymentStatus::Unpaid), end),
        ("voided", payment(PaymentStatus::Voided), middle),
        ("refunded", payment(PaymentStatus::Refunded), middle),
        ("delivered", fulfillment(FulfillmentStatus::Delivered), middle),
        ("unfulfilled", fulfillment(FulfillmentStatus::Unfulfilled), end),
        ("partly shipped", fulfillment(FulfillmentStatus::PartiallyShipped), middle),
        ("shipped", fulfillment(FulfillmentStatus::Shipped), middle),
        ("a time", OrderQuery { placed_from, placed_to, ..all() }, middle),
        (
            "completed in a time",
            OrderQuery { placed_from, placed_to, ..status(Status::Completed) },
            middle,
        ),
        (
            "a frequent product of a customer",
            OrderQuery { product_id: Some(text("bestseller")), ..customer("customer-4") },
            middle,
        ),
    ]
}

/// The same list from both ends and from its middle.
fn pages(query: &OrderQuery, middle: i64, limit: u32) -> Vec<(String, OrderQuery)> {
    let cursor = Cursor { at: at(middle), id: text(&format!("order-{middle:07}")) };
    let mut pages = Vec::new();
    for sort in [Sort::Oldest, Sort::Newest] {
        for start in [Start::First, Start::After(cursor.clone())] {
            let name = format!("{sort:?} {start:?} {limit}");
            pages.push((name, OrderQuery { sort, start, limit, ..query.clone() }));
        }
    }
    pages
}

pub(crate) async fn every_list_walks_an_index(
    store: &PgOrderStore,
    examiner: &mut Examiner,
    repeats: usize,
) {
    for (what, query, middle) in lists() {
        for limit in [LIMIT, PAGE_MAX] {
            for (page, query) in pages(&query, middle, limit) {
                for _ in 0..repeats {
                    let found = store.list(&query).await.unwrap();
                    assert!(!found.orders.is_empty(), "{what} {page} is empty");
                    examiner.check(&format!("{what} {page}"), Allowed::page(limit));
                }
            }
        }
    }
}

/// A search may look at the thousand orders at the end where it begins, before it asks the index.
const NEAR: f64 = 2_000.0;

pub(crate) async fn a_search_reads_what_it_finds(
    store: &PgOrderStore,
    examiner: &mut Examiner,
    repeats: usize,
) {
    let all = OrderQuery::default;
    let completed = || OrderQuery { status: Some(Status::Completed), ..all() };
    let product = || OrderQuery { product_id: Some(text("bestseller")), ..all() };
    let customer = |id| OrderQuery { customer_id: Some(text(id)), ..all() };
    for (words, query, matches) in [
        (vec!["w09999"], all(), 10.0),
        (vec!["w09990"], completed(), 10.0),
        (vec!["w09990"], customer("customer-big"), 10.0),
        (vec!["w09992"], product(), 10.0),
        (vec!["order", "w09999"], all(), 10.0),
        (vec!["w0999"], all(), 100.0),
        (vec!["nobody"], all(), 0.0),
        // Those are in every order, or in one of 150.
        (vec!["order"], all(), 0.0),
        (vec!["order", "custom"], completed(), 0.0),
        (vec!["order"], product(), 0.0),
        (vec!["order"], customer("customer-17"), 0.0),
        (vec!["name17"], all(), 6_700.0),
    ] {
        let words = words.into_iter().map(str::to_owned).collect();
        let query = OrderQuery { words, ..query };
        for (page, query) in pages(&query, ORDERS / 2, LIMIT) {
            for _ in 0..repeats {
                let what = format!("{:?} {page}", query.words);
                let page = store.list(&query).await.unwrap().orders;
                assert_eq!(page.is_empty(), query.words == ["nobody"], "{what}");
                let mut ids: Vec<_> = page.iter().map(|view| view.order.id()).collect();
                if query.sort == Sort::Newest {
                    ids.reverse();
                }
                assert!(ids.is_sorted(), "{what}: {ids:?}");
                // Each match is looked at twice: its words, and when it was placed.
                let allowed = Allowed::page(LIMIT).by(Way::Sets).and(NEAR + 2.0 * matches);
                examiner.check(&what, allowed);
            }
        }
    }
}

pub(crate) async fn products_are_found(
    store: &PgOrderStore,
    examiner: &mut Examiner,
    repeats: usize,
) {
    let all = || ProductQuery { limit: LIMIT, ..ProductQuery::default() };
    let category = || ProductQuery { category: Some(text("category-7")), ..all() };
    let after = Some(text::<ProductId>("thing-50000").into());
    let low = |stock_below| ProductQuery { stock_below: Some(stock_below), ..all() };
    let place = ProductPlace { level: Some(40), id: text("thing-50040") };
    let page = Allowed::page(LIMIT);
    for (what, query, allowed) in [
        ("products", all(), page),
        ("products from the middle", ProductQuery { after: after.clone(), ..all() }, page),
        ("products of a category", category(), page),
        ("those from the middle", ProductQuery { after, ..category() }, page),
        (
            "products with a word",
            ProductQuery { words: vec!["w077777".to_owned()], ..all() },
            page.by(Way::Sets),
        ),
        ("low stock", low(LOW_STOCK_MAX), page),
        ("very low stock", low(5), page),
        ("low stock from the middle", ProductQuery { after: Some(place), ..low(90) }, page),
    ] {
        for _ in 0..repeats {
            assert!(!store.list_products(&query).await.unwrap().products.is_empty(), "{what}");
            examiner.check(what, allowed);
        }
    }
}

pub(crate) async fn an_audit_goes_on_where_it_was(
    store: &PgOrderStore,
    examiner: &mut Examiner,
    repeats: usize,
) {
    for _ in 0..repeats {
        let audited = store.audit(Some(&text("order-0500000")), LIMIT).await.unwrap();
        assert_eq!(audited.len(), LIMIT as usize);
        examiner.check("an audit", Allowed::page(LIMIT).by(Way::Sets));
    }
}

pub(crate) async fn the_feed_reads_what_it_gives(
    store: &PgOrderStore,
    examiner: &mut Examiner,
    repeats: usize,
) {
    store.sequence().await.unwrap();
    examiner.skip();
    let end = u64::try_from(ORDERS - 10).unwrap();
    for position in [0, end / 2, end] {
        for _ in 0..repeats {
            assert!(!store.after(position, LIMIT).await.unwrap().is_empty());
            let what = format!("the feed after {position}");
            examiner.check(&what, Allowed::page(LIMIT).by(Way::Keys));
        }
    }
    let ids = [1, ORDERS / 2, ORDERS].map(|n| text::<OrderId>(&format!("order-{n:07}")));
    for _ in 0..repeats {
        for id in &ids {
            assert_eq!(store.of_order(id, 0, LIMIT).await.unwrap().len(), 1);
            examiner.check("the events of an order", Allowed::page(1).by(Way::Keys));
        }
        assert_eq!(store.orders(&ids).await.unwrap().len(), 3);
        examiner.check("the orders of events", Allowed::page(3).by(Way::Keys));
        assert!(store.end().await.unwrap() > end);
        examiner.check("the end of the feed", Allowed::page(1));
    }
    for _ in 0..repeats {
        assert_eq!(store.sequence().await.unwrap(), 0);
        // The first call of a connection reads the catalogue for what the function names, as much as
        // that is of late; to pass over the orders would be thousands.
        let allowed = Allowed { blocks: 1_000.0, ..Allowed::page(LIMIT).by(Way::Keys) };
        examiner.check("nothing to sequence", allowed);
    }
    examiner.has_seen("first >= coalesce");
}
