//! Holding a call: the driver's thread stands still in the middle of its work until it is let go.
//! So a test can do something to a driver that is half way, and knows that it is.
//!
//! What can be held are the calls that fault injection counts.

use parking_lot::{Condvar, Mutex};

/// Where the next thread is held, and whether one is.
struct State {
    /// How many calls pass before the one that is held.
    passing: Option<u64>,
    /// Of which function; empty for any.
    function: String,
    held: bool,
}

static STATE: Mutex<State> = Mutex::new(State {
    passing: None,
    function: String::new(),
    held: false,
});
static RELEASED: Condvar = Condvar::new();

/// Holds the call of `function`, or of any if that is empty, with this number, counted from 0 now.
/// What is held already is let go.
pub fn at(number: u64, function: &str) {
    set(Some(number), function);
}

/// Lets go of the call that is held, and holds none any more.
pub fn release() {
    set(None, "");
}

fn set(passing: Option<u64>, function: &str) {
    *STATE.lock() = State {
        passing,
        function: function.to_owned(),
        held: false,
    };
    RELEASED.notify_all();
}

/// Whether a call is held now.
#[must_use]
pub fn is_held() -> bool {
    STATE.lock().held
}

/// A call of `function` comes by; if it is the one to be held, this returns when it is let go. Any
/// IRQL.
pub(super) fn pass(function: &str) {
    let mut state = STATE.lock();
    let Some(passing) = state.passing else {
        return;
    };
    if !state.function.is_empty() && state.function != function {
        return;
    }
    state.passing = passing.checked_sub(1);
    if passing == 0 {
        state.held = true;
        RELEASED.wait_while(&mut state, |state| state.held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test: the state is the process's.
    #[test]
    fn a_call_is_held_until_it_is_let_go() {
        at(1, "this");
        pass("this");
        pass("that");
        assert!(!is_held());
        std::thread::scope(|scope| {
            let held = scope.spawn(|| pass("this"));
            while !is_held() {
                std::thread::yield_now();
            }
            pass("this");
            assert!(!held.is_finished());
            release();
        });
        assert!(!is_held());
        pass("this");
    }
}
