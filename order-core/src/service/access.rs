//! Which role may do what. A use case asks here; no handler decides.

use std::sync::Arc;

use super::{
    error::ServiceError,
    principal::{Principal, Role},
    requests::Receipt,
};
use crate::{Action, Order, PersonalData};

impl Principal {
    /// Lets staff, services and administrators through.
    pub(super) fn check_staff(&self, what: &'static str) -> Result<(), ServiceError> {
        match self.role {
            Role::Customer(_) => Err(ServiceError::Forbidden { what }),
            Role::Staff | Role::Service | Role::Admin => Ok(()),
        }
    }

    /// Whether this caller is an administrator.
    pub(super) fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Lets administrators through.
    pub(super) fn check_admin(&self, what: &'static str) -> Result<(), ServiceError> {
        if self.is_admin() { Ok(()) } else { Err(ServiceError::Forbidden { what }) }
    }

    /// Whether this caller may name a price.
    pub(super) fn may_price(&self) -> bool {
        self.scope().is_none()
    }

    /// Lets a caller through who may take the action on orders of their own.
    pub(super) fn check_action(&self, action: Action) -> Result<(), ServiceError> {
        let own = matches!(
            action,
            Action::Draft
                | Action::Place
                | Action::Edit
                | Action::Cancel
                | Action::CancelItems
                | Action::RequestReturn
                | Action::Note
        );
        // What is asked of a person, not of an order, is for administrators.
        let may = self.scope().is_none() && (action != Action::Erase || self.is_admin());
        if own || may {
            return Ok(());
        }
        Err(ServiceError::ActionForbidden(action))
    }

    /// Hides what another customer owns.
    pub(super) fn check_owner(&self, order: &Order) -> Result<(), ServiceError> {
        match self.scope() {
            Some(own) if order.customer_id() != Some(own) => {
                Err(ServiceError::NotFound { what: "order" })
            }
            _ => Ok(()),
        }
    }

    /// What a caller may see of the personal data: a customer sees no notes but their own.
    pub(super) fn without_foreign_notes(&self, person: Arc<PersonalData>) -> Arc<PersonalData> {
        let foreign = person.notes.iter().any(|note| note.author != self.subject);
        if self.scope().is_none() || !foreign {
            return person;
        }
        let mut own = PersonalData::clone(&person);
        own.notes.retain(|note| note.author == self.subject);
        own.into()
    }

    /// A receipt as this caller may see it.
    pub(super) fn shown(&self, receipt: Receipt) -> Receipt {
        let person = self.without_foreign_notes(receipt.person);
        Receipt { person, ..receipt }
    }
}
