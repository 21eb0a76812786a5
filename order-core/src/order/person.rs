//! Personal data: kept beside the events, in a row of its own, so that it can be erased.

use serde::{Deserialize, Serialize};

use super::command::{Command, Person};
use crate::{Email, Label, Name, NoteId, Timestamp};

/// A postal address. Every part is optional; which parts are needed is the carrier's matter.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Whom it is addressed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Name>,
    /// Street and house number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<Name>,
    /// A second line for the street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street2: Option<Name>,
    /// The town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<Label>,
    /// State, province or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Label>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip_code: Option<Label>,
    /// The country, as the caller writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Label>,
    /// A telephone number for the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Label>,
}

/// A note on an order.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// Names the note within its order.
    pub id: NoteId,
    /// Who wrote it.
    pub author: Label,
    /// When.
    pub at: Timestamp,
    /// What it says.
    pub text: String,
}

/// All that is known of a person through one order.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonalData {
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The customer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Label>,
    /// Where the parcels go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Where the invoice goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// What people wrote about the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl std::fmt::Debug for Address {
    /// Says nothing of the address: debug output ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(..)")
    }
}

impl std::fmt::Debug for Note {
    /// Says nothing of the text: debug output ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Note").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PersonalData {
    /// Shows which parts are known, never what they say: debug output ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonalData")
            .field("email", &self.email.is_some())
            .field("name", &self.name.is_some())
            .field("phone", &self.phone.is_some())
            .field("shipping_address", &self.shipping_address.is_some())
            .field("billing_address", &self.billing_address.is_some())
            .field("notes", &self.notes.len())
            .finish()
    }
}

impl PersonalData {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The personal data after a command, or `None` if the command does not touch it.
    #[must_use]
    pub fn after(&self, command: &Command, at: Timestamp, author: &Label) -> Option<Self> {
        match command {
            Command::Draft { person, .. } | Command::Place { person, .. } => {
                person.as_deref().map(|person| self.with(person))
            }
            Command::Edit(edit) => edit.person.as_deref().map(|person| self.with(person)),
            Command::Note { id, text } => {
                let mut after = self.clone();
                after.notes.push(Note {
                    id: id.clone(),
                    author: author.clone(),
                    at,
                    text: text.clone(),
                });
                Some(after)
            }
            Command::Erase => Some(Self::default()),
            _ => None,
        }
    }

    fn with(&self, person: &Person) -> Self {
        fn pick<T: Clone>(new: Option<&T>, old: Option<&T>) -> Option<T> {
            new.or(old).cloned()
        }
        Self {
            email: pick(person.email.as_ref(), self.email.as_ref()),
            name: pick(person.name.as_ref(), self.name.as_ref()),
            phone: pick(person.phone.as_ref(), self.phone.as_ref()),
            shipping_address: pick(
                person.shipping_address.as_ref(),
                self.shipping_address.as_ref(),
            ),
            billing_address: pick(person.billing_address.as_ref(), self.billing_address.as_ref()),
            notes: self.notes.clone(),
        }
    }
}
