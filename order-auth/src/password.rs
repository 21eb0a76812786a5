//! argon2id, off the threads that serve, a few at once.

use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc},
};
use async_trait::async_trait;
use order_core::{
    accounts::{Password, PasswordHash},
    ports::{CredentialError, PasswordHasher},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// The most passwords that wait to be hashed; more are refused at once. One takes some 20 ms and
/// 19 MiB.
pub const WAITING_MAX: usize = 64;

/// What the password of an account that is not there is checked against: of the same cost as every
/// hash that is made here, and of no known password.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIG5vYm9keQ\
                       $9oV1yQkZbq3x1kG2c5r1mQb0m1mXWQ2p1R4fQ7uYb3A";

/// Hashes passwords with argon2id, with the parameters that OWASP recommends and a salt each.
#[derive(Debug, Clone)]
pub struct Argon2Hasher {
    /// Places to wait or be hashed.
    queue: Arc<Semaphore>,
    /// Places to be hashed.
    places: Arc<Semaphore>,
}

impl Default for Argon2Hasher {
    fn default() -> Self {
        Self::new(available_parallelism().map_or(1, usize::from))
    }
}

impl Argon2Hasher {
    /// A hasher that works on so many passwords at once.
    pub fn new(at_once: usize) -> Self {
        let at_once = at_once.max(1);
        Self {
            queue: Arc::new(Semaphore::new(at_once + WAITING_MAX)),
            places: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Does something slow on a thread of its own, when it is its turn.
    async fn work<T: Send + 'static>(
        &self,
        slow: impl FnOnce() -> Result<T, CredentialError> + Send + 'static,
    ) -> Result<T, CredentialError> {
        let queue = Arc::clone(&self.queue);
        let waiting = queue.try_acquire_owned().map_err(|_| CredentialError::Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|error| CredentialError::Broken(error.into()))?;
        // Whoever stops waiting leaves it to be done all the same, so its places stay taken.
        let done = spawn_blocking(move || {
            let done = slow();
            drop((waiting, place));
            done
        });
        done.await.unwrap_or_else(|error| Err(CredentialError::Broken(error.into())))
    }
}

fn broken(error: &password_hash::Error) -> CredentialError {
    CredentialError::Broken(error.to_string().into())
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, CredentialError> {
        let password = password.clone();
        self.work(move || {
            let hash = Argon2::default().hash_password(password.expose());
            let hash: phc::PasswordHash = hash.map_err(|error| broken(&error))?;
            Ok(PasswordHash::new(&hash.to_string()))
        })
        .await
    }

    async fn matches(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, CredentialError> {
        let (password, known) = (password.clone(), hash.cloned());
        self.work(move || {
            let text = known.as_ref().map_or(NOBODYS, PasswordHash::expose);
            let hash = phc::PasswordHash::new(text)
                .map_err(|error| CredentialError::Broken(error.to_string().into()))?;
            match Argon2::default().verify_password(password.expose(), &hash) {
                Ok(()) => Ok(known.is_some()),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(broken(&error)),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests;
