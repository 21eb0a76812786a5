//! Every method asked by everybody: who is let in, and what the others hear.

use std::{fmt::Write as _, time::Duration};

use order_core::RoleKind;
use order_grpc::{
    RULES,
    proto::{self, pick::Line},
};
use prost::Message;
use tonic::{Code, Request, Status, codegen::http::uri::PathAndQuery, metadata::MetadataValue};
use tonic_prost::ProstCodec;

use crate::scene::{Scene, as_admin, reason, token, wanted};

/// Who asks: a name for the matrix, and what they show.
fn callers() -> Vec<(&'static str, Option<String>)> {
    vec![
        ("nobody", None),
        ("garbage", Some("Bearer garbage".to_owned())),
        ("expired", Some("Bearer admin root 1".to_owned())),
        ("stranger", Some(token("bob", RoleKind::Customer))),
        ("owner", Some(token("alice", RoleKind::Customer))),
        ("staff", Some(token("sam", RoleKind::Staff))),
        ("service", Some(token("svc", RoleKind::Service))),
        ("gateway", Some(token("gateway", RoleKind::Service))),
        ("admin", Some(token("root", RoleKind::Admin))),
    ]
}

/// A scene with accounts, a product, and an order of alice's that is paid for and has a parcel and a
/// return; the order's id.
async fn stocked() -> (Scene, String) {
    let scene = Scene::new().await;
    for (id, role) in [("alice", "customer"), ("root", "admin"), ("r2", "admin")] {
        let user = proto::CreateUserRequest {
            id: Some(id.to_owned()),
            email: format!("{id}@shop.example"),
            password: "correct horse".to_owned(),
            role: Some(role.to_owned()),
            ..Default::default()
        };
        scene.users().create_user(as_admin(user)).await.unwrap();
    }
    let product = proto::CreateProductRequest {
        id: Some("p".to_owned()),
        name: "P".to_owned(),
        price: "1".to_owned(),
        stock: Some(9),
        ..Default::default()
    };
    scene.products().create_product(as_admin(product)).await.unwrap();
    let order = scene.placed("alice").await.id;
    let mut orders = scene.orders();
    let payment = proto::RecordPaymentRequest {
        order: order.clone(),
        state: Some("authorized".to_owned()),
        ..Default::default()
    };
    orders.record_payment(as_admin(payment)).await.unwrap();
    let pen = proto::Pick { line: Some(Line::ProductId("pen".to_owned())), quantity: 1 };
    let parcel =
        proto::ShipOrderRequest { order: order.clone(), items: vec![pen], ..Default::default() };
    orders.ship_order(as_admin(parcel)).await.unwrap();
    let arrived = proto::DeliverOrderRequest { order: order.clone(), ..Default::default() };
    orders.deliver_order(as_admin(arrived)).await.unwrap();
    let back = proto::RequestReturnRequest { order: order.clone(), ..Default::default() };
    orders.request_return(as_admin(back)).await.unwrap();
    (scene, order)
}

