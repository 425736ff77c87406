//! The status when the route to create exists.

use ipforward::abi::NtStatus;
use nt_netio_profile::DuplicateStatus;

use super::Experiment;
use crate::context::{ExperimentContext, value_of_status};
use crate::unknown::Unknown;

/// Creates a route twice.
pub(super) struct CreateTwice;

impl Experiment for CreateTwice {
    type Behaviour = DuplicateStatus;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let route = context.create(context.row(8))?;
        value_of_status(
            "create",
            context.stack.create_route(&route.row),
            &[
                (
                    NtStatus::DUPLICATE_OBJECTID,
                    DuplicateStatus::DuplicateObjectId,
                ),
                (NtStatus::OBJECTID_EXISTS, DuplicateStatus::ObjectIdExists),
                (
                    NtStatus::OBJECT_NAME_COLLISION,
                    DuplicateStatus::ObjectNameCollision,
                ),
            ],
        )
    }
}
