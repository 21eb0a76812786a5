//! How errors look in GraphQL: the message says what is wrong, and `extensions` what a problem of REST
//! does.

use async_graphql::{ErrorExtensionValues, Name, Response, ServerError, Value};
use axum::http::StatusCode;

use super::{limits, word::OrderAction};
use crate::{
    body::FieldProblem,
    error::{ApiError, Cause},
};

/// The code of what GraphQL itself cannot make sense of: the text, its types, an argument.
const INVALID: &str = "graphql.invalid";

/// An error that is found before anything is asked of the use cases.
pub(super) fn refused(error: &ApiError) -> ServerError {
    let mut refused = ServerError::new("", None);
    tell(error, &mut refused);
    refused
}

/// Makes every error of an answer say what a problem would, and nothing else. Gives what is behind the
/// first of those that are the server's fault.
pub(super) fn translate(response: &mut Response) -> Option<Cause> {
    let mut cause = None;
    for error in &mut response.errors {
        if let Some(known) = error.source::<ApiError>().cloned() {
            if cause.is_none() && known.status().is_server_error() {
                cause = known.cause().cloned();
            }
            tell(&known, error);
        } else if error.source.is_some() {
            // Nothing of ours fails so; what it says is not for callers.
            tell(&ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "server.internal", ""), error);
        } else if error.message == limits::TOO_COMPLEX {
            let detail = format!("an operation may cost at most {}", limits::COMPLEXITY_MAX);
            tell(&ApiError::unreadable("graphql.too_complex", detail), error);
        } else if error.extensions.is_none() {
            extend(error, INVALID, StatusCode::BAD_REQUEST);
        }
    }
    cause
}

fn tell(known: &ApiError, error: &mut ServerError) {
    let problem = known.problem();
    error.message = problem.detail.clone().unwrap_or_else(|| problem.title.to_string());
    extend(error, known.code(), known.status());
    let extensions = error.extensions.get_or_insert_default();
    if !problem.errors.is_empty() {
        let errors = problem.errors.iter().map(field).collect();
        extensions.set("errors", Value::List(errors));
    }
    if let Some(allowed) = &problem.allowed {
        let actions = allowed
            .iter()
            .map(|action| async_graphql::resolver_utils::enum_value(OrderAction::from(*action)));
        extensions.set("allowedActions", Value::List(actions.collect()));
    }
}

fn extend(error: &mut ServerError, code: &str, status: StatusCode) {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", code);
    extensions.set("status", i32::from(status.as_u16()));
}

fn field(problem: &FieldProblem) -> Value {
    let FieldProblem { pointer, code, detail } = problem;
    let members = [("pointer", pointer.as_str()), ("code", code), ("detail", detail)];
    Value::Object(members.map(|(name, text)| (Name::new(name), Value::from(text))).into())
}
