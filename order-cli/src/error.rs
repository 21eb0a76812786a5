//! Why a command did not do what was asked, and the exit status that says so.

use std::{error::Error, fmt, fmt::Write as _, io, process::ExitCode};

use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The request was understood and refused.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The work was done and found something wrong; it has been printed.
    #[error("{0}")]
    Unsound(String),
    /// The command line or the configuration makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The database or the server does not answer, or failed.
    #[error("{0}")]
    Unavailable(String),
    /// Whoever read the output has seen enough.
    #[error("the output was closed")]
    Closed,
}

/// What a command comes to.
pub(crate) type Done<T = ()> = Result<T, Failure>;

impl Failure {
    /// The exit status: 0 done, 1 refused, 2 wrong usage, 3 unavailable.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Closed => 0,
            Self::Refused(_) | Self::Unsound(_) => 1,
            Self::Usage(_) => 2,
            Self::Unavailable(_) => 3,
        })
    }

    /// The stable code, for programs.
    fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            Self::Unsound(_) => "cli.unsound",
            Self::Usage(_) => "cli.usage",
            Self::Unavailable(_) => "cli.unavailable",
            Self::Closed => "cli.closed",
        }
    }

    /// One JSON document: the server's own problem where there is one.
    pub(crate) fn to_json(&self) -> String {
        match self {
            Self::Refused(problem) if problem.body.is_some() => {
                problem.body.as_ref().map(ToString::to_string).unwrap_or_default()
            }
            _ => serde_json::json!({"code": self.code(), "detail": self.to_string()}).to_string(),
        }
    }

    /// A refusal of this program's own.
    pub(crate) fn refused(code: &str, detail: &str) -> Self {
        let (code, detail) = (code.to_owned(), Some(detail.to_owned()));
        Self::Refused(Box::new(Problem { code, detail, ..Problem::default() }))
    }

    /// A file or stream that cannot be read or written.
    pub(crate) fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Usage(format!("{what}: {error}")),
        }
    }
}

/// An error and what lies behind it, each cause once.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            // Writing to a text cannot fail.
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// An answer of RFC 9457, `application/problem+json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// The stable code.
    pub(crate) code: String,
    /// What it is, whatever the request was.
    pub(crate) title: String,
    /// What is wrong with this request.
    pub(crate) detail: Option<String>,
    /// Where in the request it is.
    pub(crate) errors: Vec<Fault>,
    /// What would be accepted instead.
    pub(crate) allowed: Option<Vec<String>>,
    /// The document as it came.
    #[serde(skip)]
    pub(crate) body: Option<Box<RawValue>>,
}

/// One fault of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fault {
    /// Where it is, as a JSON pointer.
    pub(crate) pointer: String,
    /// What is wrong.
    pub(crate) detail: String,
}

/// A reason without what is allowed instead.
pub(crate) fn reason_alone(reason: &str) -> &str {
    reason.split_once("; allowed now:").map_or(reason, |(reason, _)| reason)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = self.detail.as_deref().unwrap_or(&self.title);
        // What is allowed has a line of its own.
        f.write_str(if self.allowed.is_some() { reason_alone(detail) } else { detail })?;
        if !self.code.is_empty() {
            write!(f, " [{}]", self.code)?;
        }
        for fault in &self.errors {
            let at = if fault.pointer.is_empty() { "request" } else { &fault.pointer };
            if fault.detail == detail || fault.detail.is_empty() {
                write!(f, "\n  at {at}")?;
            } else {
                write!(f, "\n  at {at}: {}", fault.detail)?;
            }
        }
        match &self.allowed {
            Some(allowed) if allowed.is_empty() => f.write_str("\n  allowed now: nothing"),
            Some(allowed) => write!(f, "\n  allowed now: {}", allowed.join(", ")),
            None => Ok(()),
        }
    }
}
