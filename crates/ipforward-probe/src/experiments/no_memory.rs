//! The status for a lack of memory.

use nt_netio_profile::NoMemoryStatus;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// There is none.
pub(super) struct RunOutOfMemory;

impl Experiment for RunOutOfMemory {
    type Behaviour = NoMemoryStatus;

    fn run(_context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        Err(Unknown::not_observable(
            "a program cannot take the memory of the kernel away",
        ))
    }
}
