//! What the watch lock protects.

use super::power::Power;
use super::schedule::WorkSchedule;
use crate::alloc::ResidentMemory;
use crate::events::EventLog;

/// The event log, the schedule of deferred work and the power of the device. One lock protects them,
/// so that an event and the work that it requires are seen together.
#[derive(Debug)]
pub struct WatchState {
    pub(crate) events: EventLog,
    pub(crate) work: WorkSchedule,
    pub(crate) power: Power,
}

impl WatchState {
    /// No event, and no work. Events will be in `memory`, because the lock is held at
    /// `DISPATCH_LEVEL`.
    #[must_use]
    pub const fn new(memory: ResidentMemory) -> Self {
        Self {
            events: EventLog::new(memory),
            work: WorkSchedule::new(),
            power: Power::Starting,
        }
    }
}

#[cfg(any(test, feature = "fake-stack"))]
impl Default for WatchState {
    fn default() -> Self {
        Self::new(crate::alloc::TEST_MEMORY)
    }
}
