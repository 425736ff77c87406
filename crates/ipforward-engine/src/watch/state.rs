//! What the watch lock protects.

use super::schedule::WorkSchedule;
use crate::events::EventLog;

/// The event log and the schedule of deferred work. One lock protects both, so that an event and
/// the work that it requires are seen together.
#[derive(Debug, Default)]
pub struct WatchState {
    pub(crate) events: EventLog,
    pub(crate) work: WorkSchedule,
}

impl WatchState {
    /// No event, and no work.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            events: EventLog::new(),
            work: WorkSchedule::new(),
        }
    }
}
