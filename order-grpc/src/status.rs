//! The one way in which a failure is told: a status with the stable code among its details.

use std::{collections::HashMap, time::Duration};

use order_core::{ErrorKind, Refusal, ServiceError};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// Whose codes the reasons are, in `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "order.v1";
/// After how long to ask again when the core has too much to do or cannot be reached.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What each kind of error is in gRPC.
pub const fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Forbidden => Code::PermissionDenied,
        ErrorKind::Invalid => Code::InvalidArgument,
        ErrorKind::Conflict => Code::FailedPrecondition,
        ErrorKind::Stale => Code::Aborted,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Overloaded => Code::ResourceExhausted,
        ErrorKind::Internal => Code::Internal,
    }
}

/// One part of a request that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Where: `items[0].unit_price`.
    pub(crate) field: String,
    /// The stable code.
    pub(crate) code: String,
    /// The rule.
    pub(crate) detail: String,
}

/// Parts of a request that break rules; the first gives the whole its code.
pub(crate) fn invalid(violations: &[Violation]) -> Status {
    let (code, detail) = violations
        .first()
        .map_or(("request.type", ""), |first| (first.code.as_str(), first.detail.as_str()));
    let mut details = details(code, HashMap::new());
    details.set_bad_request(violations.iter().map(violation).collect::<Vec<_>>());
    Status::with_error_details(Code::InvalidArgument, detail, details)
}

/// A failure with a kind and a code.
pub(crate) fn refuse(kind: ErrorKind, code: &str, detail: &str) -> Status {
    let mut details = details(code, HashMap::new());
    if matches!(kind, ErrorKind::Unavailable | ErrorKind::Overloaded) {
        details.set_retry_info(Some(RETRY_AFTER));
    }
    Status::with_error_details(code_of(kind), detail, details)
}

/// A caller who asks more often than they may, and after how long they may again.
pub(crate) fn rate_limited(wait: Duration) -> Status {
    let mut details = details("request.rate_limited", HashMap::new());
    details.set_retry_info(Some(wait));
    let detail = "you ask more often than you may; nothing was done, ask again when RetryInfo says";
    Status::with_error_details(Code::ResourceExhausted, detail, details)
}

/// A failure of a use case. What is no caller's business is logged and not told.
pub(crate) fn status(error: &ServiceError) -> Status {
    let refusal = Refusal::from(error);
    let is_ours = matches!(refusal.kind, ErrorKind::Unavailable | ErrorKind::Internal);
    if is_ours {
        tracing::error!(code = refusal.code, cause = &*refusal.detail, "a call failed");
    }
    let mut info = HashMap::new();
    if let Some(allowed) = error.allowed() {
        let allowed: Vec<_> = allowed.public().iter().map(|action| action.to_string()).collect();
        info.insert("allowed".to_owned(), allowed.join(","));
    }
    let mut details = details(refusal.code, info);
    if matches!(refusal.kind, ErrorKind::Unavailable | ErrorKind::Overloaded) {
        details.set_retry_info(Some(RETRY_AFTER));
    }
    if let Some(pointer) = &refusal.pointer {
        let (code, detail) = (refusal.code.to_string(), refusal.detail.to_string());
        details.set_bad_request(vec![violation(&Violation {
            field: field_at(pointer),
            code,
            detail,
        })]);
    }
    let detail = if is_ours { error.to_string() } else { refusal.detail.into() };
    Status::with_error_details(code_of(refusal.kind), detail, details)
}

fn details(code: &str, info: HashMap<String, String>) -> ErrorDetails {
    ErrorDetails::with_error_info(code, ERROR_DOMAIN, info)
}

fn violation(violation: &Violation) -> FieldViolation {
    FieldViolation {
        field: violation.field.clone(),
        description: violation.detail.clone(),
        reason: violation.code.clone(),
        ..FieldViolation::default()
    }
}

/// A JSON pointer as the path of a field: `/items/0/unitPrice` is `items[0].unit_price`.
fn field_at(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push('[');
            path.push_str(part);
            path.push(']');
            continue;
        }
        if !path.is_empty() {
            path.push('.');
        }
        for letter in part.chars() {
            if letter.is_ascii_uppercase() {
                path.push('_');
            }
            path.push(letter.to_ascii_lowercase());
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_becomes_the_path_of_a_field() {
        assert_eq!(field_at("/items/0/unitPrice"), "items[0].unit_price");
        assert_eq!(field_at("/url"), "url");
        assert_eq!(field_at(""), "");
    }
}
