//! What holds secrets, as it travels between a gateway and its core. The core's own types cannot be
//! written, so that no secret ends anywhere by mistake.

use order_core::{
    Email, NewUser, RoleKind, SignedIn, Timestamp, User, UserChange, UserId,
    accounts::{Password, Profile, Token},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::lend::{Keep, Lend};

/// A password, written.
#[derive(Clone)]
pub(crate) struct KeptPassword(Password);

impl Serialize for KeptPassword {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from_utf8_lossy(self.0.expose()))
    }
}

impl<'de> Deserialize<'de> for KeptPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Password::new(&text).map(Self).map_err(D::Error::custom)
    }
}

/// A [`NewUser`].
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptUser {
    id: Option<UserId>,
    email: Email,
    password: KeptPassword,
    profile: Profile,
    role: Option<RoleKind>,
}

impl Keep<KeptUser> for NewUser {
    fn keep(self) -> KeptUser {
        let Self { id, email, password, profile, role } = self;
        KeptUser { id, email, password: KeptPassword(password), profile, role }
    }
}

impl Lend<'_, NewUser> for KeptUser {
    fn lend(&self) -> NewUser {
        let Self { id, email, password, profile, role } = self.clone();
        NewUser { id, email, password: password.0, profile, role }
    }
}

/// A [`UserChange`].
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptChange {
    email: Option<Email>,
    password: Option<KeptPassword>,
    profile: Profile,
    role: Option<RoleKind>,
}

impl Keep<KeptChange> for UserChange {
    fn keep(self) -> KeptChange {
        let Self { email, password, profile, role } = self;
        KeptChange { email, password: password.map(KeptPassword), profile, role }
    }
}

impl Lend<'_, UserChange> for KeptChange {
    fn lend(&self) -> UserChange {
        let Self { email, password, profile, role } = self.clone();
        UserChange { email, password: password.map(|it| it.0), profile, role }
    }
}

/// A [`SignedIn`].
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptSession {
    user: User,
    token: Box<str>,
    expires_at: Timestamp,
}

impl From<SignedIn> for KeptSession {
    fn from(SignedIn { user, token }: SignedIn) -> Self {
        Self { user, token: (*token.text).into(), expires_at: token.expires_at }
    }
}

impl From<KeptSession> for SignedIn {
    fn from(KeptSession { user, token, expires_at }: KeptSession) -> Self {
        Self { user, token: Token { text: token.into(), expires_at } }
    }
}
