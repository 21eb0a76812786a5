//! Forgetting a person: what is known of them goes, what happened to the orders stays.

use serde::{Deserialize, Serialize};

use super::{
    ATTEMPTS_MAX,
    error::ServiceError,
    execute::{Job, Known, Loaded},
    principal::Principal,
};
use crate::{
    Command, CustomerId, Email, OrderId, OrderService, UserId,
    accounts::{Account, email_key},
    ports::{Act, Finding, OrderQuery, PAGE_MAX, Start, StoreError},
    search::{WORDS_MAX, words},
};

/// The most orders that one call erases. Whoever has more is asked for again.
pub const ERASE_MAX: u64 = 200;

/// Who is to be forgotten.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DataSubject {
    /// A customer: the personal data of all their orders, and their account.
    CustomerId(CustomerId),
    /// Whoever is behind one order, named by its id or its number: a guest.
    OrderId(OrderId),
    /// Whoever has this e-mail address, in any case: their account, the orders of its customer, and
    /// every order that carries the address.
    Email(Email),
}

impl std::fmt::Debug for DataSubject {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CustomerId(_) => f.write_str("CustomerId(..)"),
            Self::OrderId(id) => f.debug_tuple("OrderId").field(id).finish(),
            Self::Email(_) => f.write_str("Email(..)"),
        }
    }
}

/// What was forgotten. Nothing, if it was before: asking again is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// How many orders lost their personal data now.
    pub orders: u64,
    /// How many accounts were removed now.
    pub accounts: u64,
    /// Whether there are more orders: ask again.
    pub more: bool,
    /// What the store cannot take away by itself, and what takes it away.
    pub remains: Vec<Finding>,
}

impl OrderService {
    pub(super) async fn erase_person(
        &self,
        who: &Principal,
        subject: &DataSubject,
        sweep: bool,
    ) -> Result<Erasure, ServiceError> {
        who.check_admin("erase a person")?;
        let account = self.account_behind(subject).await?;
        let mut erasure = Erasure::default();
        let done = self.erase_all(who, subject, account.as_ref(), &mut erasure).await;
        let done = match done {
            // Also if there was nothing to erase: whoever erased it may have been cut off here.
            Ok(()) if sweep && !erasure.more => self.sweep(&mut erasure).await,
            done => done,
        };
        let id = match subject {
            DataSubject::CustomerId(id) => Some(id.as_str()),
            DataSubject::OrderId(id) => Some(id.as_str()),
            DataSubject::Email(_) => account.as_ref().map(|account| account.user.id.as_str()),
        };
        let act = (Act::PersonErased, id, erasure.orders + erasure.accounts);
        self.acts.note(&*self.clock, who, act, done).await?;
        Ok(erasure)
    }

    async fn account_behind(&self, subject: &DataSubject) -> Result<Option<Account>, ServiceError> {
        Ok(match subject {
            DataSubject::OrderId(_) => None,
            DataSubject::Email(email) => self.accounts.account_of(email).await?,
            DataSubject::CustomerId(id) => match UserId::try_from(id.as_str()) {
                Ok(id) => self.accounts.account(&id).await?,
                Err(_) => None,
            },
        })
    }

    /// The orders first and the account last: while it is there, a call that was cut off finds the
    /// orders again.
    async fn erase_all(
        &self,
        who: &Principal,
        subject: &DataSubject,
        account: Option<&Account>,
        erasure: &mut Erasure,
    ) -> Result<(), ServiceError> {
        let customer = match subject {
            DataSubject::CustomerId(id) => Some(id.clone()),
            DataSubject::OrderId(_) => None,
            DataSubject::Email(_) => account.map(|account| account.user.id.as_customer()),
        };
        if let DataSubject::OrderId(id) = subject {
            let loaded = self.load(who, id.as_str()).await?;
            erasure.orders += u64::from(self.erase_order(who, loaded).await?);
        }
        if let Some(id) = customer {
            let query = OrderQuery { customer_id: Some(id), ..OrderQuery::default() };
            self.erase_listed(who, query, None, erasure).await?;
        }
        if let DataSubject::Email(email) = subject {
            let words = words(email.as_str()).into_iter().take(WORDS_MAX).collect();
            let query = OrderQuery { words, ..OrderQuery::default() };
            self.erase_listed(who, query, Some(email), erasure).await?;
        }
        if erasure.more {
            return Ok(());
        }
        if let Some(account) = account {
            erasure.accounts += u64::from(self.remove_account(account).await?);
        }
        Ok(())
    }

    async fn sweep(&self, erasure: &mut Erasure) -> Result<(), ServiceError> {
        erasure.remains = self.maintenance.sweep().await?;
        Ok(())
    }

    /// Erases what a list finds, as far as one call goes; only orders with this e-mail address, if one
    /// is given.
    async fn erase_listed(
        &self,
        who: &Principal,
        mut query: OrderQuery,
        email: Option<&Email>,
        erasure: &mut Erasure,
    ) -> Result<(), ServiceError> {
        query.limit = PAGE_MAX;
        let key = email.map(email_key);
        loop {
            let page = self.queries.list(&query).await?;
            for view in page.orders {
                let known = view.person.email.as_ref().map(email_key);
                if view.person.is_empty() || (key.is_some() && known != key) {
                    continue;
                }
                if erasure.orders == ERASE_MAX {
                    erasure.more = true;
                    return Ok(());
                }
                let loaded = self.load(who, view.order.id().as_str()).await?;
                erasure.orders += u64::from(self.erase_order(who, loaded).await?);
            }
            match page.next {
                Some(cursor) => query.start = Start::After(cursor),
                None => return Ok(()),
            }
        }
    }

    /// Erases the personal data of an order, and says whether there was any.
    async fn erase_order(&self, who: &Principal, loaded: Loaded) -> Result<bool, ServiceError> {
        let (id, number) = (loaded.order.id().clone(), loaded.order.number().clone());
        let is_known = !loaded.person.is_empty();
        if is_known {
            let steps = vec![Command::Erase.into()];
            let (expected_version, dry_run, request, busy_until) = (None, false, None, None);
            let job = Job { id: id.clone(), steps, expected_version, dry_run, request, busy_until };
            self.run(who, &job, Known::Loaded(Box::new(loaded))).await?;
        }
        // Who keeps copies of what was read keeps the new one from here on. A cache that is away lets
        // go of the old one in its own time.
        let _ = self.queries.find(id.as_str()).await;
        let _ = self.queries.find(number.as_str()).await;
        Ok(is_known)
    }

    async fn remove_account(&self, account: &Account) -> Result<bool, ServiceError> {
        let id = &account.user.id;
        for _ in 0..ATTEMPTS_MAX {
            let Some(present) = self.accounts.account(id).await? else {
                return Ok(false);
            };
            match self.accounts.remove_account(id, present.user.version).await {
                Ok(()) => return Ok(true),
                Err(StoreError::UserConflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::UserConflict.into())
    }
}
