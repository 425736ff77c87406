//! The registry, as a driver sees it through the framework. The keys are those of `nt_kernel::registry`.

mod open_key;
mod query;
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
