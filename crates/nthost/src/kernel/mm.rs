//! `Mm`: what is where.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use super::exports::{self, Export, ntoskrnl};
use super::irql::{self, Irql};

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![MmGetSystemRoutineAddress]
}

/// `PASSIVE_LEVEL`. The address of a function of ntoskrnl, 0 if this host does not have it. `name`
/// points to a `UNICODE_STRING`.
unsafe extern "win64" fn MmGetSystemRoutineAddress(name: *const (u16, *const u16)) -> usize {
    irql::require_at_most("MmGetSystemRoutineAddress", Irql::PASSIVE);
    // SAFETY: by contract a counted string, whose length in bytes comes first.
    let (length, buffer) = unsafe { *name };
    // SAFETY: by contract its buffer has that length.
    let units = unsafe { std::slice::from_raw_parts(buffer, usize::from(length) / 2) };
    let name = String::from_utf16_lossy(units);
    exports::published("ntoskrnl.exe", &name).unwrap_or_default()
}
