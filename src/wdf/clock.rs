//! Time.

use wdk_sys::ntddk::KeQueryInterruptTimePrecise;

/// Ticks of 100 ns since the system started; never runs backwards. At every level.
pub(crate) fn now() -> u64 {
    let mut performance_counter = 0;
    // SAFETY: may be called at every level; the result is a local.
    unsafe { KeQueryInterruptTimePrecise(&raw mut performance_counter) }
}
