//! Accounts and sign-in.

use order_core::RoleKind;
use order_grpc::proto;
use tonic::{Code, Request};

use crate::scene::{Scene, as_admin, as_customer, by, refused, with};

fn new(email: &str) -> proto::CreateUserRequest {
    proto::CreateUserRequest {
        email: email.to_owned(),
        password: "correct horse".to_owned(),
        first_name: Some("Ann".to_owned()),
        ..Default::default()
    }
}

#[tokio::test]
async fn who_registers_signs_in_and_places_with_the_token() {
    let scene = Scene::new().await;
    let user = scene.users().create_user(Request::new(new("ann@shop.example"))).await.unwrap();
    let user = user.into_inner();
    assert_eq!((user.role.as_str(), user.first_name.as_deref()), ("customer", Some("Ann")));
    let taken = scene.users().create_user(Request::new(new("ANN@shop.example"))).await;
    refused(taken, Code::FailedPrecondition, "user.email_taken");
    let sign_in = |password: &str| proto::SignInRequest {
        email: "ann@shop.example".to_owned(),
        password: password.to_owned(),
    };
    let wrong = scene.auth().sign_in(sign_in("wrong horse")).await;
    refused(wrong, Code::Unauthenticated, "auth.mismatch");
    let session = scene.auth().sign_in(sign_in("correct horse")).await.unwrap().into_inner();
    assert_eq!(session.user.as_ref().unwrap().id, user.id);
    let bearer = format!("bearer {}", session.token);
    let asked = proto::GetUserRequest { id: user.id.clone() };
    let own = scene.users().get_user(with(asked.clone(), &[("authorization", &bearer)])).await;
    assert_eq!(own.unwrap().into_inner(), user);
    let foreign = scene.users().get_user(as_customer("bob", asked)).await;
    refused(foreign, Code::NotFound, "user.not_found");
}

#[tokio::test]
async fn accounts_are_changed_listed_and_removed() {
    let scene = Scene::new().await;
    let mut users = scene.users();
    let mut ids = Vec::new();
    for email in ["a@shop.example", "b@shop.example", "c@shop.example"] {
        ids.push(users.create_user(as_admin(new(email))).await.unwrap().into_inner().id);
    }
    let change = proto::UpdateUserRequest {
        id: ids[0].clone(),
        role: Some("staff".to_owned()),
        ..Default::default()
    };
    let own = users.update_user(by(&ids[0], RoleKind::Customer, change.clone())).await;
    refused(own, Code::PermissionDenied, "auth.forbidden");
    let changed = users.update_user(as_admin(change)).await.unwrap().into_inner();
    assert_eq!((changed.role.as_str(), changed.version), ("staff", 2));
    let mut asked = proto::ListUsersRequest { limit: Some(2), ..Default::default() };
    let first = users.list_users(as_admin(asked.clone())).await.unwrap().into_inner();
    asked.cursor = first.next_cursor;
    let last = users.list_users(as_admin(asked)).await.unwrap().into_inner();
    assert_eq!((first.users.len(), last.users.len(), last.next_cursor), (2, 1, None));
    let gone = proto::DeleteUserRequest { id: ids[1].clone() };
    users.delete_user(as_admin(gone.clone())).await.unwrap();
    refused(users.delete_user(as_admin(gone)).await, Code::NotFound, "user.not_found");
}
