//! `FreeMibTable` with NULL.

use nt_netio_profile::FreeNullTable;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// There is none.
pub(super) struct FreeNull;

impl Experiment for FreeNull {
    type Behaviour = FreeNullTable;

    fn run(_context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        Err(Unknown::not_observable(
            "only kernel code calls this function, and the computer may stop",
        ))
    }
}
