//! Who is calling.

use crate::{Actor, CustomerId, Label};

/// What a caller may do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// Who is calling, as the host found out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    /// Who it is: written into events, and the owner of idempotency keys. An id, not a name.
    pub subject: Actor,
    /// What they may do.
    pub role: Role,
}

impl Principal {
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
}
