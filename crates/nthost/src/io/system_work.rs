//! System threads: work that has to wait until it can run at `PASSIVE_LEVEL`.

use std::sync::LazyLock;
use std::thread;

use parking_lot::{Condvar, Mutex};

use crate::kernel::activity;

/// How much work has not ended yet.
static OUTSTANDING: LazyLock<(Mutex<usize>, Condvar)> = LazyLock::new(Default::default);

/// Runs `work` in a system thread, which may wait as long as it likes.
pub(crate) fn queue(name: &'static str, work: impl FnOnce() + Send + 'static) {
    activity::begin();
    *OUTSTANDING.0.lock() += 1;
    thread::Builder::new()
        .name(format!("system: {name}"))
        .spawn(move || {
            work();
            *OUTSTANDING.0.lock() -= 1;
            OUTSTANDING.1.notify_all();
        })
        .expect("a thread");
}

/// Waits until all work has ended.
pub(crate) fn wait_idle() {
    let mut outstanding = OUTSTANDING.0.lock();
    while *outstanding > 0 {
        OUTSTANDING.1.wait(&mut outstanding);
    }
}
