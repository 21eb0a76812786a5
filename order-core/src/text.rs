//! Ids and short texts, each a type of its own that has been checked once.

use std::fmt;

use thiserror::Error;

/// Why a text was refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the {field} {kind}")]
pub struct TextError {
    field: &'static str,
    kind: TextErrorKind,
}

/// The rule that a text breaks.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextErrorKind {
    /// It has no character.
    #[error("is empty")]
    Empty,
    /// It has too many characters.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// It has a control character, such as U+0000.
    #[error("contains a control character")]
    ControlCharacter,
    /// It begins or ends with white space.
    #[error("begins or ends with white space")]
    SurroundingSpace,
    /// It is no e-mail address.
    #[error("is not of the form name@domain")]
    Email,
}

impl TextError {
    /// What was being read, in words: "order id".
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The rule that was broken.
    pub fn kind(&self) -> TextErrorKind {
        self.kind
    }

    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self.kind {
            TextErrorKind::Empty => "text.empty",
            TextErrorKind::TooLong { .. } => "text.too_long",
            TextErrorKind::ControlCharacter => "text.control_character",
            TextErrorKind::SurroundingSpace => "text.surrounding_space",
            TextErrorKind::Email => "text.email",
        }
    }
}

/// What a text may hold besides the rules that all share.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Line,
    Paragraph,
    Email,
}

fn check(text: &str, max: usize, form: Form) -> Result<(), TextErrorKind> {
    if text.is_empty() {
        return Err(TextErrorKind::Empty);
    }
    // Bytes bound characters from above, so short texts are not counted.
    if text.len() > max && text.chars().nth(max).is_some() {
        return Err(TextErrorKind::TooLong { max });
    }
    let broken = |c: char| c.is_control() && !(form == Form::Paragraph && matches!(c, '\n' | '\t'));
    if text.contains(broken) {
        return Err(TextErrorKind::ControlCharacter);
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(TextErrorKind::SurroundingSpace);
    }
    if form == Form::Email && !is_email(text) {
        return Err(TextErrorKind::Email);
    }
    Ok(())
}

/// Only what every address has and no header or list could break on; the mail server knows the rest.
fn is_email(text: &str) -> bool {
    let stray = |c: char| c.is_whitespace() || matches!(c, '@' | '<' | '>' | ',' | ';');
    text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty()
            && !name.contains(stray)
            && !domain.contains(stray)
            && domain.split('.').all(|label| !label.is_empty())
    })
}

/// As derived, but for whom an address belongs to: debug output ends in logs.
fn debug(f: &mut fmt::Formatter<'_>, name: &'static str, text: &str, form: Form) -> fmt::Result {
    match form {
        Form::Line | Form::Paragraph => f.debug_tuple(name).field(&text).finish(),
        Form::Email => write!(f, "{name}(..)"),
    }
}

