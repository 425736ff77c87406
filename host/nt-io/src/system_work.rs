//! System threads: work that has to wait until it can run at `PASSIVE_LEVEL`.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nt_kernel::activity;
use parking_lot::{Condvar, Mutex};

/// The number of work items that have not ended yet.
static OUTSTANDING: LazyLock<(Mutex<usize>, Condvar)> = LazyLock::new(Default::default);

/// Runs `work` in a system thread, which may wait as long as it likes.
///
/// # Panics
///
/// If the system has no thread left.
pub fn queue(name: &'static str, work: impl FnOnce() + Send + 'static) {
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
pub fn wait_idle() {
    awaited(|| {
        let mut outstanding = OUTSTANDING.0.lock();
        while *outstanding > 0 {
            OUTSTANDING.1.wait(&mut outstanding);
        }
    });
}

/// Whether work items begin only while a test waits for them.
static PUT_OFF: AtomicBool = AtomicBool::new(false);

/// The number of threads that wait for work now.
static WAITING: LazyLock<(Mutex<usize>, Condvar)> = LazyLock::new(Default::default);

/// From now on work items begin only while a test waits for them, so that each run executes them
/// between the same calls.
pub fn put_off() {
    PUT_OFF.store(true, Ordering::SeqCst);
}

/// Waits until a work item may begin.
pub fn wait_for_turn() {
    let mut waiting = WAITING.0.lock();
    while PUT_OFF.load(Ordering::SeqCst) && *waiting == 0 {
        WAITING.1.wait(&mut waiting);
    }
}

/// Runs `wait`, which waits for work: it may begin now.
pub fn awaited<T>(wait: impl FnOnce() -> T) -> T {
    *WAITING.0.lock() += 1;
    WAITING.1.notify_all();
    let result = wait();
    *WAITING.0.lock() -= 1;
    result
}
