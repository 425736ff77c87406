//! Time.

use wdk_sys::ntddk::KeQueryInterruptTimePrecise;

/// `KeQueryInterruptTimePrecise`: ticks of 100 ns since the system started. It never runs backwards,
/// and may be called at every level.
pub(crate) fn interrupt_time() -> u64 {
    let mut performance_counter = 0;
    // SAFETY: may be called at every level; the result is a local.
    unsafe { KeQueryInterruptTimePrecise(&raw mut performance_counter) }
}
