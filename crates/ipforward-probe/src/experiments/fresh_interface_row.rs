//! What `InitializeIpInterfaceEntry` writes into the members that Set takes.

use nt_netio_profile::FreshInterfaceRow;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Initializes a row.
pub(super) struct InitializeRow;

impl Experiment for InitializeRow {
    type Behaviour = FreshInterfaceRow;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let row = context.stack.fresh_interface_row()?;
        match (row.metric, row.nl_mtu) {
            (u32::MAX, u32::MAX) => Ok(FreshInterfaceRow::AllOnes),
            (0, 0) => Ok(FreshInterfaceRow::Zero),
            (metric, mtu) => Err(Unknown::Unexpected(format!("metric {metric}, MTU {mtu}"))),
        }
    }
}
