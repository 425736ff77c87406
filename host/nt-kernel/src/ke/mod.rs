//! `Ke` and `Kf`: the kernel's core.

mod bug_check;
mod event;
mod level;
mod spin_lock;
mod thread;
mod time;

use super::exports::Export;

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    [
        bug_check::exports(),
        event::exports(),
        level::exports(),
        spin_lock::exports(),
        thread::exports(),
        time::exports(),
    ]
    .concat()
}
