//! A user as clients see them.

use std::fmt;

use order_core::{
    Address, Email, Label, Name, RoleKind, SignedIn, Timestamp, User, UserId, accounts::Profile,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::address::AddressBody;

/// Somebody with an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserBody {
    /// Names the account; of a customer also the orders' `customerId`.
    #[schema(value_type = String)]
    pub id: UserId,
    /// What they sign in with.
    #[schema(value_type = String, example = "ann@shop.example")]
    pub email: Email,
    /// The first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub first_name: Option<Name>,
    /// The last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub last_name: Option<Name>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Label>,
    /// Where they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AddressBody>)]
    pub address: Option<Address>,
    /// What the account may do: `customer`, `staff`, `service` or `admin`.
    #[schema(value_type = String, example = "customer")]
    pub role: RoleKind,
    /// How often it was written; also the `ETag`.
    pub version: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last written.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl fmt::Debug for UserBody {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("UserBody");
        shown.field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let Profile { first_name, last_name, phone, address } = user.profile;
        Self {
            id: user.id,
            email: user.email,
            first_name,
            last_name,
            phone,
            address,
            role: user.role,
            version: user.version,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserListBody {
    /// The users, by id.
    pub users: Vec<UserBody>,
    /// The most users on a page.
    pub limit: u32,
    /// Whether there are more.
    pub has_more: bool,
    /// The `cursor` of the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// That somebody has signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedInBody {
    /// What to send as `Authorization: Bearer …`.
    pub token: String,
    /// Until when it counts.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Who it is.
    pub user: UserBody,
}

impl fmt::Debug for SignedInBody {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedInBody").field("user", &self.user).finish_non_exhaustive()
    }
}

impl From<SignedIn> for SignedInBody {
    fn from(SignedIn { user, token }: SignedIn) -> Self {
        Self {
            token: token.text.as_ref().to_owned(),
            expires_at: token.expires_at,
            user: user.into(),
        }
    }
}
