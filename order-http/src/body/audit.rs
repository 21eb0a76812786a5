//! What people did, and who was forgotten.

use order_core::{
    Erasure, Label, RoleKind, Timestamp,
    ports::{Act, AuditPage, Finding, KeptEntry},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was forgotten. Nothing, if it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasureBody {
    /// How many orders lost their personal data now.
    pub orders: u64,
    /// How many accounts were removed now.
    pub accounts: u64,
    /// Whether there are more orders: ask again.
    pub more: bool,
    /// What the store cannot take away by itself, and what takes it away.
    #[schema(value_type = Vec<super::FindingBody>)]
    pub remains: Vec<Finding>,
}

impl From<Erasure> for ErasureBody {
    fn from(erasure: Erasure) -> Self {
        let Erasure { orders, accounts, more, remains } = erasure;
        Self { orders, accounts, more, remains }
    }
}

/// A page of the log of administrative acts, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditBody {
    /// The entries.
    pub entries: Vec<AuditEntryBody>,
    /// The last entry of a full page: `after` of the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl From<AuditPage> for AuditBody {
    fn from(page: AuditPage) -> Self {
        Self { entries: page.entries.into_iter().map(Into::into).collect(), next: page.next }
    }
}

/// An administrative act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntryBody {
    /// Where it stands in the log.
    pub id: u64,
    /// When it was done.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who did it.
    #[schema(value_type = String, example = "root")]
    pub actor: Label,
    /// In which role.
    #[schema(value_type = String, example = "admin")]
    pub role: RoleKind,
    /// What was done.
    #[schema(value_type = String, example = "user.role_changed")]
    pub action: Act,
    /// The id of what it was done to, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub subject: Option<Label>,
    /// `done`, or the code of the refusal.
    #[schema(value_type = String, example = "done")]
    pub outcome: Label,
    /// How many things it touched.
    pub count: u64,
}

impl From<KeptEntry> for AuditEntryBody {
    fn from(KeptEntry { id, entry }: KeptEntry) -> Self {
        Self {
            id,
            at: entry.at,
            actor: entry.actor,
            role: entry.role,
            action: entry.act,
            subject: entry.subject,
            outcome: entry.outcome,
            count: entry.count,
        }
    }
}
