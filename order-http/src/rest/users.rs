//! Accounts and sign-in.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{FromRef, FromRequestParts, OriginalUri},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use order_core::{
    NewUser, Principal, ServiceError, User, UserChange, UserId, Users,
    ports::{UserPage, UserQuery},
};

use super::{Answer, lists::LIMIT_DEFAULT, render};
use crate::{
    access,
    attempts::Attempts,
    body::{SignedInBody, UserBody, UserListBody},
    error::ApiError,
    extract::{Call, Payload, below, read_user_cursor, user_cursor},
    openapi::{Doc, Routes},
    request::{SignIn, SignInRequest, UserChangeRequest, UserRequest},
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "users", summary);
    let change = |id| {
        doc(id, "Change an account: one's own, or as an administrator anybody's")
            .takes::<UserChangeRequest>(true)
            .versioned()
            .answers::<UserBody>(200, "The user after the change.")
    };
    routes
        .post(
            "/users",
            register,
            doc("addUser", "Make an account")
                .about(
                    "Anybody may make themselves a customer. Only an administrator may name another \
                     role, or the id.",
                )
                .takes::<UserRequest>(true)
                .open()
                .conflicts()
                .answers::<UserBody>(201, "The user; `Location` says where they are."),
        )
        .post(
            "/auth",
            sign_in,
            doc("signIn", "Get a token for an e-mail address and a password")
                .takes::<SignInRequest>(true)
                .open()
                .conflicts()
                .answers::<SignedInBody>(200, "The token, until when it counts, and whose it is."),
        )
        .get(
            "/users",
            list,
            doc("listUsers", "List users")
                .query(&[
                    ("email", "The one with this e-mail address, in any case."),
                    ("limit", "How many on a page: 1 to 200, 20 if absent."),
                    ("cursor", "Where the page begins: the `nextCursor` of the page before."),
                ])
                .answers::<UserListBody>(200, "A page of users, by id."),
        )
        .get(
            "/users/{id}",
            show,
            doc("showUser", "Read a user").answers::<UserBody>(200, "The user."),
        )
        .put("/users/{id}", update, change("updateUser"))
        .patch("/users/{id}", update, change("patchUser"))
        .delete(
            "/users/{id}",
            remove,
            doc("removeUser", "Remove an account, and what is known of the person through it")
                .about("Orders stay.")
                .versioned()
                .answers_plainly(204, "It is gone."),
        )
}

/// The accounts of this service.
#[derive(Debug)]
pub(crate) struct Accounts(Arc<dyn Users>);

impl<S: Send + Sync> FromRequestParts<S> for Accounts
where
    Option<Arc<dyn Users>>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Option::from_ref(state) {
            Some(users) => Ok(Self(users)),
            None => Err(super::not_found().await),
        }
    }
}

/// Who is calling, if anybody says so.
#[derive(Debug)]
pub(crate) struct Visitor(Option<Principal>);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        access::visitor(&parts.extensions).map(Self)
    }
}

fn shown(status: StatusCode, user: User) -> Response {
    private(render::tagged(status, user.version, &UserBody::from(user)))
}

/// What no cache on the way may keep.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The user of the path. An id that breaks the rules names none.
pub(crate) fn id_of(call: &Call) -> Result<UserId, ApiError> {
    let id = UserId::try_from(call.param("id"));
    id.map_err(|_| ServiceError::NotFound { what: "user" }.into())
}

async fn register(
    Accounts(users): Accounts,
    Visitor(who): Visitor,
    attempts: Option<Extension<Attempts>>,
    uri: OriginalUri,
    Payload(user): Payload<NewUser>,
) -> Answer {
    if who.is_none() {
        Attempts::count(attempts.as_deref())?;
    }
    let user = users.register(who.as_ref(), user).await?;
    let location = below(&uri, user.id.as_str());
    Ok(([(LOCATION, location)], shown(StatusCode::CREATED, user)).into_response())
}

async fn sign_in(
    Accounts(users): Accounts,
    attempts: Option<Extension<Attempts>>,
    Payload(given): Payload<SignIn>,
) -> Answer {
    Attempts::count(attempts.as_deref())?;
    let signed_in = users.sign_in(&given.email, &given.password).await?;
    Ok(private(render::ok(&SignedInBody::from(signed_in))))
}

async fn list(call: Call, Accounts(users): Accounts) -> Answer {
    Ok(private(render::ok(&page(&call, &*users).await?)))
}

/// The page of users that a call asks for.
pub(crate) async fn page(call: &Call, users: &dyn Users) -> Result<UserListBody, ApiError> {
    let asked = &call.query;
    let limit = asked.number(&["limit"], "page.limit_out_of_range")?.unwrap_or(LIMIT_DEFAULT);
    let after = asked.get(&["cursor"])?.map(read_user_cursor).transpose()?;
    let query = UserQuery { email: asked.text(&["email"])?, after, limit };
    let UserPage { users, more } = users.users(&call.who, query).await?;
    let last = users.last().filter(|_| more);
    let next_cursor = last.map(|user| user_cursor(&user.id));
    let users = users.into_iter().map(UserBody::from).collect();
    Ok(UserListBody { users, limit, has_more: more, next_cursor })
}

async fn show(call: Call, Accounts(users): Accounts) -> Answer {
    Ok(shown(StatusCode::OK, users.user(&call.who, &id_of(&call)?).await?))
}

async fn update(
    call: Call,
    Accounts(users): Accounts,
    Payload(change): Payload<UserChange>,
) -> Answer {
    let (id, version) = (id_of(&call)?, call.single_version()?);
    Ok(shown(StatusCode::OK, users.change_user(&call.who, &id, change, version).await?))
}

async fn remove(call: Call, Accounts(users): Accounts) -> Answer {
    let (id, version) = (id_of(&call)?, call.single_version()?);
    users.remove_user(&call.who, &id, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
