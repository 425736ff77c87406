//! Neither LUID nor index.

use ipforward::abi::{MibIpForwardRow2, NtStatus};
use nt_netio_profile::MissingInterfaceStatus;

use super::Experiment;
use crate::context::{ExperimentContext, value_of_status};
use crate::unknown::Unknown;

/// Deletes a route without an interface. A create that the stack accepted would be hard to undo.
pub(super) struct DeleteWithoutInterface;

impl Experiment for DeleteWithoutInterface {
    type Behaviour = MissingInterfaceStatus;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let row = MibIpForwardRow2 {
            interface_luid: 0,
            interface_index: 0,
            ..context.row(3)
        };
        value_of_status(
            "delete",
            context.stack.delete_route(&row),
            &[
                (
                    NtStatus::INVALID_PARAMETER,
                    MissingInterfaceStatus::InvalidParameter,
                ),
                (
                    NtStatus::OBJECT_NAME_NOT_FOUND,
                    MissingInterfaceStatus::ObjectNameNotFound,
                ),
            ],
        )
    }
}
