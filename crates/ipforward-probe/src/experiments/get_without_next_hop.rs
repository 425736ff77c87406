//! `GetIpForwardEntry2` without a next hop.

use ipforward::abi::{MibIpForwardRow2, NtStatus, SockaddrInet};
use nt_netio_profile::GetWithoutNextHop;

use super::Experiment;
use crate::call_error::CallError;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Gets a route by its other keys.
pub(super) struct GetByPrefix;

impl Experiment for GetByPrefix {
    type Behaviour = GetWithoutNextHop;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let route = context.create(context.row(4))?;
        let keys = MibIpForwardRow2 {
            next_hop: SockaddrInet::default(),
            ..route.row
        };
        match context.stack.get_route(&keys) {
            Ok(found) if found.destination_prefix == route.row.destination_prefix => {
                Ok(GetWithoutNextHop::FirstMatch)
            }
            Ok(_) => Err(Unknown::outcome("get", "a route to another prefix")),
            Err(error) if error.may_be(NtStatus::INVALID_PARAMETER) => {
                Ok(GetWithoutNextHop::Refused)
            }
            Err(error @ CallError::Refused(_)) => Err(Unknown::outcome("get", error)),
            Err(error) => Err(error.into()),
        }
    }
}
