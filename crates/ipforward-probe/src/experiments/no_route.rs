//! The status when no route matches the destination.

use ipforward::abi::{BestRouteRequest, NtStatus};
use nt_netio_profile::NoRouteStatus;

use super::Experiment;
use crate::context::{ExperimentContext, address, value_of_status};
use crate::unknown::Unknown;

/// Searches a route to an address to which the interface has none.
pub(super) struct SearchInVain;

impl Experiment for SearchInVain {
    type Behaviour = NoRouteStatus;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let request = BestRouteRequest {
            interface_luid: context.interface.luid(),
            interface_index: context.interface.index(),
            destination: address(9).into(),
            ..BestRouteRequest::default()
        };
        let outcome = match context.stack.best_route(&request) {
            Ok(_) => {
                return Err(Unknown::not_observable(
                    "the interface has a default route: name another with --interface",
                ));
            }
            Err(error) => Err(error),
        };
        value_of_status(
            "best route",
            outcome,
            &[
                (
                    NtStatus::NETWORK_UNREACHABLE,
                    NoRouteStatus::NetworkUnreachable,
                ),
                (NtStatus::NOT_FOUND, NoRouteStatus::NotFound),
                (NtStatus::HOST_UNREACHABLE, NoRouteStatus::HostUnreachable),
            ],
        )
    }
}
