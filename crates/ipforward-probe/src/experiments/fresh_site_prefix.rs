//! The site prefix length of a row that `InitializeIpForwardEntry` has written.

use ipforward::abi::MibIpForwardRow2;
use ipforward::abi::route::SITE_PREFIX_UNSPECIFIED;
use nt_netio_profile::FreshSitePrefix;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Creates such a route.
pub(super) struct CreateWithFreshSitePrefix;

impl Experiment for CreateWithFreshSitePrefix {
    type Behaviour = FreshSitePrefix;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let row = MibIpForwardRow2 {
            site_prefix_length: SITE_PREFIX_UNSPECIFIED,
            ..context.row(2)
        };
        Ok(if context.accepts(row)? {
            FreshSitePrefix::NotGiven
        } else {
            FreshSitePrefix::Refused
        })
    }
}
