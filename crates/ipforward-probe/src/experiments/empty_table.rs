//! A table without a row.

use ipforward::AddressFamily;
use ipforward::abi::NtStatus;
use nt_netio_profile::EmptyTable;

use super::Experiment;
use crate::call_error::CallError;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Reads the table of a family that has no route, if there is one.
pub(super) struct ListNothing;

impl Experiment for ListNothing {
    type Behaviour = EmptyTable;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        for family in [AddressFamily::IPV4, AddressFamily::IPV6] {
            match context.stack.count_routes(family) {
                Ok(0) => return Ok(EmptyTable::Success),
                Err(error) if error.may_be(NtStatus::NOT_FOUND) => {
                    return Ok(EmptyTable::NotFound);
                }
                // The computer has no stack for the family.
                Err(error) if error.may_be(NtStatus::NOT_SUPPORTED) => {}
                Err(error @ CallError::Refused(_)) => {
                    return Err(Unknown::outcome("route table", error));
                }
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
        }
        Err(Unknown::not_observable(
            "this computer has routes of each family",
        ))
    }
}
