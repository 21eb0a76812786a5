//! Where the use cases are.

use crate::shop::Core;

/// The use cases as REST is given them: here as they are.
pub(crate) fn front(core: Core) -> Core {
    core
}
