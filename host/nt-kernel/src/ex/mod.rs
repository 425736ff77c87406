//! `Ex`: the executive's pool, its locks, its lists and its timers.

mod callback;
mod fast_mutex;
mod interlocked_list;
mod list;
mod lookaside;
mod pool;
mod resource;
mod resource_state;
mod rundown;
mod timer;

use crate::exports::Export;
pub(super) use timer::set_timer_callback;

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    [
        callback::exports(),
        fast_mutex::exports(),
        interlocked_list::exports(),
        list::exports(),
        lookaside::exports(),
        pool::exports(),
        resource::exports(),
        rundown::exports(),
        timer::exports(),
    ]
    .concat()
}