/// A message that a method takes, as bytes.
fn message(method: &str, order: &str) -> Vec<u8> {
    let (order, id) = (order.to_owned(), "p".to_owned());
    let alice = || "alice".to_owned();
    match method {
        "SignIn" => proto::SignInRequest {
            email: "alice@shop.example".to_owned(),
            password: "correct horse".to_owned(),
        }
        .encode_to_vec(),
        "CreateUser" => proto::CreateUserRequest {
            email: "new@shop.example".to_owned(),
            password: "correct horse".to_owned(),
            ..Default::default()
        }
        .encode_to_vec(),
        "UpdateUser" => proto::UpdateUserRequest {
            id: alice(),
            first_name: Some("A".to_owned()),
            ..Default::default()
        }
        .encode_to_vec(),
        "GetUser" | "DeleteUser" => proto::GetUserRequest { id: alice() }.encode_to_vec(),
        "CreateProduct" => proto::CreateProductRequest {
            name: "Q".to_owned(),
            price: "1".to_owned(),
            ..Default::default()
        }
        .encode_to_vec(),
        "GetProduct" | "UpdateProduct" | "DeleteProduct" => {
            proto::GetProductRequest { id }.encode_to_vec()
        }
        "ChangeStock" => proto::ChangeStockRequest { id, quantity: 1 }.encode_to_vec(),
        "PlaceOrder" => wanted("alice", &[("pen", 1, "1")]).encode_to_vec(),
        "AddNote" => {
            proto::AddNoteRequest { order, text: "hello".to_owned(), ..Default::default() }
                .encode_to_vec()
        }
        "CapturePayment" => {
            proto::CapturePaymentRequest { order, payment_id: "1".to_owned(), ..Default::default() }
                .encode_to_vec()
        }
        "WatchEvents" => {
            proto::WatchEventsRequest { after: Some(0), ..Default::default() }.encode_to_vec()
        }
        "ListOrders"
        | "StreamOrders"
        | "ListUsers"
        | "ListProducts"
        | "Check"
        | "Watch"
        | "ServerReflectionInfo" => Vec::new(),
        "Call" => {
            let call = br#"{"Orders":{"FeedEnd":{}}}"#.to_vec();
            proto::CoreCall { protocol: 1, call }.encode_to_vec()
        }
        _ => proto::OrderRequest { order, dry_run: false }.encode_to_vec(),
    }
}

/// Bytes that are a message, sent and received as they are.
#[derive(Clone, PartialEq, Message)]
struct Nothing {}

/// Asks any method for the first message of its answer.
async fn asked(scene: &Scene, path: &str, shown: Option<&str>, bytes: Vec<u8>) -> Status {
    let mut client = tonic::client::Grpc::new(scene.channel.clone());
    client.ready().await.unwrap();
    let message = Raw(bytes);
    let mut request = Request::new(message);
    if let Some(shown) = shown {
        let shown: MetadataValue<_> = shown.parse().unwrap();
        request.metadata_mut().insert("authorization", shown);
    }
    let path: PathAndQuery = path.parse().unwrap();
    let codec = ProstCodec::<Raw, Nothing>::default();
    match client.server_streaming(request, path, codec).await {
        Err(status) => status,
        Ok(answer) => {
            let mut answer = answer.into_inner();
            match tokio::time::timeout(PATIENCE, answer.message()).await {
                Ok(Err(status)) => status,
                // Who listens and hears nothing is let in too.
                Ok(Ok(_)) | Err(_) => Status::ok(""),
            }
        }
    }
}

/// How long a long answer may take to begin.
const PATIENCE: Duration = Duration::from_millis(500);

/// A message that is written already.
#[derive(Debug, Clone, Default)]
struct Raw(Vec<u8>);

impl Message for Raw {
    fn encode_raw(&self, buffer: &mut impl prost::bytes::BufMut) {
        buffer.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: prost::encoding::WireType,
        buffer: &mut impl prost::bytes::Buf,
        context: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        prost::encoding::skip_field(wire_type, tag, buffer, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// The whole matrix, as a file to be read: a change in it is a change in who may do what.
#[tokio::test]
async fn who_may_do_what_is_as_it_was() {
    let mut matrix = String::new();
    for rule in RULES {
        let _ = writeln!(matrix, "{}", rule.path);
        let method = rule.path.rsplit('/').next().unwrap();
        for (name, shown) in callers() {
            let (scene, order) = stocked().await;
            let status = asked(&scene, rule.path, shown.as_deref(), message(method, &order)).await;
            assert_ne!(status.code(), Code::Internal, "{name} {rule:?}: {status:?}");
            let told = format!("{:?} {}", status.code(), reason(&status));
            let _ = writeln!(matrix, "    {name:<9} {}", told.trim_end());
        }
    }
    insta::assert_snapshot!("matrix", matrix);
}
