//! What the watch lock protects.

use super::power::Power;
use super::schedule::WorkSchedule;
use crate::events::EventLog;

/// The event log, the schedule of deferred work and the power of the device. One lock protects them,
/// so that an event and the work that it requires are seen together.
#[derive(Debug, Default)]
pub struct WatchState {
    pub(crate) events: EventLog,
    pub(crate) work: WorkSchedule,
    pub(crate) power: Power,
}

impl WatchState {
    /// No event, and no work.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            events: EventLog::new(),
            work: WorkSchedule::new(),
            power: Power::Starting,
        }
    }
}
