//! An event that is given up.

use serde::Serialize;
use utoipa::ToSchema;

use super::Read;
use crate::extract::Fields;

/// Which event is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct SkipRequest {
    /// The position of the first event that waits.
    #[schema(example = 1017)]
    pub position: u64,
}

/// Which event is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skip {
    pub(crate) position: u64,
}

impl Read for Skip {
    type Doc = SkipRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let value = fields.required(&["position"])?;
        let position = u64::try_from(value.integer()?).ok();
        if position.is_none() {
            value.fault("request.integer_out_of_range", "a position is never negative");
        }
        position.map(|position| Self { position })
    }
}
