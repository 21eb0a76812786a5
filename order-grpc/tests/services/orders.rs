//! Orders from their placement to their end.

use order_core::RoleKind;
use order_grpc::proto::{self, pick::Line};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::scene::{Scene, as_admin, as_customer, by, refused, token, wanted, with};

fn of(order: &proto::Order) -> proto::OrderRequest {
    proto::OrderRequest { order: order.id.clone(), dry_run: false }
}

#[tokio::test]
async fn an_order_is_placed_and_read() {
    let scene = Scene::new().await;
    let mut order = wanted("ann", &[("pen", 2, "1.50")]);
    order.metadata.insert("source".to_owned(), "phone".to_owned());
    order.email = Some(" ann@shop.example ".to_owned());
    order.shipping_address =
        Some(proto::Address { city: Some("Bern".to_owned()), ..proto::Address::default() });
    order.adjustments = vec![proto::AdjustmentInput {
        kind: "tax".to_owned(),
        value: Some(proto::adjustment_input::Value::Percent("7.7".to_owned())),
        ..proto::AdjustmentInput::default()
    }];
    let change = scene.orders().place_order(as_admin(order)).await.unwrap().into_inner();
    let placed = change.order.unwrap();
    assert_eq!(change.events[0].r#type, "order.placed");
    assert_eq!((placed.status.as_str(), placed.total.as_str()), ("confirmed", "3.23"));
    assert_eq!((placed.currency.as_str(), placed.tax_total.as_str()), ("EUR", "0.23"));
    assert_eq!(placed.email.as_deref(), Some("ann@shop.example"));
    assert_eq!(placed.shipping_address.as_ref().unwrap().city.as_deref(), Some("Bern"));
    assert_eq!(placed.metadata["source"], "phone");
    assert!(placed.allowed_actions.contains(&"ship".to_owned()));
    for name in [&placed.id, &placed.number] {
        let asked = proto::GetOrderRequest { order: name.clone(), version: None };
        let read = scene.orders().get_order(as_customer("ann", asked)).await.unwrap();
        assert_eq!(read.into_inner(), placed);
    }
    let asked = proto::GetOrderRequest { order: placed.id.clone(), version: None };
    let foreign = scene.orders().get_order(as_customer("bob", asked)).await;
    refused(foreign, Code::NotFound, "order.not_found");
}

#[tokio::test]
async fn a_repeat_with_the_same_key_gets_the_first_answer() {
    let scene = Scene::new().await;
    let admin = token("root", RoleKind::Admin);
    let place = |quantity| {
        let order = wanted("ann", &[("pen", quantity, "1.50")]);
        let metadata = [("authorization", admin.as_str()), ("idempotency-key", "k-1")];
        let request = with(order, &metadata);
        let mut orders = scene.orders();
        async move { orders.place_order(request).await.map(tonic::Response::into_inner) }
    };
    let (first, again) = (place(1).await.unwrap(), place(1).await.unwrap());
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.order, again.order);
    refused(place(2).await, Code::InvalidArgument, "request.key_reused");
}

#[tokio::test]
async fn a_change_is_for_the_version_that_it_names() {
    let scene = Scene::new().await;
    let order = scene.placed("ann").await;
    let admin = token("root", RoleKind::Admin);
    let hold = |version: &'static str| {
        let asked = proto::ReasonRequest { order: order.id.clone(), ..Default::default() };
        with(asked, &[("authorization", &admin), ("if-match", version)])
    };
    let mut orders = scene.orders();
    refused(orders.hold_order(hold("7")).await, Code::Aborted, "order.stale");
    for bad in ["x", "", "-1", "\"1", "1,2"] {
        refused(orders.hold_order(hold(bad)).await, Code::InvalidArgument, "request.if_match");
    }
    let stopped = orders.hold_order(hold("\"1\"")).await.unwrap().into_inner().order.unwrap();
    assert_eq!((stopped.version, stopped.on_hold), (2, true));
    let past = proto::GetOrderRequest { order: order.id.clone(), version: Some(1) };
    let past = orders.get_order(as_admin(past)).await.unwrap().into_inner();
    assert!(!past.on_hold);
}

