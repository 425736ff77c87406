//! Functions of C, and those that the compiler inserts calls of.

mod compiler;
mod print;
mod string;

use crate::exports::Export;
pub(crate) use compiler::is_c_specific_handler;

/// The exports that no prefix has.
pub(super) fn exports() -> Vec<Export> {
    [compiler::exports(), print::exports(), string::exports()].concat()
}
