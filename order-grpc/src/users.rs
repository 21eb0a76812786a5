//! Accounts and sign-in.

use std::sync::Arc;

use order_core::{
    NewUser, RoleKind, ServiceError, User, UserChange, UserId, Users,
    accounts::{Password, Profile},
    ports::{UserPage, UserQuery},
};
use tonic::{Request, Response, Status};

use crate::{
    answer,
    cursor::{read_user_cursor, user_cursor},
    metadata::{caller, version, visitor},
    proto::{self, auth_service_server::AuthService, user_service_server::UserService},
    reading::Reading,
    request::{LIMIT_DEFAULT, address},
    status::status,
};

/// The methods of accounts.
#[derive(Debug, Clone)]
pub(crate) struct Accounts(pub(crate) Arc<dyn Users>);

/// A user's id. One that breaks the rules names nobody.
fn id_of(id: &str) -> Result<UserId, Status> {
    id.parse().map_err(|_| status(&ServiceError::NotFound { what: "user" }))
}

fn told(user: Result<User, ServiceError>) -> Result<Response<proto::User>, Status> {
    match user {
        Ok(user) => Ok(Response::new(answer::user(&user))),
        Err(error) => Err(status(&error)),
    }
}

fn password(reading: &mut Reading, text: &str) -> Option<Password> {
    match Password::new(text) {
        Ok(password) => Some(password),
        Err(error) => {
            reading.fault("password", error.code(), error);
            None
        }
    }
}

fn role(reading: &mut Reading, word: Option<&String>) -> Option<RoleKind> {
    let rule = "a role is one of customer, staff, service, admin";
    reading.any_word("role", word, |word| word.parse().ok(), "user.role_unknown", rule)
}

#[tonic::async_trait]
impl UserService for Accounts {
    async fn create_user(
        &self,
        request: Request<proto::CreateUserRequest>,
    ) -> Result<Response<proto::User>, Status> {
        let who = visitor(&request);
        let wanted = request.into_inner();
        let mut reading = Reading::default();
        let id = reading.any_id("id", wanted.id.as_ref());
        let email = reading.typed("email", &wanted.email);
        let password = password(&mut reading, &wanted.password);
        let profile = Profile {
            first_name: reading.any_typed("first_name", wanted.first_name.as_ref()),
            last_name: reading.any_typed("last_name", wanted.last_name.as_ref()),
            phone: reading.any_typed("phone", wanted.phone.as_ref()),
            address: address(&mut reading, "address", wanted.address.as_ref()),
        };
        let role = role(&mut reading, wanted.role.as_ref());
        let user = email.zip(password);
        let user = user.map(|(email, password)| NewUser { id, email, password, profile, role });
        told(self.0.register(who.as_ref(), reading.finish(user)?).await)
    }

    async fn get_user(
        &self,
        request: Request<proto::GetUserRequest>,
    ) -> Result<Response<proto::User>, Status> {
        let who = caller(&request)?;
        told(self.0.user(&who, &id_of(&request.get_ref().id)?).await)
    }

    async fn update_user(
        &self,
        request: Request<proto::UpdateUserRequest>,
    ) -> Result<Response<proto::User>, Status> {
        let (who, expected) = (caller(&request)?, version(request.metadata())?);
        let wanted = request.into_inner();
        let id = id_of(&wanted.id)?;
        let mut reading = Reading::default();
        let change = UserChange {
            email: reading.any_typed("email", wanted.email.as_ref()),
            password: wanted.password.as_ref().and_then(|text| password(&mut reading, text)),
            profile: Profile {
                first_name: reading.any_typed("first_name", wanted.first_name.as_ref()),
                last_name: reading.any_typed("last_name", wanted.last_name.as_ref()),
                phone: reading.any_typed("phone", wanted.phone.as_ref()),
                address: address(&mut reading, "address", wanted.address.as_ref()),
            },
            role: role(&mut reading, wanted.role.as_ref()),
        };
        told(self.0.change_user(&who, &id, reading.finish(Some(change))?, expected).await)
    }

    async fn delete_user(
        &self,
        request: Request<proto::DeleteUserRequest>,
    ) -> Result<Response<proto::DeleteUserResponse>, Status> {
        let (who, expected) = (caller(&request)?, version(request.metadata())?);
        let id = id_of(&request.get_ref().id)?;
        let removed = self.0.remove_user(&who, &id, expected).await;
        removed.map_err(|error| status(&error))?;
        Ok(Response::new(proto::DeleteUserResponse {}))
    }

    async fn list_users(
        &self,
        request: Request<proto::ListUsersRequest>,
    ) -> Result<Response<proto::ListUsersResponse>, Status> {
        let who = caller(&request)?;
        let wanted = request.into_inner();
        let mut reading = Reading::default();
        let email = reading.any_id("email", wanted.email.as_ref());
        let after = wanted.cursor.as_deref().and_then(|text| {
            let after = read_user_cursor(text);
            if after.is_none() {
                reading.fault("cursor", "page.cursor_invalid", "this is no cursor of this list");
            }
            after
        });
        let query = UserQuery { email, after, limit: wanted.limit.unwrap_or(LIMIT_DEFAULT) };
        let page = self.0.users(&who, reading.finish(Some(query))?).await;
        let UserPage { users, more } = page.map_err(|error| status(&error))?;
        let next_cursor = users.last().filter(|_| more).map(|user| user_cursor(&user.id));
        let users = users.iter().map(answer::user).collect();
        Ok(Response::new(proto::ListUsersResponse { users, next_cursor }))
    }
}

#[tonic::async_trait]
impl AuthService for Accounts {
    async fn sign_in(
        &self,
        request: Request<proto::SignInRequest>,
    ) -> Result<Response<proto::SignInResponse>, Status> {
        let proto::SignInRequest { email, password } = request.into_inner();
        match self.0.sign_in(&email, &password).await {
            Ok(session) => Ok(Response::new(answer::session(&session))),
            Err(error) => Err(status(&error)),
        }
    }
}
