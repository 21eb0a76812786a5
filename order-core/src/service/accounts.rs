//! Use cases on accounts.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{
    ATTEMPTS_MAX,
    acts::Recorder,
    error::ServiceError,
    execute::check_version,
    place::check_page,
    principal::Principal,
    users::{NewUser, SignedIn, UserChange, Users},
};
use crate::{
    Email, Label, UserId,
    accounts::{Account, Password, PasswordHash, Profile, RoleKind, User},
    ports::{
        Accounts, Act, AuditLog, Clock, CredentialError, IdSource, PasswordHasher, StoreError,
        TokenIssuer, UserPage, UserQuery,
    },
};

const GONE: ServiceError = ServiceError::NotFound { what: "user" };

/// The use cases on accounts over a store. Cheap to clone.
#[derive(Clone)]
pub struct UserService {
    accounts: Arc<dyn Accounts>,
    hasher: Arc<dyn PasswordHasher>,
    issuer: Option<Arc<dyn TokenIssuer>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    acts: Recorder,
}

impl fmt::Debug for UserService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserService").field("accounts", &self.accounts).finish_non_exhaustive()
    }
}

impl UserService {
    /// The use cases over accounts, with what hashes their passwords. Nobody can sign in yet: see
    /// [`with_issuer`](Self::with_issuer).
    pub fn new(
        accounts: impl Accounts + 'static,
        hasher: Arc<dyn PasswordHasher>,
        clock: impl Clock + 'static,
        ids: impl IdSource + 'static,
    ) -> Self {
        Self {
            accounts: Arc::new(accounts),
            hasher,
            issuer: None,
            clock: Arc::new(clock),
            ids: Arc::new(ids),
            acts: Recorder::default(),
        }
    }

    /// The same with somebody who makes tokens.
    #[must_use]
    pub fn with_issuer(mut self, issuer: Arc<dyn TokenIssuer>) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// The same with a log of administrative acts: what people do to accounts that are not theirs, and
    /// every change of a role.
    #[must_use]
    pub fn with_audit_log(mut self, log: Arc<dyn AuditLog>) -> Self {
        self.acts = Recorder::new(log);
        self
    }

    async fn note<T>(
        &self,
        who: &Principal,
        act: Act,
        id: &str,
        done: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        self.acts.note(&*self.clock, who, (act, Some(id), 1), done).await
    }

    /// The hash of a password that a new account may have.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, ServiceError> {
        password
            .check_strength()
            .map_err(|error| ServiceError::invalid("/password", error.code(), error))?;
        Ok(self.hasher.hash(password).await?)
    }

    async fn present(&self, id: &UserId, expected: Option<u64>) -> Result<Account, ServiceError> {
        let account = self.accounts.account(id).await?.ok_or(GONE)?;
        check_version(expected, account.user.version)?;
        Ok(account)
    }

    /// An account as a change makes it.
    fn changed(
        &self,
        present: Account,
        change: &UserChange,
        hash: Option<&PasswordHash>,
    ) -> Account {
        let Account { user, password } = present;
        Account {
            password: hash.cloned().unwrap_or(password),
            user: User {
                email: change.email.clone().unwrap_or(user.email),
                profile: known_or(&change.profile, user.profile),
                role: change.role.unwrap_or(user.role),
                version: user.version + 1,
                updated_at: self.clock.now(),
                ..user
            },
        }
    }
}

fn known_or(new: &Profile, old: Profile) -> Profile {
    Profile {
        first_name: new.first_name.clone().or(old.first_name),
        last_name: new.last_name.clone().or(old.last_name),
        phone: new.phone.clone().or(old.phone),
        address: new.address.clone().or(old.address),
    }
}

impl Principal {
    fn is_user(&self, id: &UserId) -> bool {
        self.subject.as_str() == id.as_str()
    }

    /// Hides everybody else from a customer.
    fn check_sees_user(&self, id: &UserId) -> Result<(), ServiceError> {
        if self.scope().is_some() && !self.is_user(id) { Err(GONE) } else { Ok(()) }
    }

    /// Lets users change themselves, and administrators everybody.
    fn check_keeps_user(&self, id: &UserId, what: &'static str) -> Result<(), ServiceError> {
        self.check_sees_user(id)?;
        if self.is_user(id) || self.is_admin() {
            return Ok(());
        }
        Err(ServiceError::Forbidden { what })
    }
}

