//! Functions of C, and those that the compiler inserts calls of.

mod compiler;
mod print;
mod string;

use crate::exports::Export;

/// The exports that no prefix has.
pub(super) fn exports() -> Vec<Export> {
    [compiler::exports(), print::exports(), string::exports()].concat()
}
