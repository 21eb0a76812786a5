//! How errors look on the wire: RFC 9457.

use std::borrow::Cow;

use order_core::Action;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A problem, as RFC 9457 has it, with a stable code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    /// Always `about:blank`: what happened is told by `code`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "about:blank")]
    pub kind: Cow<'static, str>,
    /// The status in words.
    #[schema(value_type = String, example = "Conflict")]
    pub title: Cow<'static, str>,
    /// The HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// The stable code, for programs.
    #[schema(value_type = String, example = "order.transition_not_allowed")]
    pub code: Cow<'static, str>,
    /// What is wrong, for people; absent where the fault is the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is wrong with parts of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The actions that the order allows instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub allowed: Option<Vec<Action>>,
}

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Where: a JSON pointer (RFC 6901) into the body, or `/name` of a query parameter.
    #[schema(example = "/items/0/quantity")]
    pub pointer: String,
    /// The stable code.
    #[schema(value_type = String, example = "order.quantity_out_of_range")]
    pub code: Cow<'static, str>,
    /// What is wrong, for people.
    pub detail: String,
}
