//! Waiting for what the host does asynchronously, such as closing the handles of a dead process.

use std::thread;
use std::time::{Duration, Instant};

/// No event takes this long, even on a busy computer.
const LIMIT: Duration = Duration::from_mins(1);
/// The time between two checks.
const STEP: Duration = Duration::from_millis(1);

/// Waits until `condition` is true.
///
/// ```no_run
/// # let mut observer = nthost_testkit::Process::start("socket".as_ref());
/// nthost_testkit::eventually("the handle is closed", || observer.outstanding() == 0);
/// ```
///
/// # Panics
///
/// If it is not true after a minute: with `what`.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        thread::sleep(STEP);
    }
}
