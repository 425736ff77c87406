//! `Ob`: handles, references and types of the objects that the kernel manages.

pub(crate) mod attributes;
pub mod handles;
pub mod references;
mod tagged_references;
mod types;

use crate::exports::Export;

/// The exports of this prefix, and `ZwClose`.
pub(super) fn exports() -> Vec<Export> {
    [
        handles::exports(),
        references::exports(),
        tagged_references::exports(),
        types::exports(),
    ]
    .concat()
}
