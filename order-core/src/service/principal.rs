//! Who is calling.

use serde::{Deserialize, Serialize};

use super::fingerprint::fingerprint;
use crate::{Actor, CustomerId, IdempotencyKey, Label, RoleKind, ports::RequestKey};

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees and changes only the orders of one customer.
    Customer(CustomerId),
    /// Works on everybody's orders.
    Staff,
    /// Another program: as staff.
    Service,
    /// May do everything.
    Admin,
}

impl Role {
    /// The role without whose it is.
    pub const fn kind(&self) -> RoleKind {
        match self {
            Self::Customer(_) => RoleKind::Customer,
            Self::Staff => RoleKind::Staff,
            Self::Service => RoleKind::Service,
            Self::Admin => RoleKind::Admin,
        }
    }
}

/// Who is calling, as the host found out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// Who it is: written into events, and the owner of idempotency keys. An id, not a name.
    pub subject: Actor,
    /// What they may do.
    pub role: Role,
}

impl Principal {
    /// Somebody in a role. A customer sees the orders of the customer of the same id.
    pub fn new(subject: Actor, role: RoleKind) -> Self {
        let role = match role {
            RoleKind::Customer => Role::Customer(CustomerId::same_as_subject(&subject)),
            RoleKind::Staff => Role::Staff,
            RoleKind::Service => Role::Service,
            RoleKind::Admin => Role::Admin,
        };
        Self { subject, role }
    }

    /// A customer, known by the customer's id.
    pub fn customer(id: CustomerId) -> Self {
        Self { subject: Label::same_as(&id), role: Role::Customer(id) }
    }

    /// Somebody who may do everything.
    pub const fn admin(subject: Actor) -> Self {
        Self { subject, role: Role::Admin }
    }

    /// The customer whose orders alone this caller sees; none for everybody's.
    pub const fn scope(&self) -> Option<&CustomerId> {
        match &self.role {
            Role::Customer(id) => Some(id),
            Role::Staff | Role::Service | Role::Admin => None,
        }
    }

    /// The name of a request within this caller's own. Callers of one name and different roles are
    /// different callers, so that nobody gets an answer that was another's.
    pub fn request_key(&self, key: IdempotencyKey) -> RequestKey {
        RequestKey { owner: self.key_owner(), key }
    }

    fn key_owner(&self) -> Label {
        let (kind, subject) = (self.role.kind(), self.subject.as_str());
        let is_reserved = RoleKind::ALL.iter().any(|kind| {
            subject.strip_prefix(kind.as_str()).is_some_and(|rest| rest.starts_with(':'))
        });
        // Before there were accounts, everybody who had keys was an administrator.
        if kind == RoleKind::Admin && !is_reserved {
            return self.subject.clone();
        }
        let whole = format!("{kind}:{subject}");
        Label::try_from(whole.as_str()).unwrap_or_else(|_| {
            let sum = fingerprint("owner", &whole);
            Label::shortened(&whole, &format!("~{sum:016x}"))
        })
    }
}
