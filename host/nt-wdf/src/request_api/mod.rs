//! The functions of the table for a request.

mod buffers;
mod cancellation;
mod completion;
mod created;
mod formatting;
mod information;
mod mdl;
mod sending;
mod target_calls;
mod user_buffers;

use crate::function_entry::Function;
#[cfg(test)]
pub(crate) use created::ReuseParams;
pub(crate) use formatting::MemoryOffset;
#[cfg(test)]
pub(crate) use sending::{SEND_AND_FORGET, SYNCHRONOUS, SendOptions};
#[cfg(test)]
pub(crate) use target_calls::MemoryDescriptor;

/// The functions of the table that this folder implements.
pub(crate) fn functions() -> Vec<Function> {
    [
        buffers::functions(),
        cancellation::functions(),
        completion::functions(),
        created::functions(),
        formatting::functions(),
        information::functions(),
        mdl::functions(),
        sending::functions(),
        target_calls::functions(),
        user_buffers::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
