//! Conditional requests and request keys.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use order_core::IdempotencyKey;

use crate::error::ApiError;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Which versions a caller's change is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Any that there is.
    Any,
    /// One of these.
    Versions(Vec<u64>),
}

/// The headers that this module reads, out of all that came.
pub(crate) fn conditions(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in [IF_MATCH, IF_NONE_MATCH, IDEMPOTENCY_KEY] {
        for value in headers.get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    kept
}

/// The headers that say these conditions.
#[cfg(feature = "graphql")]
pub(super) fn headers_of(key: Option<&str>, version: Option<u64>) -> Result<HeaderMap, ApiError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::try_from(key).map_err(|_| no_key())?);
    }
    headers.extend(version.map(|version| (IF_MATCH, entity_tag(version))));
    Ok(headers)
}

/// The entity tag of a version.
pub(crate) fn entity_tag(version: u64) -> HeaderValue {
    let tag = format!("\"{version}\"");
    // Quotation marks and digits always make a header.
    HeaderValue::try_from(tag).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// Reads `If-Match`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, ApiError> {
    let mut versions = Vec::new();
    for value in headers.get_all(IF_MATCH) {
        for tag in value.as_bytes().split(|byte| *byte == b',') {
            match tag.trim_ascii() {
                b"*" => return Ok(Some(IfMatch::Any)),
                tag => versions.push(version_of(tag).ok_or_else(no_version)?),
            }
        }
    }
    Ok(if versions.is_empty() { None } else { Some(IfMatch::Versions(versions)) })
}

fn no_version() -> ApiError {
    let detail =
        "If-Match must be * or entity tags of the form \"7\", a version in quotation marks";
    ApiError::unreadable("request.if_match", detail)
}

fn version_of(tag: &[u8]) -> Option<u64> {
    let digits = tag.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether the caller has this version already (`If-None-Match`, compared weakly).
pub(crate) fn matches_none(headers: &HeaderMap, version: u64) -> bool {
    let tags = headers.get_all(IF_NONE_MATCH).into_iter();
    let mut tags = tags.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tags.any(|tag| {
        let tag = tag.trim_ascii();
        let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
        tag == b"*" || version_of(tag) == Some(version)
    })
}

/// Reads `Idempotency-Key`: 1 to 200 visible ASCII characters.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let detail = "Idempotency-Key is given more than once";
        return Err(ApiError::unreadable("request.idempotency_key", detail));
    }
    let visible = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let text = value.to_str().ok().filter(visible);
    let key = text.and_then(|text| IdempotencyKey::try_from(text).ok());
    key.map(Some).ok_or_else(no_key)
}

fn no_key() -> ApiError {
    let max = IdempotencyKey::CHARS_MAX;
    let detail = format!("Idempotency-Key must be 1 to {max} visible ASCII characters");
    ApiError::unreadable("request.idempotency_key", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn if_match_takes_strong_tags_of_versions_only() {
        let read = |value| if_match(&headers(IF_MATCH, value)).ok();
        assert_eq!(read("\"7\""), Some(Some(IfMatch::Versions(vec![7]))));
        assert_eq!(read(" \"7\" , \"8\""), Some(Some(IfMatch::Versions(vec![7, 8]))));
        assert_eq!(read("*"), Some(Some(IfMatch::Any)));
        for bad in ["", "7", "\"\"", "W/\"7\"", "\"x\"", "\"7", "\"-7\"", "\"7\",", "\"1 2\""] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for tag in ["\"7\"", "W/\"7\"", "*", "\"1\", \"7\"", "\"x\",W/\"7\""] {
            assert!(matches_none(&headers(IF_NONE_MATCH, tag), 7), "{tag}");
        }
        for tag in ["\"8\"", "7", "\"77\"", ""] {
            assert!(!matches_none(&headers(IF_NONE_MATCH, tag), 7), "{tag}");
        }
    }
}
