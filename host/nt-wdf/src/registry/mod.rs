//! The registry, as a driver sees it. It is empty when the host starts, and is kept as long as the
//! host runs.

mod key;
pub(crate) mod store;
mod text_values;
mod values;

use crate::functions::Function;

/// The functions of the table that this folder implements.
pub(crate) fn functions() -> Vec<Function> {
    [
        key::functions(),
        text_values::functions(),
        values::functions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
