//! Functions of C, and those that the compiler inserts calls of.

mod character;
mod compiler;
mod number;
mod print;
mod string;
mod string_copy;
mod string_search;

use crate::exports::Export;
pub(crate) use compiler::is_import_of;

/// The exports that no prefix has.
pub(super) fn exports() -> Vec<Export> {
    [
        character::exports(),
        compiler::exports(),
        number::exports(),
        print::exports(),
        string::exports(),
        string_copy::exports(),
        string_search::exports(),
    ]
    .concat()
}
