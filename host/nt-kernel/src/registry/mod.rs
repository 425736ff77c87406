//! The registry, in memory: the only one of this host. It has what `nthost run --registry` gives it, and is
//! kept as long as the host runs.

mod information;
mod key;
mod key_information;
mod open_key;
pub mod paths;
mod query_table;
mod relative_path;
pub mod store;
mod value;

use crate::exports::Export;
pub use open_key::{close_kernel_handle, open_kernel_handle};

/// The exports for keys and values.
pub(super) fn exports() -> Vec<Export> {
    [
        key::exports(),
        key_information::exports(),
        query_table::exports(),
        relative_path::exports(),
        value::exports(),
    ]
    .concat()
}
