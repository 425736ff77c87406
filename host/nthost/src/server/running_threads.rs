//! The threads of a process that make calls now.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Counts the threads that may be in the driver: also after the answer of its call, a thread is there
/// until the driver returns.
#[derive(Default)]
pub(super) struct RunningThreads {
    count: Mutex<u64>,
    fewer: Condvar,
}

/// A thread that runs, until this value is dropped.
pub(super) struct Running<'a>(&'a RunningThreads);

impl RunningThreads {
    /// Counts a thread before it runs.
    pub(super) fn begin(&self) {
        *self.count.lock() += 1;
    }

    /// Takes over a thread that [`begin`](Self::begin) has counted.
    pub(super) const fn run(&self) -> Running<'_> {
        Running(self)
    }

    /// Waits until no thread runs, at most for `time`. Returns true if none does.
    pub(super) fn wait_none(&self, time: Duration) -> bool {
        let mut count = self.count.lock();
        let some = |count: &mut u64| *count > 0;
        !self
            .fewer
            .wait_while_for(&mut count, some, time)
            .timed_out()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.count.lock() -= 1;
        self.0.fewer.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_runs_from_its_begin_to_its_end() {
        let threads = RunningThreads::default();
        threads.begin();
        assert!(!threads.wait_none(Duration::ZERO));
        drop(threads.run());
        assert!(threads.wait_none(Duration::ZERO));
    }
}
