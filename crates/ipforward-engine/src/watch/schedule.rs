//! When deferred work runs: in one thread at a time, and again if it was requested meanwhile.

use crate::changed_interfaces::ChangedInterfaces;

/// The requests for deferred work.
#[derive(Debug, Default)]
pub(crate) struct WorkSchedule {
    /// Number of requests so far.
    requests: u64,
    /// Whether a thread runs the work.
    running: bool,
    /// The interfaces that have changed since the work ran last.
    interfaces: ChangedInterfaces,
}

impl WorkSchedule {
    pub(super) const fn new() -> Self {
        Self {
            requests: 0,
            running: false,
            interfaces: ChangedInterfaces::NONE,
        }
    }

    /// Requests the work.
    pub(crate) const fn request(&mut self) {
        self.requests = self.requests.wrapping_add(1);
    }

    /// Requests the work for an interface that has arrived or changed.
    pub(crate) fn request_for_interface(&mut self, luid: u64) {
        self.interfaces.insert(luid);
        self.request();
    }

    /// Number of requests so far.
    pub(crate) const fn requests(&self) -> u64 {
        self.requests
    }

    /// Returns whether the calling thread has to run the work. If another thread runs it already,
    /// that thread runs it once more.
    pub(crate) const fn begin(&mut self) -> bool {
        if self.running {
            self.request();
            return false;
        }
        self.running = true;
        true
    }

    /// Ends the work, unless it was requested again since it saw this number of requests. Returns
    /// whether it has ended.
    pub(crate) const fn end(&mut self, seen: u64) -> bool {
        self.running = self.requests != seen;
        !self.running
    }

    /// The interfaces that have changed since the last call.
    pub(crate) const fn take_interfaces(&mut self) -> ChangedInterfaces {
        core::mem::replace(&mut self.interfaces, ChangedInterfaces::NONE)
    }
}
