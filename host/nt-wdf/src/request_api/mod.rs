//! The functions of the table for a request.

mod buffers;
mod cancellation;
mod completion;
mod information;
mod mdl;
mod user_buffers;

use crate::function_entry::Function;

/// The functions of the table that this folder implements.
pub(crate) fn functions() -> Vec<Function> {
    [
        buffers::functions(),
        cancellation::functions(),
        completion::functions(),
        information::functions(),
        mdl::functions(),
        user_buffers::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
