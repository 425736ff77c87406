//! When deferred work runs: in one thread at a time, and again if it was requested meanwhile.

/// The requests for deferred work.
#[derive(Debug, Default)]
pub(crate) struct WorkSchedule {
    /// Number of requests so far.
    requests: u64,
    /// Whether a thread runs the work.
    running: bool,
    /// Whether an interface has arrived since the work ran last.
    interface_arrived: bool,
}

impl WorkSchedule {
    pub(super) const fn new() -> Self {
        Self {
            requests: 0,
            running: false,
            interface_arrived: false,
        }
    }

    /// Requests the work.
    pub(crate) const fn request(&mut self) {
        self.requests = self.requests.wrapping_add(1);
    }

    /// Requests the work for an interface that has arrived.
    pub(crate) const fn request_for_interface(&mut self) {
        self.interface_arrived = true;
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

    /// Whether an interface has arrived since the last call.
    pub(crate) const fn take_interface_arrived(&mut self) -> bool {
        core::mem::replace(&mut self.interface_arrived, false)
    }
}
