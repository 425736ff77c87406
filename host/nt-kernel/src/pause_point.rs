//! The pause point: a call of the driver's at which its thread waits until a test resumes it.
//!
//! A test uses it to do something to a driver that is half way. It can be set on the calls that
//! fault injection counts.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex};

/// The pause point, and whether a thread waits at it.
struct State {
    /// How many calls come before the one that waits; `None` without a pause point.
    calls_before: Option<u64>,
    /// The function whose calls count; empty for any.
    function: String,
    paused: bool,
}

static STATE: Mutex<State> = Mutex::new(State {
    calls_before: None,
    function: String::new(),
    paused: false,
});
static RESUMED: Condvar = Condvar::new();
/// True if there is a pause point, which few hosts ever have.
static IS_SET: AtomicBool = AtomicBool::new(false);

/// Sets the pause point to the call of `function`, or of any function if that is empty, with this
/// number, counted from 0 now. Resumes a thread that waits at the previous one.
pub fn set(number: u64, function: &str) {
    replace(Some(number), function);
}

/// Removes the pause point, and resumes the thread that waits at it.
pub fn resume() {
    replace(None, "");
}

fn replace(calls_before: Option<u64>, function: &str) {
    let mut state = STATE.lock();
    *state = State {
        calls_before,
        function: function.to_owned(),
        paused: false,
    };
    IS_SET.store(calls_before.is_some(), Ordering::SeqCst);
    drop(state);
    RESUMED.notify_all();
}

/// True while a thread waits at the pause point.
#[must_use]
pub fn is_paused() -> bool {
    STATE.lock().paused
}

/// The driver calls `function`. Waits if that is the pause point. Any IRQL.
#[inline]
pub(super) fn reach(function: &str) {
    if IS_SET.load(Ordering::SeqCst) {
        wait_at(function);
    }
}

#[cold]
fn wait_at(function: &str) {
    let mut state = STATE.lock();
    let Some(calls_before) = state.calls_before else {
        return;
    };
    if !state.function.is_empty() && state.function != function {
        return;
    }
    state.calls_before = calls_before.checked_sub(1);
    if calls_before == 0 {
        state.paused = true;
        RESUMED.wait_while(&mut state, |state| state.paused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test: the state is the process's.
    #[test]
    fn a_call_waits_at_the_pause_point_until_it_is_resumed() {
        set(1, "this");
        reach("this");
        reach("that");
        assert!(!is_paused());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| reach("this"));
            while !is_paused() {
                std::thread::yield_now();
            }
            reach("this");
            assert!(!waiting.is_finished());
            resume();
        });
        assert!(!is_paused());
        reach("this");
    }
}
