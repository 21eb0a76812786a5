//! How the service is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the service is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthBody {
    /// `ok`; `degraded` if something that it can do without for a while does not answer; `down` if it can
    /// do nothing.
    #[schema(example = "ok")]
    pub status: String,
    /// What it depends on, each with its state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckBody>,
    /// The version of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// For how long it has been running, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_seconds: Option<u64>,
    /// Memory of the process, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// How long requests took of late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyBody>,
}

/// Something that the service depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckBody {
    /// What: `database`, `rabbitmq`, `kafka`, `redis`, `payments`, `products`, `customers`.
    #[schema(example = "database")]
    pub name: String,
    /// `up` or `down`.
    #[schema(example = "up")]
    pub status: String,
    /// How long the answer took, or how long it was waited for, in milliseconds.
    pub latency_ms: f64,
}

impl CheckBody {
    /// What came of asking.
    pub fn new(name: &str, is_up: bool, latency: std::time::Duration) -> Self {
        let status = if is_up { "up" } else { "down" }.to_owned();
        // To a microsecond: what is beyond says nothing.
        let latency_ms = (latency.as_secs_f64() * 1e6).round() / 1e3;
        Self { name: name.to_owned(), status, latency_ms }
    }

    /// Whether it answered.
    pub fn is_up(&self) -> bool {
        self.status == "up"
    }
}

/// How long requests took of late: half of them no longer than the first, 99 of 100 no longer than the
/// second. Exact to a factor of two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LatencyBody {
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile, in milliseconds.
    pub p99_ms: f64,
}

impl HealthBody {
    /// All is well.
    pub fn ok() -> Self {
        Self::of("ok")
    }

    /// In this state, with nothing more to say.
    pub fn of(status: &str) -> Self {
        Self {
            status: status.to_owned(),
            checks: Vec::new(),
            version: None,
            uptime_seconds: None,
            memory_bytes: None,
            latency: None,
        }
    }
}
