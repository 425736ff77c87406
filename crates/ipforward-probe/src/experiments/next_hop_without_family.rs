//! A next hop that is all zero, its family included.

use ipforward::abi::{MibIpForwardRow2, SockaddrInet};
use nt_netio_profile::NextHopWithoutFamily;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Creates such a route.
pub(super) struct CreateWithoutFamily;

impl Experiment for CreateWithoutFamily {
    type Behaviour = NextHopWithoutFamily;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let row = MibIpForwardRow2 {
            next_hop: SockaddrInet::default(),
            ..context.row(1)
        };
        Ok(if context.accepts(row)? {
            NextHopWithoutFamily::OnLink
        } else {
            NextHopWithoutFamily::Refused
        })
    }
}
