//! What ntoskrnl.exe exports, with its rules: one file a prefix, and what they all stand on.

pub(crate) mod activity;
pub mod bugcheck;
pub(crate) mod callback_guard;
mod callback_stack;
pub(crate) mod clock;
pub(crate) mod critical_regions;
mod crt;
mod dbg;
mod ex;
pub mod exports;
pub mod fault;
pub mod fault_handler;
pub mod irql;
mod ke;
mod level;
pub(crate) mod locks;
mod mm;
pub(crate) mod paging;
pub mod pause_point;
pub mod poison;
pub mod pool;
mod ps;
pub mod resource_tracker;
mod rtl;
pub mod stack;
#[cfg(test)]
pub(crate) mod testing;
pub mod unimplemented;
pub mod watchdog;

use std::sync::atomic::{AtomicU64, Ordering};

use exports::Export;

static WARNINGS: AtomicU64 = AtomicU64::new(0);

/// Tells the person at the terminal of something that Windows would let pass and that is wrong
/// all the same. Any IRQL.
pub fn warning(text: impl AsRef<str>) {
    WARNINGS.fetch_add(1, Ordering::Relaxed);
    eprintln!("nthost: warning: {}", text.as_ref());
}

/// How many warnings there have been.
#[must_use]
pub fn warnings() -> u64 {
    WARNINGS.load(Ordering::Relaxed)
}

/// Everything that ntoskrnl exports here.
#[must_use]
pub fn exports() -> Vec<Export> {
    [
        crt::exports(),
        dbg::exports(),
        ex::exports(),
        ke::exports(),
        mm::exports(),
        ps::exports(),
        rtl::exports(),
    ]
    .concat()
}
