//! Where it is kept what people did that is in no order's history.

use std::{fmt, fmt::Debug, str::FromStr};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::store::StoreError;
use crate::{Actor, Label, RoleKind, Timestamp};

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident = $wire:literal),+ $(,)?) => {
        /// An administrative act. What is done to an order is in the order's own history.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Act {
            $($(#[$doc])* #[serde(rename = $wire)] $variant),+
        }

        impl Act {
            /// Every act, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire),+ }
            }
        }
    };
}

acts! {
    /// An account was made by somebody else than its owner.
    UserCreated = "user.created",
    /// An account was changed by somebody else than its owner.
    UserChanged = "user.changed",
    /// The role of an account was set.
    UserRoleChanged = "user.role_changed",
    /// An account was removed by somebody else than its owner.
    UserRemoved = "user.removed",
    /// A token was made by hand.
    TokenIssued = "token.issued",
    /// A product was added.
    ProductAdded = "product.added",
    /// A product was changed.
    ProductChanged = "product.changed",
    /// A product was removed.
    ProductRemoved = "product.removed",
    /// Stock was added or taken out by hand.
    StockChanged = "stock.changed",
    /// Records of another system were taken over.
    RecordsImported = "records.imported",
    /// A person was forgotten.
    PersonErased = "person.erased",
    /// A relay was told to try again.
    RelayRetried = "relay.retried",
    /// A relay was told to leave an event out.
    RelaySkipped = "relay.skipped",
    /// The process of an order was told to try again.
    ProcessRetried = "process.retried",
    /// The process of an order was taken over by somebody.
    ProcessResolved = "process.resolved",
    /// A webhook was made.
    WebhookCreated = "webhook.created",
    /// A webhook was changed.
    WebhookChanged = "webhook.changed",
    /// A webhook was removed.
    WebhookRemoved = "webhook.removed",
    /// The secret of a webhook was replaced.
    WebhookRotated = "webhook.rotated",
    /// Deliveries of a webhook were sent once more.
    WebhookReplayed = "webhook.replayed",
}

/// A word that is no act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is no administrative act")]
pub struct UnknownAct;

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Act {
    type Err = UnknownAct;

    fn from_str(text: &str) -> Result<Self, UnknownAct> {
        Self::ALL.iter().find(|act| act.as_str() == text).copied().ok_or(UnknownAct)
    }
}

/// An act: who did what, when, and what came of it. Ids only: no personal data and no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// In which role.
    pub role: RoleKind,
    /// What was done.
    pub act: Act,
    /// To what: the id of a user, a product, an order, a webhook; none if it has no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Label>,
    /// What came of it: [`DONE`](Self::DONE), or the stable code of the refusal.
    pub outcome: Label,
    /// How many things it touched: orders that were erased, records that were taken over.
    pub count: u64,
}

impl AuditEntry {
    /// The outcome of what was done.
    pub const DONE: &'static str = "done";
}

/// An entry with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptEntry {
    /// Where it stands, from 1, in the order of writing. Gaps are fine.
    pub id: u64,
    /// What was done.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// Which entries to list, the newest first. Everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditQuery {
    /// Those of somebody.
    pub actor: Option<Actor>,
    /// Those of one act.
    pub act: Option<Act>,
    /// Those after this one in the list: that were written before it.
    pub after: Option<u64>,
    /// How many, from 1 to [`PAGE_MAX`](super::PAGE_MAX).
    pub limit: u32,
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<KeptEntry>,
    /// The last entry of the page; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl AuditPage {
    /// The page that begins with these entries, of which there is one more than its limit if it is
    /// not the last.
    pub fn of(mut entries: Vec<KeptEntry>, limit: u32) -> Self {
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let next = entries.last().filter(|_| more).map(|last| last.id);
        Self { entries, next }
    }
}

/// The log of administrative acts.
///
/// 1. An entry comes back exactly as it was written. Once [`append`](Self::append) answers, it
///    survives a crash.
/// 2. Entries are listed the newest first, and a walk page by page gives each once, while others are
///    written.
/// 3. A page costs about as much as what is on it, also of one actor or one act.
/// 4. Nothing changes or removes an entry. A SQL store refuses it in the database.
/// 5. A row that does not fit the domain is [`StoreError::Corrupt`].
#[async_trait]
pub trait AuditLog: Debug + Send + Sync {
    /// Writes an entry. It is written right after its act, not with it: whoever cannot write it has to
    /// say so where an operator sees it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Overloaded`].
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// A page of entries.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    async fn entries(&self, query: &AuditQuery) -> Result<AuditPage, StoreError>;
}
