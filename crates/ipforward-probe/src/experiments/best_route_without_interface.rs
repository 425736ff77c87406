//! `GetBestRoute2` without an interface.

use ipforward::abi::{BestRouteRequest, NtStatus};
use nt_netio_profile::BestRouteWithoutInterface;

use super::Experiment;
use crate::call_error::CallError;
use crate::context::{ExperimentContext, address};
use crate::unknown::Unknown;

/// Searches a route that exists.
pub(super) struct SearchEverywhere;

impl Experiment for SearchEverywhere {
    type Behaviour = BestRouteWithoutInterface;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let _route = context.create(context.row(6))?;
        let request = BestRouteRequest {
            destination: address(6).into(),
            ..BestRouteRequest::default()
        };
        match context.stack.best_route(&request) {
            Ok(_) => Ok(BestRouteWithoutInterface::AllInterfaces),
            Err(error) if error.may_be(NtStatus::INVALID_PARAMETER) => {
                Ok(BestRouteWithoutInterface::Refused)
            }
            Err(error @ CallError::Refused(_)) => Err(Unknown::outcome("best route", error)),
            Err(error) => Err(error.into()),
        }
    }
}
