//! Holding a call: the driver's thread stands still in the middle of its work until it is let go.
//! So a test can do something to a driver that is half way, and knows that it is.
//!
//! What can be held are the calls that fault injection counts.

use parking_lot::{Condvar, Mutex};

/// Where the next thread is held, and whether one is.
struct State {
    /// How many calls pass before the one that is held.
    passing: Option<u64>,
    held: bool,
}

static STATE: Mutex<State> = Mutex::new(State {
    passing: None,
    held: false,
});
static RELEASED: Condvar = Condvar::new();

/// Holds the call with this number, counted from 0 now. What is held already is let go.
pub fn at(number: u64) {
    set(Some(number));
}

/// Lets go of the call that is held, and holds none any more.
pub fn release() {
    set(None);
}

fn set(passing: Option<u64>) {
    *STATE.lock() = State {
        passing,
        held: false,
    };
    RELEASED.notify_all();
}

/// Whether a call is held now.
#[must_use]
pub fn is_held() -> bool {
    STATE.lock().held
}

/// A call comes by; if it is the one to be held, this returns when it is let go. Any IRQL.
pub(super) fn pass() {
    let mut state = STATE.lock();
    let Some(passing) = state.passing else {
        return;
    };
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
        at(1);
        pass();
        assert!(!is_held());
        std::thread::scope(|scope| {
            let held = scope.spawn(pass);
            while !is_held() {
                std::thread::yield_now();
            }
            pass();
            assert!(!held.is_finished());
            release();
        });
        assert!(!is_held());
        pass();
    }
}
