//! What ntoskrnl.exe exports, with its rules: one file a prefix, and what they all stand on.

pub(crate) mod activity;
pub mod bugcheck;
pub(crate) mod clock;
mod crt;
mod dbg;
mod ex;
pub(crate) mod excursion;
pub mod exports;
pub mod fault;
pub mod fault_handler;
pub mod fill;
pub mod hold;
pub mod irql;
mod ke;
pub mod ledger;
pub(crate) mod locks;
mod mm;
pub(crate) mod paging;
pub mod patience;
pub mod pool;
mod ps;
pub(crate) mod regions;
mod rtl;
pub mod stack;
#[cfg(test)]
pub(crate) mod testing;
pub mod trap;

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
