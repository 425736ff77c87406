//! The identity of a request that waits.

use core::sync::atomic::{AtomicU64, Ordering};

/// Requests that had to wait so far.
static WAITED: AtomicU64 = AtomicU64::new(0);

/// Number of a request that waits. No other request ever has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestNumber(u64);

impl RequestNumber {
    /// The number of a request that begins to wait.
    pub(crate) fn next() -> Self {
        Self(WAITED.fetch_add(1, Ordering::Relaxed))
    }
}
