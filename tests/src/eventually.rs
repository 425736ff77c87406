//! Waiting for what happens in the host by itself, such as the end of a handle.

use std::thread;
use std::time::{Duration, Instant};

/// What has not happened for so long never will.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `is_so`.
///
/// # Panics
///
/// If that takes too long; with `what`.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}
