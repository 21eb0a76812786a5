//! Query strings.

use std::{fmt::Display, str::FromStr};

use order_core::{TextError, Timestamp, TimestampError};

use crate::error::ApiError;

/// The longest query string, in bytes.
const BYTES_MAX: usize = 16 * 1024;

/// The parameters of a query string, decoded. Names that nobody asks for are ignored.
#[derive(Debug, Default, Clone)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        if query.len() > BYTES_MAX {
            let detail = format!("the query may have at most {BYTES_MAX} bytes");
            return Err(ApiError::unreadable("query.too_long", detail));
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        let pairs: Option<Vec<_>> = pairs.collect();
        pairs.map(Self).ok_or_else(|| {
            let detail = "the query is not percent-encoded UTF-8 without U+0000";
            ApiError::unreadable("query.encoding", detail)
        })
    }

    /// Parameters that somebody names who does not ask by a path.
    #[cfg(feature = "graphql")]
    pub(crate) fn of(named: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Self {
        let given = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
        Self(named.into_iter().filter_map(given).collect())
    }

    /// The value of a parameter that has these names, given at most once under one of them.
    pub(crate) fn get(&self, names: &[&str]) -> Result<Option<&str>, ApiError> {
        let mut found = self.0.iter().filter(|(name, _)| names.contains(&name.as_str()));
        let first = found.next();
        if found.next().is_some() {
            return Err(refuse(names, "query.repeated", "this parameter is given more than once"));
        }
        Ok(first.map(|(_, value)| value.as_str()))
    }

    /// The values of a parameter that may be given more than once, and has several in one, separated by
    /// commas. Empty ones are none.
    pub(crate) fn list(&self, names: &[&str]) -> Vec<String> {
        let found = self.0.iter().filter(|(name, _)| names.contains(&name.as_str()));
        let values = found.flat_map(|(_, value)| value.split(',')).map(str::trim);
        values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// The parameters but for some, to ask again.
    pub(crate) fn without<'q>(
        &'q self,
        names: &'q [&str],
    ) -> impl Iterator<Item = (&'q str, &'q str)> {
        let kept = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        kept.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// An id or another text with a rule.
    pub(crate) fn text<T>(&self, names: &[&str]) -> Result<Option<T>, ApiError>
    where
        T: for<'t> TryFrom<&'t str, Error = TextError>,
    {
        let text = self.get(names)?.map(T::try_from).transpose();
        text.map_err(|error| refuse(names, error.code(), error))
    }

    /// A word out of a set.
    pub(crate) fn word<T: FromStr>(
        &self,
        names: &[&str],
        code: &'static str,
    ) -> Result<Option<T>, ApiError>
    where
        T::Err: Display,
    {
        let word = self.get(names)?.map(str::parse).transpose();
        word.map_err(|error| refuse(names, code, error))
    }

    /// A whole number.
    pub(crate) fn number<T: FromStr>(
        &self,
        names: &[&str],
        out_of_range: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.get(names)? else { return Ok(None) };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse(names, "query.integer", "this must be a whole number"));
        }
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(refuse(names, out_of_range, "this number is too large")),
        }
    }

    /// Yes or no; no if absent.
    pub(crate) fn flag(&self, names: &[&str]) -> Result<bool, ApiError> {
        match self.get(names)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(refuse(names, "query.word", "this must be true or false")),
        }
    }

    /// A time, or a day, which counts as its beginning in UTC.
    pub(crate) fn time(&self, names: &[&str]) -> Result<Option<Timestamp>, ApiError> {
        let Some(text) = self.get(names)? else { return Ok(None) };
        let time = if text.len() == "2025-01-29".len() {
            format!("{text}T00:00:00Z").parse()
        } else {
            // A plus that was not encoded has become a blank.
            text.replace(' ', "+").parse()
        };
        time.map(Some).map_err(|error: TimestampError| refuse(names, error.code(), error))
    }
}

/// A parameter that breaks a rule.
pub(crate) fn refuse(names: &[&str], code: &'static str, detail: impl Display) -> ApiError {
    ApiError::field(format!("/{}", names[0]), code, detail.to_string())
}

/// Decodes one name or value; none if it is no UTF-8, or has U+0000, or half an escape.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Encodes one name or value, or a segment of a path.
pub(crate) fn encode(text: &str, encoded: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let mut encoded = String::new();
        encode("a b+c/ü%&=", &mut encoded);
        assert_eq!(encoded, "a%20b%2Bc%2F%C3%BC%25%26%3D");
        assert_eq!(decode(&encoded).as_deref(), Some("a b+c/ü%&="));
        assert_eq!(decode("a+b").as_deref(), Some("a b"));
        assert_eq!(decode("%"), None);
        assert_eq!(decode("%f"), None);
        assert_eq!(decode("%fg"), None);
        assert_eq!(decode("%+f"), None);
        assert_eq!(decode("%ff"), None);
        assert_eq!(decode("%00"), None);
    }
}
