//! Counts the callbacks that no client requested (work items, timers, notifications), so that the
//! host can see when the kernel is idle.

use std::sync::atomic::{AtomicU64, Ordering};

static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Counts a callback that begins. Any IRQL.
pub fn begin() {
    BEGUN.fetch_add(1, Ordering::SeqCst);
}

/// The number of callbacks that have begun.
pub fn begun() -> u64 {
    BEGUN.load(Ordering::SeqCst)
}
