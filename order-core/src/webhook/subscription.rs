//! Who wants which events, and where.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use crate::{EndpointUrl, Label, OrderEvent, SubscriptionId, Timestamp};

/// A text that names no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an event is named as order.placed, a family of them as order.*, all of them as *")]
pub struct UnknownEvent;

/// Which events somebody wants: one kind, a family of kinds, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventFilter {
    /// All of them: `*`.
    All,
    /// Those whose name begins so, up to and with the dot: `order.*`.
    Family(&'static str),
    /// Those of this name: `order.placed`.
    Name(&'static str),
}

impl EventFilter {
    /// Whether an event of this name is wanted.
    pub fn wants(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Family(prefix) => name.starts_with(prefix),
            Self::Name(wanted) => name == wanted,
        }
    }
}

impl FromStr for EventFilter {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        if text == "*" {
            return Ok(Self::All);
        }
        let names = || OrderEvent::NAMES.iter().copied();
        if let Some(prefix) = text.strip_suffix('*').filter(|prefix| prefix.ends_with('.')) {
            let is_of_it = |name: &&str| name.find('.').is_some_and(|dot| name[..=dot] == *prefix);
            let family = names().find(is_of_it).map(|name| &name[..prefix.len()]);
            return family.map(Self::Family).ok_or(UnknownEvent);
        }
        names().find(|name| *name == text).map(Self::Name).ok_or(UnknownEvent)
    }
}

impl fmt::Display for EventFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Family(prefix) => write!(f, "{prefix}*"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Serialize for EventFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// What requests to an endpoint are signed with, as in Standard Webhooks: `whsec_` and base64. Never
/// shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningSecret(Arc<str>);

impl SigningSecret {
    /// A secret as it is written. Its form is looked at by who signs with it.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, for whoever keeps it, signs with it, or is told it once.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(..)")
    }
}

/// A secret that was replaced and still counts for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: SigningSecret,
    /// From when on nothing is signed with it.
    pub until: Timestamp,
}

/// The secrets of an endpoint: one, or two while one is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecrets {
    /// The newest.
    pub current: SigningSecret,
    /// The one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousSecret>,
}

impl SigningSecrets {
    /// The only secret.
    pub const fn only(current: SigningSecret) -> Self {
        Self { current, previous: None }
    }

    /// Those that requests are signed with at this time, the newest first.
    pub fn at(&self, now: Timestamp) -> Vec<SigningSecret> {
        let previous = self.previous.as_ref().filter(|previous| now < previous.until);
        let previous = previous.map(|previous| previous.secret.clone());
        std::iter::once(self.current.clone()).chain(previous).collect()
    }

    /// The same with a new secret; the present one counts beside it until then.
    #[must_use]
    pub fn replaced(&self, current: SigningSecret, until: Timestamp) -> Self {
        let previous = PreviousSecret { secret: self.current.clone(), until };
        Self { current, previous: Some(previous) }
    }
}

/// Why nothing is sent to an endpoint, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disabled {
    /// Since when.
    pub since: Timestamp,
    /// Why, as a stable code: `webhook.by_hand`, `webhook.failing`, `webhook.gone`.
    pub reason: Label,
}

/// Who wants which events, and where. It is given the events that happened from when it was made on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Names the subscription, for ever.
    pub id: SubscriptionId,
    /// Where the events go.
    pub url: EndpointUrl,
    /// Which events: those that any of these wants.
    pub events: Vec<EventFilter>,
    /// What it is for.
    pub description: Option<Label>,
    /// What its requests are signed with.
    pub secrets: SigningSecrets,
    /// Why nothing is sent for now; none if something is. Events are kept for it all the same.
    pub disabled: Option<Disabled>,
    /// Since when the endpoint has done nothing but fail.
    pub failing_since: Option<Timestamp>,
    /// How often it was written. Failing changes nothing of it, being disabled does.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

impl Subscription {
    /// Whether an event of this name, which happened then, is wanted.
    pub fn wants(&self, name: &str, at: Timestamp) -> bool {
        at >= self.created_at && self.events.iter().any(|filter| filter.wants(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_name_kinds_families_and_everything() {
        for text in ["*", "order.*", "payment.*", "order.placed", "fulfillment.shipped"] {
            let filter: EventFilter = text.parse().unwrap();
            assert_eq!(filter.to_string(), text);
            let wanted: Vec<_> =
                OrderEvent::NAMES.iter().filter(|name| filter.wants(name)).collect();
            assert!(!wanted.is_empty(), "{text}");
        }
        for text in
            ["", "order", "order.", "o*", "*.placed", "order.lost", "order.p*", "lost.*", ".*"]
        {
            assert_eq!(text.parse::<EventFilter>(), Err(UnknownEvent), "{text}");
        }
        let family: EventFilter = "order.*".parse().unwrap();
        assert!(family.wants("order.placed") && !family.wants("payment.captured"));
    }

    #[test]
    fn an_old_secret_counts_until_its_time() {
        let at = Timestamp::from_millis;
        let [old, new] = ["old", "new"].map(SigningSecret::new);
        let secrets = SigningSecrets::only(old.clone()).replaced(new.clone(), at(10));
        assert_eq!(secrets.at(at(9)), [new.clone(), old]);
        assert_eq!(secrets.at(at(10)), [new]);
        assert!(!format!("{secrets:?}").contains("new"), "{secrets:?}");
    }
}
