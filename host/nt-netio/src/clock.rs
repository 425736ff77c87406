//! The clock by which routes age and expire.

use std::time::Duration;

use nt_kernel::clock;
use parking_lot::Mutex;

/// A monotonic clock; only differences of its readings have a meaning.
pub trait Clock: Send + Sync {
    /// The time since the clock's own beginning.
    fn now(&self) -> Duration;
}

/// The kernel's clock, as the driver reads it.
#[derive(Debug)]
pub struct KernelClock;

impl Clock for KernelClock {
    fn now(&self) -> Duration {
        clock::now()
    }
}

/// A clock that moves only when a test advances it.
#[derive(Debug, Default)]
pub struct ManualClock(Mutex<Duration>);

impl ManualClock {
    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        *self.0.lock() += time;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        *self.0.lock()
    }
}
