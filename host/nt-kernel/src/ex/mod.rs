//! `Ex`: the executive's pool, its locks and its lists.

mod fast_mutex;
mod list;
mod lookaside;
mod pool;

use crate::exports::Export;

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    [
        fast_mutex::exports(),
        list::exports(),
        lookaside::exports(),
        pool::exports(),
    ]
    .concat()
}
