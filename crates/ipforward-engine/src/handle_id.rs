//! The identity of an open handle.

use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};

/// Handles that were opened so far.
static OPENED: AtomicU64 = AtomicU64::new(0);

/// Number of an open handle. No other handle ever has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HandleId(NonZeroU64);

impl HandleId {
    /// The id of a handle that is being opened.
    pub(crate) fn next() -> Self {
        let earlier = OPENED.fetch_add(1, Ordering::Relaxed);
        Self(NonZeroU64::MIN.saturating_add(earlier))
    }

    /// The number that the answers to callers contain.
    pub(crate) const fn number(self) -> u64 {
        self.0.get()
    }
}

#[cfg(test)]
impl HandleId {
    /// The id with a number, for tests.
    pub(crate) const fn numbered(number: u64) -> Self {
        Self(NonZeroU64::new(number).unwrap())
    }
}
