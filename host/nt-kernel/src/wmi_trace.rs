//! The trace sessions of WMI, which WPP writes to. The host has none: a driver finds no session, and a
//! handle of one is never valid.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![WmiQueryTraceInformation, WmiTraceMessageVa]
}

/// `PASSIVE_LEVEL`.
extern "win64" fn WmiQueryTraceInformation(
    _class: u32,
    _information: usize,
    _length: u32,
    _required: *mut u32,
    _buffer: usize,
) -> NtStatus {
    irql::require_at_most("WmiQueryTraceInformation", Irql::PASSIVE);
    NtStatus::NOT_FOUND
}

/// Up to `HIGH_LEVEL`.
extern "win64" fn WmiTraceMessageVa(
    _session: u64,
    _flags: u32,
    _message: usize,
    _number: u16,
    _arguments: usize,
) -> NtStatus {
    NtStatus::INVALID_HANDLE
}
