//! Bad input of every kind is the client's fault, with a stable code and the fields that are amiss.

use order_core::RoleKind;
use order_grpc::proto::{self, adjustment_input::Value};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::scene::{Scene, as_admin, reason, token, wanted, with};

type Change = fn(&mut proto::PlaceOrderRequest);

/// What is made wrong with an order, and the code and the field that are told.
const BAD: &[(Change, &str, &str)] = &[
    (|order| order.items.clear(), "request.missing", "items"),
    (|order| order.items[0].product_id.clear(), "text.empty", "items[0].product_id"),
    (|order| order.items[0].quantity = 0, "order.quantity_out_of_range", "items[0].quantity"),
    (|order| order.items[0].quantity = u32::MAX, "order.quantity_out_of_range", ""),
    (
        |order| order.items[0].unit_price = Some(owned("1,5")),
        "money.not_a_number",
        "items[0].unit_price",
    ),
    (
        |order| order.items[0].unit_price = Some(owned("1.555")),
        "money.precision",
        "items[0].unit_price",
    ),
    (|order| order.items[0].unit_price = None, "product.unknown", "items[0].product_id"),
    (|order| order.currency = Some(owned("XXZ")), "money.unknown_currency", "currency"),
    (|order| order.customer_id = Some(owned("")), "text.empty", "customer_id"),
    (|order| order.id = Some(owned(&"x".repeat(201))), "text.too_long", "id"),
    (|order| order.number = Some(owned("a\u{0}")), "text.control_character", "number"),
    (|order| order.email = Some(owned("nobody")), "text.email", "email"),
    (|order| order.tags = vec![String::new()], "text.empty", "tags[0]"),
    (
        |order| {
            let city = Some(owned(&"x".repeat(1_000)));
            order.billing_address = Some(proto::Address { city, ..Default::default() });
        },
        "text.too_long",
        "billing_address.city",
    ),
    (|order| adjust(order, "tip", None), "request.word", "adjustments[0].kind"),
    (|order| adjust(order, "tax", None), "request.missing", "adjustments[0].amount"),
    (
        |order| adjust(order, "tax", Some(Value::Percent("7,7".to_owned()))),
        "money.not_a_number",
        "adjustments[0].percent",
    ),
    (
        |order| {
            let collect = Some(owned("later"));
            order.payment = Some(proto::PayWith { collect, ..Default::default() });
        },
        "request.word",
        "payment.collect",
    ),
    (
        |order| {
            let source = Some(owned("tok"));
            order.payment = Some(proto::PayWith { source, ..Default::default() });
        },
        "request.missing",
        "payment.method",
    ),
];

fn owned(text: &str) -> String {
    text.to_owned()
}

fn adjust(order: &mut proto::PlaceOrderRequest, kind: &str, value: Option<Value>) {
    let kind = kind.to_owned();
    order.adjustments = vec![proto::AdjustmentInput { kind, value, ..Default::default() }];
}

#[tokio::test]
async fn a_field_that_breaks_a_rule_is_told_with_its_code() {
    let scene = Scene::new().await;
    for (change, code, field) in BAD {
        let mut order = wanted("ann", &[("pen", 1, "1.50")]);
        change(&mut order);
        let status = scene.orders().place_order(as_admin(order)).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, *code),
            "{field}"
        );
        let details = status.get_error_details();
        let told = details.bad_request().map(|it| it.field_violations[0].field.as_str());
        assert_eq!(told.unwrap_or_default(), *field, "{status:?}");
    }
}

#[tokio::test]
async fn all_that_is_amiss_is_told_at_once() {
    let scene = Scene::new().await;
    let mut order = wanted("ann", &[("", 0, "1"), ("pen", 0, "1")]);
    order.currency = Some(owned("?"));
    let status = scene.orders().place_order(as_admin(order)).await.unwrap_err();
    let details = status.get_error_details();
    let told = &details.bad_request().unwrap().field_violations;
    let fields: Vec<_> = told.iter().map(|it| (it.field.as_str(), it.reason.as_str())).collect();
    let expected = [
        ("currency", "money.unknown_currency"),
        ("items[0].product_id", "text.empty"),
        ("items[0].quantity", "order.quantity_out_of_range"),
        ("items[1].quantity", "order.quantity_out_of_range"),
    ];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn lists_and_metadata_are_read_strictly() {
    let scene = Scene::new().await;
    let far = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
    let odd = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    let list = proto::ListOrdersRequest::default;
    for (asked, code) in [
        (proto::ListOrdersRequest { limit: Some(0), ..list() }, "page.limit_out_of_range"),
        (proto::ListOrdersRequest { limit: Some(201), ..list() }, "page.limit_out_of_range"),
        (proto::ListOrdersRequest { status: Some(owned("lost")), ..list() }, "status.unknown"),
        (proto::ListOrdersRequest { sort: Some(owned("random")), ..list() }, "query.word"),
        (proto::ListOrdersRequest { cursor: Some(owned("n:1")), ..list() }, "page.cursor_invalid"),
        (
            proto::ListOrdersRequest { cursor: Some(owned("n:x:y")), ..list() },
            "page.cursor_invalid",
        ),
        (proto::ListOrdersRequest { placed_from: far, ..list() }, "time.invalid"),
        (proto::ListOrdersRequest { placed_to: odd, ..list() }, "time.invalid"),
    ] {
        let status = scene.orders().list_orders(as_admin(asked.clone())).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, code));
        let told = match scene.orders().stream_orders(as_admin(asked)).await {
            Ok(pages) => pages.into_inner().message().await.unwrap_err(),
            Err(status) => status,
        };
        assert_eq!(reason(&told), code);
    }
    let admin = token("root", RoleKind::Admin);
    let long = "k".repeat(201);
    for keys in [vec![""], vec!["a b"], vec![long.as_str()], vec!["a", "b"]] {
        let mut metadata = vec![("authorization", admin.as_str())];
        metadata.extend(keys.iter().map(|key| ("idempotency-key", *key)));
        let order = with(wanted("ann", &[("pen", 1, "1")]), &metadata);
        let status = scene.orders().place_order(order).await.unwrap_err();
        assert_eq!(reason(&status), "request.idempotency_key", "{keys:?}");
    }
    let watch =
        proto::WatchEventsRequest { types: vec!["order.lost".to_owned()], ..Default::default() };
    let status = scene.orders().watch_events(as_admin(watch)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::InvalidArgument, "event.unknown_type")
    );
}
