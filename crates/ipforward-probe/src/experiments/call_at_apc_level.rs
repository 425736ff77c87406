//! A call at `APC_LEVEL` that the reference allows there.

use nt_netio_profile::CallAtApcLevel;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// There is none.
pub(super) struct RaiseIrql;

impl Experiment for RaiseIrql {
    type Behaviour = CallAtApcLevel;

    fn run(_context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        Err(Unknown::not_observable(
            "only kernel code raises its IRQL, and the computer may stop",
        ))
    }
}
