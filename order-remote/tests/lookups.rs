//! Products and customers of other services.

use order_core::{
    CustomerId, ProductId,
    ports::{CustomerLookup, ProductLookup},
};
use order_remote::{HttpCustomers, HttpProducts, Trouble};
use serde_json::{Value, json};

use crate::service::{Reply, Service, fault, gbp, settings, trouble};

fn product(name: &str) -> ProductId {
    name.parse().unwrap()
}

fn tea() -> Value {
    json!({"id": "tea", "name": "Earl Grey", "price": "4.95", "currency": "GBP", "stock": 7})
}

async fn products(replies: impl IntoIterator<Item = Reply>) -> (Service, HttpProducts) {
    let service = Service::new(replies).await;
    let products = HttpProducts::new(settings(&service.url).attempts(1)).unwrap();
    (service, products)
}

#[tokio::test]
async fn known_products_are_found_with_price_and_stock() {
    let (service, products) = products([Reply::Json(200, tea())]).await;
    let found = products.products(&[product("tea"), product("tea")]).await.unwrap();
    assert_eq!((found.len(), found[0].price, found[0].stock), (1, gbp(495), Some(7)));
    let seen = service.seen();
    assert_eq!(
        (seen.len(), seen[0].method.as_str(), seen[0].path.as_str()),
        (1, "GET", "/products/tea")
    );
    assert!(products.products(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_product_on_backorder_may_owe_units() {
    let mut body = tea();
    (body["stock"], body["backorder"]) = (json!(-2), json!(true));
    let (_service, products) = products([Reply::Json(200, body)]).await;
    let found = products.products(&[product("tea")]).await.unwrap();
    assert_eq!((found[0].stock, found[0].backorder), (Some(-2), true));
}

#[tokio::test]
async fn unknown_products_are_left_out() {
    let (_service, products) = products([Reply::Raw(404, Vec::new(), "no".to_owned())]).await;
    assert!(products.products(&[product("hat"), product("cup")]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_id_is_one_segment_of_the_path_whatever_it_says() {
    let (service, products) = products([Reply::Json(404, json!({}))]).await;
    for id in ["a/b?c#d", "../users", "ä %2e"] {
        products.products(&[product(id)]).await.unwrap();
    }
    let paths: Vec<_> = service.seen().into_iter().map(|seen| seen.path).collect();
    let expected = ["a%2Fb%3Fc%23d", "..%2Fusers", "%C3%A4%20%252e"];
    assert_eq!(paths, expected.map(|end| format!("/products/{end}")));
    // These would be another place, so nobody is asked.
    assert!(products.products(&[product("."), product("..")]).await.unwrap().is_empty());
    assert_eq!(service.seen().len(), 3);
}

#[tokio::test]
async fn a_product_that_makes_no_sense_is_no_answer() {
    let wrongs = [
        ("price", json!("-1.00")),
        ("price", json!(4.95)),
        ("price", json!("4.955")),
        ("id", json!("coffee")),
        ("stock", json!(-1)),
        ("stock", json!(i64::MAX)),
        ("backorder", json!("yes")),
        ("name", json!("")),
        ("currency", json!("XXL")),
    ];
    for (field, value) in wrongs {
        let mut body = tea();
        body[field] = value;
        let (_service, products) = products([Reply::Json(200, body.clone())]).await;
        let error = products.products(&[product("tea")]).await.unwrap_err();
        assert!(matches!(trouble(&error), Trouble::Unreadable(_)), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn one_failure_fails_the_look_up() {
    let (_service, products) = products([Reply::Json(500, json!({}))]).await;
    let ids: Vec<ProductId> = (0..30).map(|number| product(&format!("p{number}"))).collect();
    assert!(matches!(trouble(&products.products(&ids).await.unwrap_err()), Trouble::Status(500)));
}

#[tokio::test]
async fn an_error_does_not_tell_whom_it_was_about() {
    let customers = HttpCustomers::new(settings("http://127.0.0.1:1").attempts(1)).unwrap();
    let error = customers.exists(&"alice".parse().unwrap()).await.unwrap_err();
    assert!(matches!(trouble(&error), Trouble::Connection(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("alice"), "{error:?}");
}

#[tokio::test]
async fn a_customer_is_there_or_not() {
    let id: CustomerId = "alice".parse().unwrap();
    let service = Service::new([
        Reply::Json(200, json!({"id": "alice", "email": "a@example.com"})),
        Reply::Json(404, json!({})),
        Reply::Json(200, json!({"id": "bob"})),
        Reply::Json(401, json!({"code": "auth.required"})),
    ])
    .await;
    let customers = HttpCustomers::new(settings(&service.url).attempts(1)).unwrap();
    assert!(customers.exists(&id).await.unwrap());
    assert!(!customers.exists(&id).await.unwrap());
    let other = customers.exists(&id).await.unwrap_err();
    assert!(matches!(trouble(&other), Trouble::Unreadable(_)));
    assert_eq!(fault(&customers.exists(&id).await.unwrap_err()), "auth.required");
    assert!(!customers.exists(&"..".parse().unwrap()).await.unwrap());
    assert!(service.seen().iter().all(|seen| seen.path == "/users/alice"));
}
