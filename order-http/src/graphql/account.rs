//! Accounts as GraphQL shows them.
//!
//! They are not called users: the users of a federated graph are another subgraph's.

use std::fmt;

use async_graphql::{ID, InputObject, SimpleObject};
use serde::Serialize;

use super::{
    input::AddressInput,
    part::{Address, of_text, text},
    scalar::DateTime,
    word::Role,
};
use crate::body::{SignedInBody, UserBody};

/// Somebody with an account of this service.
#[derive(SimpleObject)]
pub(super) struct Account {
    /// Names the account; of a customer also the `customerId` of their orders.
    id: ID,
    /// What they sign in with.
    email: String,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// Where to call.
    phone: Option<String>,
    /// Where they live.
    address: Option<Address>,
    /// What the account may do.
    role: Role,
    /// How often it was written: the `expectedVersion` of the next change.
    version: u64,
    /// When it was made.
    created_at: DateTime,
    /// When it was last written.
    updated_at: DateTime,
}

impl fmt::Debug for Account {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Account");
        shown.field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl From<UserBody> for Account {
    fn from(user: UserBody) -> Self {
        Self {
            id: of_text(&user.id),
            email: user.email.to_string(),
            first_name: text(user.first_name.as_ref()),
            last_name: text(user.last_name.as_ref()),
            phone: text(user.phone.as_ref()),
            address: user.address.as_ref().map(Into::into),
            role: user.role.into(),
            version: user.version,
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
        }
    }
}

/// That somebody has signed in.
#[derive(SimpleObject)]
pub(super) struct SignedIn {
    /// What to send as `Authorization: Bearer …`.
    token: String,
    /// Until when it counts.
    expires_at: DateTime,
    /// Who it is.
    account: Account,
}

impl fmt::Debug for SignedIn {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("account", &self.account).finish_non_exhaustive()
    }
}

impl From<SignedInBody> for SignedIn {
    fn from(SignedInBody { token, expires_at, user }: SignedInBody) -> Self {
        Self { token, expires_at: expires_at.into(), account: user.into() }
    }
}

/// What somebody signs in with.
#[derive(Serialize, InputObject)]
pub(super) struct SignInInput {
    /// The e-mail address of the account, in any case.
    email: String,
    /// The password.
    password: String,
}

impl fmt::Debug for SignInInput {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInInput").finish_non_exhaustive()
    }
}

/// An account to make.
#[derive(Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountInput {
    /// Its id; a new one if absent. Only an administrator may name it.
    id: Option<ID>,
    /// What they sign in with.
    email: String,
    /// What they prove it with: at least 8 characters.
    password: String,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// Where to call.
    phone: Option<String>,
    /// Where they live.
    address: Option<AddressInput>,
    /// What the account may do; a customer's if absent. Only an administrator may name another.
    role: Option<Role>,
}

impl fmt::Debug for AccountInput {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountInput").field("role", &self.role).finish_non_exhaustive()
    }
}

/// A change of an account: parts left out stay as they are.
#[derive(Serialize, InputObject)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateAccountInput {
    /// What they sign in with instead.
    email: Option<String>,
    /// What they prove it with instead.
    password: Option<String>,
    /// The first name instead.
    first_name: Option<String>,
    /// The last name instead.
    last_name: Option<String>,
    /// Where to call instead.
    phone: Option<String>,
    /// Where they live instead.
    address: Option<AddressInput>,
    /// What the account may do instead. Only an administrator may change it.
    role: Option<Role>,
}

impl fmt::Debug for UpdateAccountInput {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateAccountInput").field("role", &self.role).finish_non_exhaustive()
    }
}
