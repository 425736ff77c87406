//! The call of an export that a thread is in: where the driver made it, of which function, and with
//! which arguments.

use std::fmt;
use std::sync::{PoisonError, RwLock};

/// Functions that raise exceptions of their own, when they hold no lock of the host. None of them calls
/// the driver.
const RAISING: [&str; 11] = [
    "ExAllocatePool2",
    "ExAllocatePoolWithQuota",
    "ExAllocatePoolWithQuotaTag",
    "ExRaiseAccessViolation",
    "ExRaiseDatatypeMisalignment",
    "ExRaiseStatus",
    "KeReleaseMutex",
    "KeReleaseSemaphore",
    "MmProbeAndLockPages",
    "ProbeForRead",
    "ProbeForWrite",
];

/// Functions that only access the memory that the driver says: a fault there is an exception of the
/// driver's. They never hold a lock of the host, and do not call the driver.
const COPYING: [&str; 9] = [
    "RtlCompareMemory",
    "RtlCopyMemory",
    "RtlFillMemory",
    "RtlMoveMemory",
    "RtlZeroMemory",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
];

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

/// The registers that a function must keep, as the thunk of a function records them out of which an
/// exception can come. The layout is that of the thunk's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct KeptRegisters {
    /// rbx, rsi, rdi, r12 to r15.
    pub(crate) general: [u64; 7],
    unused: u64,
    /// xmm6 to xmm15.
    pub(crate) vectors: [[u32; 4]; 10],
}

impl ExportCall {
    /// Whether an exception can come out of the function.
    pub(crate) fn is_raising(&self) -> bool {
        name_of(self.function).is_some_and(|name| can_raise(&name))
    }

    /// Whether a fault in the function is an exception of the driver's.
    pub(crate) fn is_copying(&self) -> bool {
        name_of(self.function).is_some_and(|name| is_copying(&name))
    }

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

/// Whether an exception can come out of the export `module!name`: the thunks of such functions record
/// all registers that a call keeps.
pub(crate) fn can_raise(name: &str) -> bool {
    let name = plain(name);
    RAISING.contains(&name) || COPYING.contains(&name)
}

/// Whether the export `module!name` only accesses the memory that the driver says.
fn is_copying(name: &str) -> bool {
    COPYING.contains(&plain(name))
}

/// The name of `module!name`.
fn plain(name: &str) -> &str {
    name.rsplit('!').next().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_in_a_function_with_a_lock_is_the_hosts() {
        let kinds = |name: &str| (can_raise(name), is_copying(name));
        assert_eq!(kinds("ntoskrnl.exe!memcpy"), (true, true));
        assert_eq!(kinds("ntoskrnl.exe!KeReleaseMutex"), (true, false));
        assert_eq!(kinds("ntoskrnl.exe!KeSetEvent"), (false, false));
    }
}
