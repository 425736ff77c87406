//! Whether the host verifies the driver. Without verification its functions do the same, and the host
//! finds fewer mistakes: it is quicker, for drivers that a verified host has passed.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_OFF: AtomicBool = AtomicBool::new(false);

/// Turns verification off. Called before a driver is loaded.
pub fn turn_off() {
    IS_OFF.store(true, Ordering::Relaxed);
}

/// True unless verification was turned off.
#[must_use]
#[inline]
pub fn is_on() -> bool {
    !IS_OFF.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irql::{self, Irql};
    use crate::locks::{self, LockKind};
    use crate::pool;
    use crate::resource_tracker;
    use crate::testing::run_alone;

    #[test]
    fn without_verification_broken_rules_pass() {
        run_alone!(|| {
            const TAG: u32 = u32::from_le_bytes(*b"Test");
            turn_off();
            for [first, second] in [[0xA0, 0xB0], [0xB0, 0xA0]] {
                for lock in [first, second] {
                    locks::about_to_take(lock);
                    locks::taken(LockKind::Spin, lock);
                }
            }
            irql::raise(Irql::HIGH);
            irql::require_at_most("CreateIpForwardEntry2", Irql::APC);
            let page = pool::allocate(false, pool::PAGE_SIZE, TAG).unwrap();
            assert!(page.addr().get().is_multiple_of(pool::PAGE_SIZE));
            assert!(resource_tracker::outstanding().is_empty());
            pool::free(page.addr().get(), Some(TAG + 1));
        });
    }
}
