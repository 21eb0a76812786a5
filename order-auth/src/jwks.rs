//! Where public keys come from, how long they are believed, and how new ones are found.

use std::{
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::Algorithm;
use order_core::ports::CredentialError;
use reqwest::{Client, Url, redirect};
use tokio::{sync::Mutex, task::spawn_blocking, time::Instant};

use crate::{
    error::{AuthError, Unusable},
    keys::KeySet,
};

/// The largest key set, in bytes.
const BYTES_MAX: usize = 256 * 1024;
/// How long an answer may take.
const FETCH_TIME: Duration = Duration::from_secs(5);

/// Where a key set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In a file.
    File(PathBuf),
    /// At an address: https, or http of this machine.
    Url(String),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(url.split(['?', '#']).next().unwrap_or(url)),
        }
    }
}

impl FromStr for KeySource {
    type Err = AuthError;

    fn from_str(text: &str) -> Result<Self, AuthError> {
        let refused = || AuthError::Address(text.split(['?', '#']).next().unwrap_or("").to_owned());
        if text.is_empty() {
            return Err(refused());
        }
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        let url = Url::parse(text).map_err(|_| refused())?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_here;
        if is_safe && url.password().is_none() {
            Ok(Self::Url(text.to_owned()))
        } else {
            Err(refused())
        }
    }
}

/// How often keys are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// So long keys are used without a look at their source.
    pub fresh: Duration,
    /// So long they are used when their source does not answer.
    pub usable: Duration,
    /// At most once in so long the source is asked because of a key that is not known, or again after
    /// it failed.
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            fresh: Duration::from_mins(5),
            usable: Duration::from_hours(24),
            pause: Duration::from_secs(10),
        }
    }
}

/// Keys as they were at some time.
#[derive(Debug)]
struct Loaded {
    keys: KeySet,
    at: Instant,
}

/// A key set that keeps itself up to date.
#[derive(Debug)]
pub(crate) struct Jwks {
    source: KeySource,
    http: Client,
    pace: Pace,
    loaded: RwLock<Option<Arc<Loaded>>>,
    /// When the source was last asked out of turn. Whoever holds it asks; the others wait for that.
    asked: Mutex<Option<Instant>>,
}

impl Jwks {
    pub(crate) fn new(source: KeySource, pace: Pace) -> Result<Self, AuthError> {
        let mut http = Client::builder()
            .timeout(FETCH_TIME)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("order-auth/", env!("CARGO_PKG_VERSION")));
        if matches!(&source, KeySource::Url(url) if url.starts_with("http://")) {
            http = http.no_proxy();
        }
        let broken = |source: reqwest::Error| AuthError::Keys {
            from: "the client".into(),
            source: source.into(),
        };
        let http = http.build().map_err(broken)?;
        let (loaded, asked) = (RwLock::default(), Mutex::default());
        Ok(Self { source, http, pace, loaded, asked })
    }

    /// Fetches the keys, so that a source that cannot be used is noticed early.
    pub(crate) async fn load(&self) -> Result<(), AuthError> {
        let failed = |source| AuthError::Keys { from: self.source.to_string(), source };
        let keys = self.fetch().await.map_err(failed)?;
        self.keep(keys);
        Ok(())
    }

    /// Does something with the key of this id and algorithm; none if there is no such key.
    pub(crate) async fn with_key<T>(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        check: impl Fn(&jsonwebtoken::DecodingKey) -> T,
    ) -> Result<Option<T>, CredentialError> {
        let seen = self.loaded();
        let is_fresh = seen.as_ref().is_some_and(|it| it.at.elapsed() < self.pace.fresh);
        let is_usable = |it: &Arc<Loaded>| it.at.elapsed() < self.pace.usable;
        // Where somebody asks already, and the source may be slow, nobody else waits for that.
        let suffices = |it: &Arc<Loaded>| is_usable(it) && self.asked.try_lock().is_err();
        if let Some(seen) = seen.as_ref().filter(|it| is_fresh || suffices(it))
            && let Some(key) = seen.keys.find(id, algorithm)
        {
            return Ok(Some(check(&key.decoding)));
        }
        let failure = self.renew(seen.as_ref().map(|it| it.at)).await.err();
        match (self.loaded().filter(is_usable), failure) {
            (Some(loaded), _) => {
                Ok(loaded.keys.find(id, algorithm).map(|key| check(&key.decoding)))
            }
            (None, Some(failure)) => Err(CredentialError::Unavailable(failure)),
            (None, None) => Err(CredentialError::Unavailable(
                Unusable("the source of the keys was asked in vain a moment ago").into(),
            )),
        }
    }

    /// Asks the source, unless somebody did since these keys were seen, or did a moment ago.
    async fn renew(&self, seen: Option<Instant>) -> Result<(), Error> {
        let mut asked = self.asked.lock().await;
        if self.loaded().map(|it| it.at) != seen {
            return Ok(());
        }
        if asked.is_some_and(|at| at.elapsed() < self.pace.pause) {
            return Ok(());
        }
        *asked = Some(Instant::now());
        let keys = self.fetch().await?;
        self.keep(keys);
        if seen.is_none() {
            // It was its turn.
            *asked = None;
        }
        Ok(())
    }

    fn loaded(&self) -> Option<Arc<Loaded>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, keys: KeySet) {
        let loaded = Some(Arc::new(Loaded { keys, at: Instant::now() }));
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
    }

    async fn fetch(&self) -> Result<KeySet, Error> {
        let bytes = match &self.source {
            KeySource::File(path) => {
                let path = path.clone();
                spawn_blocking(move || std::fs::read(path)).await??
            }
            KeySource::Url(url) => self.download(url).await?,
        };
        if bytes.len() > BYTES_MAX {
            return Err(Unusable("it is too large").into());
        }
        KeySet::parse(&bytes)
    }

    async fn download(&self, url: &str) -> Result<Vec<u8>, Error> {
        // Addresses may hold keys of their own, so errors leave them out.
        let tidy = reqwest::Error::without_url;
        let mut response = self.http.get(url).send().await.map_err(tidy)?;
        if !response.status().is_success() {
            return Err(Unusable("the source of the keys did not answer with them").into());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(tidy)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > BYTES_MAX {
                break;
            }
        }
        Ok(bytes)
    }
}

type Error = Box<dyn std::error::Error + Send + Sync>;
