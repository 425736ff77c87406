//! The call of an export that a thread is in: where the driver made it, of which function, and with
//! which arguments.

use std::fmt;
use std::sync::{PoisonError, RwLock};

/// The names of the functions whose calls are recorded, by number.
static NAMES: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// What a thunk records when the driver calls an export. The layout is that of the thunk's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct ExportCall {
    /// Where the return address lies; 0 if the driver has called nothing.
    pub(crate) slot: usize,
    /// The value of rbp.
    pub(crate) frame_pointer: usize,
    /// The number of the function, see [`add_names`].
    pub(crate) function: u64,
    /// The arguments in registers, also those that the function does not have.
    pub(crate) arguments: [u64; 4],
}

impl ExportCall {
    /// Whether the call has not returned while the stack pointer is `pointer`.
    pub(crate) const fn runs_at(&self, pointer: usize) -> bool {
        self.slot != 0 && self.slot >= pointer
    }
}

impl fmt::Display for ExportCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = name_of(self.function);
        let [first, second, third, fourth] = self.arguments;
        write!(
            formatter,
            "{} (rcx {first:#x}, rdx {second:#x}, r8 {third:#x}, r9 {fourth:#x})",
            name.as_deref().unwrap_or("an export")
        )
    }
}

/// Gives numbers to functions, one after the other. Returns the first.
pub(crate) fn add_names(added: impl IntoIterator<Item = String>) -> usize {
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    let first = names.len();
    names.extend(added);
    first
}

/// The name of the function with this number. Does not wait for a lock.
fn name_of(number: u64) -> Option<String> {
    let names = NAMES.try_read().ok()?;
    names.get(usize::try_from(number).ok()?).cloned()
}
