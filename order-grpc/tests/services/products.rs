//! The catalogue and its stock.

use order_core::RoleKind;
use order_grpc::proto;
use tonic::Code;

use crate::scene::{Scene, as_admin, as_customer, refused, token, wanted, with};

fn new(id: &str, stock: i64) -> proto::CreateProductRequest {
    proto::CreateProductRequest {
        id: Some(id.to_owned()),
        name: "Pen".to_owned(),
        price: "1.50".to_owned(),
        currency: Some("EUR".to_owned()),
        stock: Some(stock),
        category: Some("office".to_owned()),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_product_is_made_sold_changed_and_removed() {
    let scene = Scene::new().await;
    let mut products = scene.products();
    let made = products.create_product(as_admin(new("pen", 3))).await.unwrap().into_inner();
    assert_eq!((made.price.as_str(), made.stock, made.version), ("1.50", Some(3), 1));
    let again = products.create_product(as_admin(new("pen", 3))).await;
    refused(again, Code::FailedPrecondition, "product.conflict");
    let mut order = wanted("ann", &[("pen", 2, "1.50")]);
    order.items[0].unit_price = None;
    scene.orders().place_order(as_customer("ann", order.clone())).await.unwrap();
    let short = scene.orders().place_order(as_customer("ann", order)).await;
    refused(short, Code::FailedPrecondition, "stock.insufficient");
    let change = proto::ChangeStockRequest { id: "pen".to_owned(), quantity: 5 };
    let more = products.change_stock(as_admin(change)).await.unwrap().into_inner();
    assert_eq!(more.stock, Some(6));
    let change = |version: &'static str| {
        let change = proto::UpdateProductRequest {
            id: "pen".to_owned(),
            price: Some("2".to_owned()),
            ..Default::default()
        };
        let admin = token("root", RoleKind::Admin);
        with(change, &[("authorization", &admin), ("if-match", version)])
    };
    refused(products.update_product(change("9")).await, Code::Aborted, "order.stale");
    let version = products
        .get_product(as_customer("ann", proto::GetProductRequest { id: "pen".to_owned() }))
        .await
        .unwrap()
        .into_inner()
        .version;
    let version: &'static str = version.to_string().leak();
    let changed = products.update_product(change(version)).await.unwrap().into_inner();
    assert_eq!(changed.price, "2.00");
    let gone = proto::DeleteProductRequest { id: "pen".to_owned() };
    products.delete_product(as_admin(gone.clone())).await.unwrap();
    refused(products.delete_product(as_admin(gone)).await, Code::NotFound, "product.not_found");
}

#[tokio::test]
async fn products_are_listed_by_id_or_by_what_is_left() {
    let scene = Scene::new().await;
    let mut products = scene.products();
    for (id, stock) in [("a", 9), ("b", 2), ("c", 1)] {
        products.create_product(as_admin(new(id, stock))).await.unwrap();
    }
    let ids = |page: &proto::ListProductsResponse| -> String {
        page.products.iter().map(|product| product.id.as_str()).collect()
    };
    for (stock_below, pages) in [(None, ["ab", "c"]), (Some(5), ["cb", ""])] {
        let mut asked =
            proto::ListProductsRequest { limit: Some(2), stock_below, ..Default::default() };
        let first = products.list_products(as_admin(asked.clone())).await.unwrap().into_inner();
        assert_eq!(ids(&first), pages[0]);
        assert_eq!(first.next_cursor.is_some(), !pages[1].is_empty());
        if first.next_cursor.is_some() {
            asked.cursor = first.next_cursor;
            let last = products.list_products(as_admin(asked)).await.unwrap().into_inner();
            assert_eq!((ids(&last).as_str(), last.next_cursor), (pages[1], None));
        }
    }
}