macro_rules! text_newtype {
    ($($(#[$doc:meta])* $name:ident, $field:literal, $max:literal, $form:ident;)*) => {$(
        $(#[$doc])*
        ///
        #[doc = concat!("1 to ", $max, " characters. Cheap to clone.")]
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(::std::sync::Arc<str>);

        impl $name {
            /// The most characters allowed.
            pub const CHARS_MAX: usize = $max;

            /// Takes a text as people type it: white space around it is dropped, then it is checked.
            ///
            /// # Errors
            /// [`TextError`] when the text breaks a rule.
            pub fn clean(text: &str) -> Result<Self, TextError> {
                text.trim().parse()
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, shared.
            pub fn shared(&self) -> ::std::sync::Arc<str> {
                ::std::sync::Arc::clone(&self.0)
            }

            /// A number as text: the first from `number` on that is not taken.
            pub fn ordinal(number: usize, is_taken: impl Fn(&Self) -> bool) -> Self {
                let name = |number: usize| Self(number.to_string().into());
                let mut free = (number..).map(name).filter(|id| !is_taken(id));
                free.next().unwrap_or_else(|| name(number))
            }

            /// A UUID as text.
            pub fn of_uuid(id: ::uuid::Uuid) -> Self {
                Self(id.hyphenated().encode_lower(&mut ::uuid::Uuid::encode_buffer()).into())
            }

            fn check(text: &str) -> Result<(), TextError> {
                check(text, Self::CHARS_MAX, Form::$form).map_err(|kind| TextError { field: $field, kind })
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = TextError;

            fn try_from(text: &str) -> Result<Self, TextError> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(text: String) -> Result<Self, TextError> {
                text.parse()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                debug(f, stringify!($name), &self.0, Form::$form)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl ::serde::de::Visitor<'_> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(concat!("a string, the ", $field))
                    }

                    fn visit_str<E: ::serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Visitor)
            }
        }
    )*};
}

text_newtype! {
    /// An order's id: ours or the caller's.
    OrderId, "order id", 200, Line;
    /// An order's number as people read it.
    OrderNumber, "order number", 200, Line;
    /// A customer's id.
    CustomerId, "customer id", 200, Line;
    /// A user's id.
    UserId, "user id", 200, Line;
    /// A product's id.
    ProductId, "product id", 200, Line;
    /// The id of an order line.
    LineId, "line id", 200, Line;
    /// The id of a payment.
    PaymentId, "payment id", 200, Line;
    /// The id of a refund.
    RefundId, "refund id", 200, Line;
    /// The id of a shipment.
    ShipmentId, "shipment id", 200, Line;
    /// The id of a return.
    ReturnId, "return id", 200, Line;
    /// The id of a note.
    NoteId, "note id", 200, Line;
    /// The id of an adjustment.
    AdjustmentId, "adjustment id", 200, Line;
    /// The id of a credit note.
    CreditNoteId, "credit note id", 200, Line;
    /// The key by which a repeated request is known to be the same.
    IdempotencyKey, "idempotency key", 200, Line;
    /// A word to find orders by.
    Tag, "tag", 60, Line;
    /// Who carries a shipment.
    Carrier, "carrier", 100, Line;
    /// The number by which a carrier knows a shipment.
    TrackingNumber, "tracking number", 100, Line;
    /// The name of a product or a line.
    Name, "name", 500, Line;
    /// Why something was done; may have line breaks and tabs.
    Reason, "reason", 1000, Paragraph;
    /// An e-mail address: one `@` with a name and a domain beside it.
    Email, "e-mail address", 254, Email;
    /// What an adjustment is called.
    Label, "label", 200, Line;
    /// A country, by code or by name.
    Country, "country", 100, Line;
    /// What kind of product it is.
    Category, "category", 100, Line;
    /// A webhook subscription's id.
    SubscriptionId, "subscription id", 200, Line;
    /// The address that a webhook subscription is delivered to. Its form as a URL is looked at by who
    /// sends to it.
    EndpointUrl, "webhook URL", 2000, Line;
}

impl Reason {
    /// A reason that stands in the code.
    pub(crate) fn fixed(text: &'static str) -> Self {
        debug_assert!(Self::check(text).is_ok(), "a reason in the code keeps the rules");
        Self(text.into())
    }
}

impl Label {
    /// What a payment that somebody records by hand is called.
    pub(crate) fn manual() -> Self {
        Self::fixed("manual")
    }

    /// How a payment is paid of which only its provider knows.
    pub(crate) fn provider() -> Self {
        Self::fixed("provider")
    }

    /// A label that stands in the code.
    pub(crate) fn fixed(text: &'static str) -> Self {
        debug_assert!(Self::check(text).is_ok(), "a label in the code keeps the rules");
        Self(text.into())
    }

    /// A label that says the same as an id; ids keep the same rules.
    pub(crate) fn same_as(id: &CustomerId) -> Self {
        Self(id.shared())
    }

    /// The beginning of a text that is too long for a label, and this end.
    pub(crate) fn shortened(text: &str, end: &str) -> Self {
        let kept = Self::CHARS_MAX - end.chars().count();
        let label: String = text.chars().take(kept).chain(end.chars()).collect();
        debug_assert!(Self::check(&label).is_ok(), "what was a label but for its length is one");
        Self(label.into())
    }

    /// A label that says the same as a user's id; ids keep the same rules.
    pub(crate) fn same_as_user(id: &UserId) -> Self {
        Self(id.shared())
    }
}

impl CustomerId {
    /// The customer that a user is; ids keep the same rules.
    pub(crate) fn same_as_user(id: &UserId) -> Self {
        Self(id.shared())
    }

    /// The customer that a caller is; subjects keep the same rules.
    pub(crate) fn same_as_subject(subject: &Label) -> Self {
        Self(subject.shared())
    }
}
