//! Stock that another service holds.

use order_core::ports::{HoldAnswer, Inventory, StockHold, Units};
use order_remote::{HttpInventory, Trouble};
use serde_json::json;

use crate::service::{Reply, Service, fault, settings, trouble};

fn hold() -> StockHold {
    let units = vec![Units { product_id: "tea".parse().unwrap(), quantity: 3 }];
    StockHold { order_id: "order-1".parse().unwrap(), revision: 2, units }
}

async fn held_by(replies: impl IntoIterator<Item = Reply>) -> (Service, HttpInventory) {
    let service = Service::new(replies).await;
    let inventory = HttpInventory::new(settings(&service.url)).unwrap();
    (service, inventory)
}

#[tokio::test]
async fn a_hold_is_asked_again_with_the_same_revision() {
    let held = Reply::Json(200, json!({"orderId": "order-1"}));
    let (service, inventory) = held_by([Reply::Json(503, json!({})), held]).await;
    assert_eq!(inventory.hold(&hold()).await.unwrap(), HoldAnswer::Held);
    let seen = service.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (2, "/holds"));
    let units = json!([{"productId": "tea", "quantity": 3}]);
    assert_eq!(seen[0].json(), json!({"orderId": "order-1", "revision": 2, "units": units}));
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn a_lack_of_stock_is_an_answer() {
    let lack = json!({"code": "stock.insufficient", "detail": "only 2 of tea are left"});
    let (_service, inventory) = held_by([Reply::Json(409, lack)]).await;
    let answer = inventory.hold(&hold()).await.unwrap();
    assert_eq!(answer, HoldAnswer::Refused("only 2 of tea are left".parse().unwrap()));
}

#[tokio::test]
async fn another_conflict_is_misused_and_garbage_is_no_answer() {
    let (service, inventory) = held_by([
        Reply::Json(409, json!({"code": "revision.reused"})),
        Reply::Json(409, json!({})),
        Reply::Json(200, json!({"orderId": "order-2"})),
    ])
    .await;
    assert_eq!(fault(&inventory.hold(&hold()).await.unwrap_err()), "revision.reused");
    assert_eq!(fault(&inventory.hold(&hold()).await.unwrap_err()), "http.409");
    let error = inventory.hold(&hold()).await.unwrap_err();
    assert!(matches!(trouble(&error), Trouble::Unreadable(_)));
    assert_eq!(service.seen().len(), 5);
}
