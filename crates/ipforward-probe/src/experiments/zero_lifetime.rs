//! A valid lifetime of zero.

use ipforward::abi::MibIpForwardRow2;
use nt_netio_profile::ZeroLifetime;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Creates such a route.
pub(super) struct CreateExpired;

impl Experiment for CreateExpired {
    type Behaviour = ZeroLifetime;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let row = MibIpForwardRow2 {
            valid_lifetime: 0,
            preferred_lifetime: 0,
            immortal: 0,
            ..context.row(11)
        };
        Ok(if context.accepts(row)? {
            ZeroLifetime::Accepted
        } else {
            ZeroLifetime::Refused
        })
    }
}