fn ink() -> proto::Pick {
    proto::Pick { line: Some(Line::ProductId("ink".to_owned())), quantity: 1 }
}

/// Changes an order, and brings it to its customer in two parcels.
async fn deliver(scene: &Scene, order: &proto::Order) {
    let (id, mut orders) = (order.id.clone(), scene.orders());
    let revision = proto::UpdateOrderRequest {
        order: id.clone(),
        tags: Some(proto::Tags { tags: vec!["gift".to_owned()] }),
        ..Default::default()
    };
    let updated = orders.update_order(as_admin(revision)).await.unwrap().into_inner();
    assert_eq!(updated.order.unwrap().tags, ["gift"]);
    orders.process_order(as_admin(of(order))).await.unwrap();
    let shipping = proto::ShipOrderRequest {
        order: id.clone(),
        items: vec![ink()],
        carrier: Some("post".to_owned()),
        ..Default::default()
    };
    let dry = proto::ShipOrderRequest { dry_run: true, ..shipping.clone() };
    let told = orders.ship_order(as_admin(dry)).await.unwrap().into_inner();
    assert!(told.dry_run && told.order.unwrap().status == "partially_shipped");
    let shipped = orders.ship_order(as_admin(shipping)).await.unwrap().into_inner();
    let shipped = shipped.order.unwrap();
    assert_eq!((shipped.status.as_str(), shipped.shipments.len()), ("partially_shipped", 1));
    let again = proto::ShipOrderRequest { order: id.clone(), ..Default::default() };
    orders.ship_order(as_admin(again)).await.unwrap();
    let arrived = proto::DeliverOrderRequest { order: id.clone(), ..Default::default() };
    orders.deliver_order(as_admin(arrived)).await.unwrap();
}

/// Has an order paid, one product of it sent back, and the money for that too.
async fn pay_and_send_back(scene: &Scene, order: &proto::Order) {
    let (id, mut orders) = (order.id.clone(), scene.orders());
    let payment = proto::RecordPaymentRequest {
        order: id.clone(),
        state: Some("authorized".to_owned()),
        amount: Some("10.00".to_owned()),
        ..Default::default()
    };
    orders.record_payment(as_admin(payment)).await.unwrap();
    let capture = proto::CapturePaymentRequest {
        order: id.clone(),
        payment_id: "1".to_owned(),
        ..Default::default()
    };
    let paid = orders.capture_payment(as_admin(capture)).await.unwrap().into_inner();
    assert_eq!(paid.order.unwrap().payment_status, "paid");
    let back =
        proto::RequestReturnRequest { order: id.clone(), items: vec![ink()], ..Default::default() };
    orders.request_return(as_customer("ann", back)).await.unwrap();
    let received = proto::ReceiveReturnRequest { order: id.clone(), ..Default::default() };
    orders.receive_return(as_admin(received)).await.unwrap();
    let refund = proto::RefundOrderRequest {
        order: id.clone(),
        amount: Some("7.00".to_owned()),
        ..Default::default()
    };
    let refunded = orders.refund_order(as_admin(refund)).await.unwrap().into_inner();
    assert_eq!(refunded.order.unwrap().amount_refunded, "7.00");
}

