//! The status for an unknown interface in interface calls.

use ipforward::AddressFamily;
use ipforward::abi::{MibIpInterfaceRow, NtStatus};
use nt_netio_profile::UnknownInterfaceStatus;

use super::Experiment;
use crate::context::{ExperimentContext, value_of_status};
use crate::unknown::Unknown;

/// An index that no interface has: the system counts from 1.
const NO_INDEX: u32 = 0x7FFF_FFF0;

/// Gets an interface whose index no interface has.
pub(super) struct GetUnknownInterface;

impl Experiment for GetUnknownInterface {
    type Behaviour = UnknownInterfaceStatus;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let keys = MibIpInterfaceRow {
            family: AddressFamily::IPV4.0,
            interface_index: NO_INDEX,
            ..MibIpInterfaceRow::default()
        };
        value_of_status(
            "get interface",
            context.stack.interface(&keys).map(drop),
            &[
                (NtStatus::NOT_FOUND, UnknownInterfaceStatus::NotFound),
                (
                    NtStatus::OBJECT_NAME_NOT_FOUND,
                    UnknownInterfaceStatus::ObjectNameNotFound,
                ),
            ],
        )
    }
}
