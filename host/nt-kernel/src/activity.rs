//! How much the machine has begun by itself: work items, timers and notifications, so that one can
//! tell when it has come to rest.

use std::sync::atomic::{AtomicU64, Ordering};

static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Something begins. Any IRQL.
pub fn begin() {
    BEGUN.fetch_add(1, Ordering::SeqCst);
}

/// How often something has begun.
pub fn begun() -> u64 {
    BEGUN.load(Ordering::SeqCst)
}
