//! The registry, as a driver sees it. It is empty when the host starts, and is kept as long as the
//! host runs.

mod open_key;
mod query;
pub(crate) mod store;
mod string_values;

use crate::function_entry::Function;

/// The functions of the table that this folder implements.
pub(crate) fn functions() -> Vec<Function> {
    [
        open_key::functions(),
        string_values::functions(),
        query::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
