//! The one error of this crate: a problem with a status and a stable code.

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use order_core::{ErrorKind, Rejection, ServiceError, ports::CallbackError};

use crate::body::{FieldProblem, ProblemBody};

/// After how many seconds to ask again when the store does not answer or has too much to do.
pub const RETRY_AFTER_S: u32 = 1;

/// Why a request failed: rendered as `application/problem+json`.
///
/// A host makes its own with [`ApiError::new`], so that its time-outs and panics look alike.
#[derive(Debug, Clone)]
pub struct ApiError {
    problem: Box<ProblemBody>,
    cause: Option<Cause>,
    retry_after_s: Option<u64>,
}

/// What is behind an error: an extension of the response, for the host's log. It is not in the body.
#[derive(Debug, Clone)]
pub struct Cause(Arc<ServiceError>);

impl fmt::Display for Cause {
    /// The error and each of its sources, separated by colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// The stable code of a problem: an extension of the response, for the host's measurements.
#[derive(Debug, Clone)]
pub struct Code(pub Cow<'static, str>);

impl ApiError {
    /// A problem with this status and code. A detail is shown only of a client's fault.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let problem = ProblemBody {
            kind: Cow::Borrowed("about:blank"),
            title: Cow::Borrowed(status.canonical_reason().unwrap_or("Problem")),
            status: status.as_u16(),
            code: code.into(),
            detail: status.is_client_error().then(|| detail.into()),
            errors: Vec::new(),
            allowed: None,
        };
        Self { problem: Box::new(problem), cause: None, retry_after_s: None }
    }

    /// The same with when to ask again, rounded up to whole seconds: at least one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.problem.code
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The whole, as it is rendered.
    #[cfg(feature = "graphql")]
    pub(crate) const fn problem(&self) -> &ProblemBody {
        &self.problem
    }

    /// What is behind it, if somebody said.
    #[cfg(feature = "graphql")]
    pub(crate) const fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// A request that cannot be read.
    pub(crate) fn unreadable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// One part of a request that breaks a rule.
    pub(crate) fn field(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let (pointer, detail) = (pointer.into(), detail.into());
        Self::fields(vec![FieldProblem { pointer, code: code.into(), detail }])
    }

    /// Parts of a request that break rules; the first gives the whole its code.
    pub(crate) fn fields(errors: Vec<FieldProblem>) -> Self {
        let first = errors.first();
        let code = first.map_or(Cow::Borrowed("request.type"), |first| first.code.clone());
        let detail = first.map(|first| first.detail.clone()).unwrap_or_default();
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        error.problem.errors = errors;
        error
    }

    /// The same where the part that the order does not have was named in the path.
    pub(crate) fn part_in_path(error: ServiceError) -> Self {
        let missing = error.lacks_part();
        let mut error = Self::from(error);
        if missing {
            let status = StatusCode::NOT_FOUND;
            error.problem.status = status.as_u16();
            error.problem.title = status.canonical_reason().unwrap_or_default().into();
        }
        error
    }
}

const fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Stale => StatusCode::PRECONDITION_FAILED,
        ErrorKind::Unavailable | ErrorKind::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<ServiceError> for ApiError {
    fn from(source: ServiceError) -> Self {
        let mut error = Self::new(status_of(source.kind()), source.code(), source.to_string());
        if let Some(pointer) = source.pointer() {
            let (code, detail) = (source.code().into(), source.to_string());
            error.problem.errors.push(FieldProblem { pointer, code, detail });
        }
        error.problem.allowed = source.allowed().map(|allowed| allowed.public().iter().collect());
        error.cause = Some(Cause(Arc::new(source)));
        error
    }
}

impl From<CallbackError> for ApiError {
    fn from(error: CallbackError) -> Self {
        // Nobody is asked to sign in here: a signature that does not count is no token.
        Self::new(status_of(error.kind()), error.code(), error.to_string())
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        ServiceError::from(rejection).into()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = self.problem.detail.as_deref().unwrap_or(&self.problem.title);
        write!(f, "{}: {detail}", self.problem.code)
    }
}

impl Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        // Plain data with text keys is always JSON.
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
            let seconds = self.retry_after_s.unwrap_or(RETRY_AFTER_S.into());
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let is_of_a_token = self.problem.code.starts_with("auth.token_");
            let challenge = if is_of_a_token { "Bearer error=\"invalid_token\"" } else { "Bearer" };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(Code(self.problem.code));
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}
