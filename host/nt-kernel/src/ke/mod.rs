//! `Ke` and `Kf`: the kernel's core.

mod bug_check;
mod dispatcher;
mod dpc;
mod event;
mod level;
mod mutex;
mod priority;
mod processor;
mod queued_spin_lock;
mod semaphore;
mod spin_lock;
mod thread;
mod time;
pub(super) mod timer;
mod wait;
mod waitable;

use super::exports::Export;
pub(super) use dispatcher::Dispatcher;
pub(super) use event::{initialize_event, set_event, wait_for_event};
pub(super) use processor::count as processor_count;
pub(super) use spin_lock::{
    KernelSpinLock, acquire_spin_lock, release_spin_lock, with_lock_at_any_level,
};

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    [
        bug_check::exports(),
        dpc::exports(),
        event::exports(),
        level::exports(),
        mutex::exports(),
        priority::exports(),
        processor::exports(),
        queued_spin_lock::exports(),
        semaphore::exports(),
        spin_lock::exports(),
        thread::exports(),
        time::exports(),
        timer::exports(),
        wait::exports(),
    ]
    .concat()
}
