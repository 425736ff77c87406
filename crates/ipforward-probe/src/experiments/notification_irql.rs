//! The IRQL at which a notification's callback is called.

use nt_netio_profile::NotificationIrql;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// There is none.
pub(super) struct ReadIrql;

impl Experiment for ReadIrql {
    type Behaviour = NotificationIrql;

    fn run(_context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        Err(Unknown::not_observable(
            "only kernel code sees the IRQL of a callback",
        ))
    }
}