impl UserService {
    async fn add(&self, who: Option<&Principal>, user: NewUser) -> Result<User, ServiceError> {
        let role = user.role.unwrap_or(RoleKind::Customer);
        if !who.is_some_and(Principal::is_admin) {
            if role != RoleKind::Customer {
                return Err(ServiceError::Forbidden { what: "name the role of a user" });
            }
            // An id is also whose orders one sees: nobody may take that of somebody else.
            if user.id.is_some() {
                return Err(ServiceError::Forbidden { what: "name the id of a user" });
            }
        }
        let password = self.hash(&user.password).await?;
        let now = self.clock.now();
        let user = User {
            id: user.id.unwrap_or_else(|| UserId::of_uuid(self.ids.next_id())),
            email: user.email,
            profile: user.profile,
            role,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let account = Account { user, password };
        self.accounts.put_account(&account).await?;
        Ok(account.user)
    }

    async fn change(
        &self,
        who: &Principal,
        id: &UserId,
        change: UserChange,
        expected_version: Option<u64>,
    ) -> Result<User, ServiceError> {
        who.check_keeps_user(id, "change another user")?;
        let mut hash = None;
        for _ in 0..ATTEMPTS_MAX {
            let present = self.present(id, expected_version).await?;
            if change.role.is_some_and(|role| role != present.user.role) && !who.is_admin() {
                return Err(ServiceError::Forbidden { what: "change the role of a user" });
            }
            if let (Some(password), None) = (&change.password, &hash) {
                hash = Some(self.hash(password).await?);
            }
            let account = self.changed(present, &change, hash.as_ref());
            match self.accounts.put_account(&account).await {
                Ok(()) => return Ok(account.user),
                Err(StoreError::UserConflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::UserConflict.into())
    }

    async fn remove(
        &self,
        who: &Principal,
        id: &UserId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError> {
        who.check_keeps_user(id, "remove another user")?;
        for _ in 0..ATTEMPTS_MAX {
            let present = self.present(id, expected_version).await?;
            match self.accounts.remove_account(id, present.user.version).await {
                Ok(()) => return Ok(()),
                Err(StoreError::UserConflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::UserConflict.into())
    }
}

#[async_trait]
impl Users for UserService {
    async fn register(&self, who: Option<&Principal>, user: NewUser) -> Result<User, ServiceError> {
        let done = self.add(who, user).await;
        let Some(who) = who else {
            return done;
        };
        let id = done.as_ref().map_or("", |user| user.id.as_str()).to_owned();
        self.note(who, Act::UserCreated, &id, done).await
    }

    async fn user(&self, who: &Principal, id: &UserId) -> Result<User, ServiceError> {
        who.check_sees_user(id)?;
        Ok(self.present(id, None).await?.user)
    }

    async fn change_user(
        &self,
        who: &Principal,
        id: &UserId,
        change: UserChange,
        expected_version: Option<u64>,
    ) -> Result<User, ServiceError> {
        let sets_role = change.role.is_some();
        let done = self.change(who, id, change, expected_version).await;
        if who.is_user(id) && !sets_role {
            return done;
        }
        let act = if sets_role { Act::UserRoleChanged } else { Act::UserChanged };
        self.note(who, act, id.as_str(), done).await
    }

    async fn remove_user(
        &self,
        who: &Principal,
        id: &UserId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError> {
        let done = self.remove(who, id, expected_version).await;
        if who.is_user(id) {
            return done;
        }
        self.note(who, Act::UserRemoved, id.as_str(), done).await
    }

    async fn users(&self, who: &Principal, query: UserQuery) -> Result<UserPage, ServiceError> {
        if !who.is_admin() {
            return Err(ServiceError::Forbidden { what: "list users" });
        }
        check_page(query.limit, 0)?;
        Ok(self.accounts.list_users(&query).await?)
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, ServiceError> {
        let issuer = self.issuer.as_ref().ok_or(CredentialError::NoIssuer)?;
        let password = Password::new(password).map_err(|_| CredentialError::Mismatch)?;
        let account = match Email::clean(email) {
            Ok(email) => self.accounts.account_of(&email).await?,
            Err(_) => None,
        };
        let hash = account.as_ref().map(|account| &account.password);
        let matches = self.hasher.matches(&password, hash).await?;
        let Some(Account { user, .. }) = account.filter(|_| matches) else {
            return Err(CredentialError::Mismatch.into());
        };
        let subject = Label::same_as_user(&user.id);
        let token = issuer.issue(&subject, user.role, self.clock.now())?;
        Ok(SignedIn { user, token })
    }
}
