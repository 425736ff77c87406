//! Spin locks of the host's own parts of the kernel, with the rules of the driver's.

use std::sync::atomic::AtomicUsize;

use crate::irql::Irql;
use crate::ke;

/// Up to `DISPATCH_LEVEL`; returns at that level, with the one that the thread had.
#[must_use]
pub fn acquire(lock: &'static AtomicUsize) -> Irql {
    ke::acquire_spin_lock(lock)
}

/// At `DISPATCH_LEVEL`; returns at `level`.
pub fn release(lock: &'static AtomicUsize, level: Irql) {
    ke::release_spin_lock(lock, level);
}
