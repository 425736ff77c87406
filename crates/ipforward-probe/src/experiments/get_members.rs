//! Whether `GetIpForwardEntry2` checks lifetimes and site prefix length.

use ipforward::abi::{MibIpForwardRow2, NtStatus};
use nt_netio_profile::GetMembers;

use super::Experiment;
use crate::call_error::CallError;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Gets a route with a preferred lifetime that is longer than the valid one.
pub(super) struct GetWithWrongLifetimes;

impl Experiment for GetWithWrongLifetimes {
    type Behaviour = GetMembers;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let route = context.create(context.row(14))?;
        let keys = MibIpForwardRow2 {
            valid_lifetime: 1,
            preferred_lifetime: 2,
            ..route.row
        };
        match context.stack.get_route(&keys) {
            Ok(_) => Ok(GetMembers::Ignored),
            Err(error) if error.may_be(NtStatus::INVALID_PARAMETER) => Ok(GetMembers::Checked),
            Err(error @ CallError::Refused(_)) => Err(Unknown::outcome("get", error)),
            Err(error) => Err(error.into()),
        }
    }
}
