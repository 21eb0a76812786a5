//! Why a use case failed.

use std::{
    collections::BTreeSet,
    error::Error as _,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::{
    Action, ActionSet, CorruptHistory, CustomerId, ErrorKind, Money, ProductId, Rejection,
    ports::{CredentialError, EndpointError, RemoteError, StoreError},
};

/// Why a use case failed. Unless the kind is [`ErrorKind::Unavailable`], nothing has changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The domain refused the command.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A service beside us could not do it.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// What proves who somebody is was not taken, or could not be made.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// An endpoint or a secret of a webhook was not taken, or a secret could not be made.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// What is stored makes no sense.
    #[error(transparent)]
    Corrupt(#[from] CorruptHistory),
    /// There is no such thing, or not for this caller.
    #[error("there is no such {what}")]
    NotFound {
        /// What was asked for.
        what: &'static str,
    },
    /// The caller may not do this.
    #[error("your role may not {what}")]
    Forbidden {
        /// What was asked for.
        what: &'static str,
    },
    /// The caller may not take this action.
    #[error("your role may not {0} an order")]
    ActionForbidden(Action),
    /// A customer named another customer as the owner.
    #[error("a customer may not act for customer {0}")]
    ForeignCustomer(CustomerId),
    /// The caller's version is out of date.
    #[error("the order has version {actual}, not {expected}")]
    Stale {
        /// The version the caller knows.
        expected: u64,
        /// The version there is.
        actual: u64,
    },
    /// Too many others changed the order at the same time.
    #[error("the order was changed by others {0} times in a row")]
    Contended(u32),
    /// Another event of a held order is the first that waits.
    #[error("event {asked} is not the first that waits{}", first_text(*first))]
    NotNext {
        /// The position that was named.
        asked: u64,
        /// The position of the first; none if no event waits any more.
        first: Option<u64>,
    },
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A part of the request breaks a rule.
    #[error("{detail}")]
    Invalid {
        /// Where it is, as a JSON pointer (RFC 6901) in terms of [`NewOrder`](super::NewOrder).
        pointer: Box<str>,
        /// The stable code.
        code: &'static str,
        /// What is wrong.
        detail: Box<str>,
    },
    /// The catalogue sells the product at another price.
    #[error("product {product_id} costs {price}")]
    PriceMismatch {
        /// Where the price is, as a JSON pointer.
        at: u32,
        /// Which product.
        product_id: ProductId,
        /// The catalogue's price.
        price: Money,
    },
    /// The product is not in the catalogue, and the caller may not name, or did not name, a price.
    #[error("product {product_id} is not in the catalogue and {rule}")]
    ProductUnknown {
        /// Which item, from 0.
        at: u32,
        /// Which product.
        product_id: ProductId,
        /// What is missing.
        rule: &'static str,
    },
    /// A server that does it for us said so.
    #[error("{0}")]
    Told(Box<Refusal>),
}

/// A text that is as good as one in the code. The name keeps serde from borrowing it of what it reads.
type Literal = &'static str;

/// What is to be known of a [`ServiceError`], as it crosses a wire: whoever has it says the same of it
/// as who was there.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[error("{detail}")]
pub struct Refusal {
    /// What the caller should do.
    pub kind: ErrorKind,
    /// The stable code.
    #[serde(deserialize_with = "read_code")]
    pub code: Literal,
    /// The error in words; of a failure that is no caller's business with all that caused it.
    pub detail: Box<str>,
    /// Where in the request the fault is, as a JSON pointer.
    pub pointer: Option<Box<str>>,
    /// What is allowed instead, where that is known.
    pub allowed: Option<Vec<Action>>,
    /// Whether the order lacks the part that was named.
    pub lacks_part: bool,
}

impl From<&ServiceError> for Refusal {
    fn from(error: &ServiceError) -> Self {
        Self {
            kind: error.kind(),
            code: error.code(),
            detail: error.told().into(),
            pointer: error.pointer().map(String::into_boxed_str),
            allowed: error.allowed().map(|allowed| allowed.iter().collect()),
            lacks_part: error.lacks_part(),
        }
    }
}

/// How many codes that this server has not written itself are kept for good.
const FOREIGN_CODES_MAX: usize = 512;
/// What a code is that is none, or one too many.
const UNKNOWN_CODE: &str = "unknown";

fn read_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Literal, D::Error> {
    static CODES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let code = String::deserialize(deserializer)?;
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = codes.get(&*code) {
        return Ok(known);
    }
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || b"._".contains(&byte);
    let is_code = (1..=64).contains(&code.len()) && code.bytes().all(is_letter);
    if !is_code || codes.len() >= FOREIGN_CODES_MAX {
        return Ok(UNKNOWN_CODE);
    }
    // There are few codes, and each is a literal to whoever matches on it.
    let code: &'static str = code.leak();
    codes.insert(code);
    Ok(code)
}

fn first_text(first: Option<u64>) -> String {
    first.map_or_else(String::new, |first| format!(": {first} is"))
}

impl ServiceError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::Store(error) => error.code(),
            Self::Remote(error) => error.code(),
            Self::Credential(error) => error.code(),
            Self::Endpoint(error) => error.code(),
            Self::Corrupt(_) => "store.corrupt",
            Self::NotFound { what: "order" } => "order.not_found",
            Self::NotFound { what: "product" } => "product.not_found",
            Self::NotFound { what: "user" } => "user.not_found",
            Self::NotFound { what: "relay" } => "outbox.unknown_relay",
            Self::NotFound { what: "held order" } => "outbox.not_held",
            Self::NotFound { what: "webhook" } => "webhook.not_found",
            Self::NotFound { what: "delivery" } => "delivery.not_found",
            Self::NotFound { .. } => "not_found",
            Self::Forbidden { .. } | Self::ActionForbidden(_) | Self::ForeignCustomer(_) => {
                "auth.forbidden"
            }
            Self::Stale { .. } => "order.stale",
            Self::Contended(_) => "order.contended",
            Self::NotNext { .. } => "outbox.not_next",
            Self::KeyReused => "request.key_reused",
            Self::Invalid { code, .. } => code,
            Self::PriceMismatch { .. } => "price_mismatch",
            Self::ProductUnknown { .. } => "product.unknown",
            Self::Told(refusal) => refusal.code,
        }
    }

    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected(rejection) => rejection.kind(),
            Self::Store(error) => error.kind(),
            Self::Remote(error) => error.kind(),
            Self::Credential(error) => error.kind(),
            Self::Endpoint(error) => error.kind(),
            Self::Corrupt(_) => ErrorKind::Internal,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Forbidden { .. } | Self::ActionForbidden(_) | Self::ForeignCustomer(_) => {
                ErrorKind::Forbidden
            }
            Self::Stale { .. } => ErrorKind::Stale,
            Self::Contended(_) | Self::NotNext { .. } => ErrorKind::Conflict,
            Self::KeyReused
            | Self::Invalid { .. }
            | Self::PriceMismatch { .. }
            | Self::ProductUnknown { .. } => ErrorKind::Invalid,
            Self::Told(refusal) => refusal.kind,
        }
    }

    /// Where in the request the fault is, as a JSON pointer (RFC 6901); none if it is no part of it.
    pub fn pointer(&self) -> Option<String> {
        match self {
            Self::Invalid { pointer, .. } => Some(pointer.to_string()),
            Self::Endpoint(EndpointError::Url(_)) => Some("/url".to_owned()),
            Self::Endpoint(EndpointError::Secret) => Some("/secret".to_owned()),
            Self::PriceMismatch { at, .. } => Some(format!("/items/{at}/unitPrice")),
            Self::ProductUnknown { at, .. } => Some(format!("/items/{at}/productId")),
            Self::Told(refusal) => refusal.pointer.as_deref().map(str::to_owned),
            _ => None,
        }
    }

    /// What is allowed instead, where that is known.
    pub fn allowed(&self) -> Option<ActionSet> {
        match self {
            Self::Rejected(rejection) => rejection.allowed(),
            Self::Told(refusal) => Some(refusal.allowed.as_ref()?.iter().copied().collect()),
            _ => None,
        }
    }

    /// Whether the order lacks the part that was named.
    pub fn lacks_part(&self) -> bool {
        match self {
            Self::Rejected(Rejection::NoSuch { .. }) => true,
            Self::Told(refusal) => refusal.lacks_part,
            _ => false,
        }
    }

    /// The error in words, for another server: of a failure of ours with what caused it.
    fn told(&self) -> String {
        let mut text = self.to_string();
        if !matches!(self.kind(), ErrorKind::Unavailable | ErrorKind::Internal) {
            return text;
        }
        let mut source = self.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }

    pub(super) fn invalid(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl std::fmt::Display,
    ) -> Self {
        Self::Invalid {
            pointer: pointer.into().into_boxed_str(),
            code,
            detail: detail.to_string().into_boxed_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Status;

    fn read(error: &ServiceError) -> ServiceError {
        let written = serde_json::to_string(&Refusal::from(error)).unwrap();
        ServiceError::Told(serde_json::from_str::<Refusal>(&written).unwrap().into())
    }

    #[test]
    fn an_error_that_was_told_says_the_same() {
        let (action, status) = (Action::Complete, Status::Confirmed);
        let allowed = ActionSet::EMPTY.with(Action::Ship).with(Action::Cancel);
        let source: Box<dyn std::error::Error + Send + Sync> = "the disk is full".into();
        let no_part = Rejection::NoSuch { what: "payment", id: "9".into() };
        for error in [
            ServiceError::from(Rejection::TransitionNotAllowed { action, status, allowed }),
            no_part.into(),
            ServiceError::NotFound { what: "order" },
            ServiceError::Stale { expected: u64::MAX, actual: 1 },
            ServiceError::invalid("/items/0/name", "text.empty", "the name is empty"),
            StoreError::Unavailable(source).into(),
        ] {
            let told = read(&error);
            assert_eq!((told.code(), told.kind()), (error.code(), error.kind()));
            assert_eq!(told.pointer(), error.pointer());
            assert_eq!(told.allowed(), error.allowed());
            assert_eq!(told.lacks_part(), error.lacks_part());
            assert!(told.to_string().starts_with(&error.to_string()), "{told}");
            // Told on, it is still the same.
            assert_eq!(Refusal::from(&read(&told)), Refusal::from(&told));
        }
    }

    #[test]
    fn foreign_codes_take_no_room_without_end() {
        let code = |code: &str| {
            let refusal = Refusal::from(&ServiceError::KeyReused);
            let written = serde_json::to_string(&refusal).unwrap();
            let written = written.replace("request.key_reused", code);
            serde_json::from_str::<Refusal>(&written).unwrap().code
        };
        for bad in ["", "Ann Smith", "a\\u0000", &"x".repeat(65)] {
            assert_eq!(code(bad), UNKNOWN_CODE, "{bad}");
        }
        let letters = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
        let name = |number: usize| format!("made.{}{}", letters(number / 26), letters(number));
        let kept = (0..26 * 26).filter(|number| code(&name(*number)) != UNKNOWN_CODE).count();
        assert!(kept <= FOREIGN_CODES_MAX, "{kept}");
        assert_eq!(code(&name(0)), name(0));
    }
}