#[tokio::test]
async fn an_order_goes_all_the_way() {
    let scene = Scene::new().await;
    let order = scene.placed("ann").await;
    deliver(&scene, &order).await;
    pay_and_send_back(&scene, &order).await;
    let id = order.id.clone();
    let mut orders = scene.orders();
    let note = proto::AddNoteRequest {
        order: id.clone(),
        text: "call on 555".to_owned(),
        ..Default::default()
    };
    let noted = orders.add_note(as_admin(note)).await.unwrap().into_inner().order.unwrap();
    assert_eq!(noted.notes[0].text, "call on 555");
    let done = orders.complete_order(as_admin(of(&order))).await.unwrap().into_inner();
    assert_eq!(done.order.unwrap().status, "completed");
    orders.archive_order(as_admin(of(&order))).await.unwrap();
    orders.unarchive_order(as_admin(of(&order))).await.unwrap();
    let asked = proto::GetOrderHistoryRequest { order: id };
    let history = orders.get_order_history(as_customer("ann", asked)).await.unwrap().into_inner();
    let types: Vec<_> = history.events.iter().map(|event| event.r#type.as_str()).collect();
    assert_eq!((types[0], types.len()), ("order.placed", 17), "{types:?}");
    assert!(history.events.iter().all(|event| !event.data_json.contains("call on")));
}

#[tokio::test]
async fn what_an_order_does_not_allow_is_refused_with_what_it_allows() {
    let scene = Scene::new().await;
    let order = scene.placed("ann").await;
    let done = scene.orders().complete_order(as_admin(of(&order))).await;
    let status = refused(done, Code::FailedPrecondition, "order.transition_not_allowed");
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.domain, "order.v1");
    assert!(info.metadata["allowed"].split(',').any(|action| action == "ship"), "{info:?}");
    let cancel = proto::CancelOrderRequest { order: order.id.clone(), ..Default::default() };
    let gone = scene.orders().cancel_order(as_customer("ann", cancel)).await.unwrap();
    assert_eq!(gone.into_inner().order.unwrap().status, "cancelled");
}

#[tokio::test]
async fn drafts_wait_and_parts_that_are_not_there_are_said() {
    let scene = Scene::new().await;
    let draft = proto::PlaceOrderRequest { draft: true, ..wanted("ann", &[("pen", 1, "1")]) };
    let mut orders = scene.orders();
    let draft = orders.place_order(as_admin(draft)).await.unwrap().into_inner().order.unwrap();
    assert_eq!(draft.status, "draft");
    let placed = orders.place_draft(by("ann", RoleKind::Customer, of(&draft))).await.unwrap();
    assert_eq!(placed.into_inner().order.unwrap().status, "confirmed");
    let id = draft.id;
    let capture = proto::CapturePaymentRequest {
        order: id.clone(),
        payment_id: "9".to_owned(),
        ..Default::default()
    };
    let missing = orders.capture_payment(as_admin(capture)).await;
    refused(missing, Code::InvalidArgument, "order.part_not_found");
    let tea = proto::Pick { line: Some(Line::ProductId("tea".to_owned())), quantity: 1 };
    let cancel =
        proto::CancelOrderRequest { order: id.clone(), items: vec![tea], ..Default::default() };
    let missing = orders.cancel_order(as_admin(cancel)).await;
    let status = refused(missing, Code::InvalidArgument, "order.part_not_found");
    let fields = status.get_error_details();
    assert_eq!(fields.bad_request().unwrap().field_violations[0].field, "items[0].product_id");
    let void = proto::VoidPaymentRequest { order: id.clone(), ..Default::default() };
    refused(
        orders.void_payment(as_admin(void)).await,
        Code::FailedPrecondition,
        "order.nothing_to_do",
    );
    let reject = proto::RejectReturnRequest { order: id, ..Default::default() };
    let refusal = orders.reject_return(as_admin(reject)).await.unwrap_err();
    assert_eq!(refusal.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let scene = Scene::new().await;
    for customer in ["ann", "bob", "ann"] {
        scene.placed(customer).await;
    }
    let mut orders = scene.orders();
    let mut asked = proto::ListOrdersRequest { limit: Some(2), ..Default::default() };
    let first = orders.list_orders(as_admin(asked.clone())).await.unwrap().into_inner();
    assert_eq!(first.orders.len(), 2);
    asked.cursor = first.next_cursor;
    let last = orders.list_orders(as_admin(asked.clone())).await.unwrap().into_inner();
    assert_eq!((last.orders.len(), last.next_cursor), (1, None));
    let oldest = proto::ListOrdersRequest { sort: Some("oldest".to_owned()), ..asked };
    let stray = orders.list_orders(as_admin(oldest)).await;
    refused(stray, Code::InvalidArgument, "page.cursor_invalid");
    let own = proto::ListOrdersRequest { q: Some("pen".to_owned()), ..Default::default() };
    let own = orders.list_orders(as_customer("ann", own)).await.unwrap().into_inner();
    assert_eq!(own.orders.len(), 2);
}
