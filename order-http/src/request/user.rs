//! Accounts and sign-in.

use std::fmt;

use order_core::{
    NewUser, RoleKind, UserChange,
    accounts::{Password, Profile},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Read, person::read_address};
use crate::{
    body::AddressBody,
    extract::{Fields, Value},
};

const EMAIL: &[&str] = &["email"];
const PASSWORD: &[&str] = &["password"];
const FIRST_NAME: &[&str] = &["firstName", "first_name"];
const LAST_NAME: &[&str] = &["lastName", "last_name"];

/// An account to make.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRequest {
    /// Its id; a new one if absent. Only an administrator may name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What they sign in with.
    #[schema(example = "ann@shop.example")]
    pub email: String,
    /// What they prove it with: at least 8 characters.
    pub password: String,
    /// The first name. Also read as `first_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name. Also read as `last_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Where to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where they live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressBody>,
    /// `customer` (if absent), `staff`, `service` or `admin`. Only an administrator may name another
    /// than `customer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl fmt::Debug for UserRequest {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRequest").field("role", &self.role).finish_non_exhaustive()
    }
}

impl Read for NewUser {
    type Doc = UserRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let email = fields.required(EMAIL).and_then(|value| value.typed());
        let password = fields.required(PASSWORD).and_then(|value| read_password(&value));
        let (id, profile, role) =
            (fields.text(&["id", "_id"]), read_profile(fields), read_role(fields));
        Some(Self { id, email: email?, password: password?, profile, role })
    }
}

/// A change of an account; parts left out stay as they are.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserChangeRequest {
    /// What they sign in with instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What they prove it with instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The first name instead. Also read as `first_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name instead. Also read as `last_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Where to call instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where they live instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressBody>,
    /// What the account may do instead. Only an administrator may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl fmt::Debug for UserChangeRequest {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserChangeRequest").field("role", &self.role).finish_non_exhaustive()
    }
}

impl Read for UserChange {
    type Doc = UserChangeRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            email: fields.typed(EMAIL),
            password: fields.get(PASSWORD).and_then(|value| read_password(&value)),
            profile: read_profile(fields),
            role: read_role(fields),
        })
    }
}

/// An e-mail address and a password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInRequest {
    /// What they sign in with.
    #[schema(example = "ann@shop.example")]
    pub email: String,
    /// What they prove it with.
    pub password: String,
}

impl fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInRequest(..)")
    }
}

/// What somebody signs in with, as they wrote it.
pub(crate) struct SignIn {
    pub(crate) email: String,
    pub(crate) password: String,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignIn(..)")
    }
}

impl Read for SignIn {
    type Doc = SignInRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let text = |names| fields.required(names).and_then(|value| value.string());
        let (email, password) = (text(EMAIL), text(PASSWORD));
        Some(Self { email: email?.to_owned(), password: password?.to_owned() })
    }
}

fn read_password(value: &Value<'_>) -> Option<Password> {
    match Password::new(value.string()?) {
        Ok(password) => Some(password),
        Err(error) => {
            value.fault(error.code(), error.to_string());
            None
        }
    }
}

fn read_role(fields: Fields<'_>) -> Option<RoleKind> {
    let detail = "a role is one of customer, staff, service, admin";
    fields.get(&["role"])?.word(|word| word.parse().ok(), "user.role_unknown", detail)
}

fn read_profile(fields: Fields<'_>) -> Profile {
    Profile {
        first_name: fields.typed(FIRST_NAME),
        last_name: fields.typed(LAST_NAME),
        phone: fields.typed(&["phone"]),
        address: fields.get(&["address"]).and_then(|value| read_address(&value)),
    }
}
