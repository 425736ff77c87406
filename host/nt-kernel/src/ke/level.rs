//! The thread's IRQL, as the driver reads and sets it.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeGetCurrentIrql,
        KeLowerIrql,
        KeRaiseIrql,
        KeRaiseIrqlToDpcLevel,
        KfLowerIrql,
        KfRaiseIrql,
    ]
}

/// Any IRQL.
extern "win64" fn KeGetCurrentIrql() -> u8 {
    irql::current().0
}

/// Any IRQL up to `new`.
unsafe extern "win64" fn KeRaiseIrql(new: u8, old: *mut u8) {
    let level = irql::raise(Irql(new));
    // SAFETY: by contract the caller's variable.
    unsafe { old.write(level.0) };
}

/// Any IRQL up to `new`.
extern "win64" fn KfRaiseIrql(new: u8) -> u8 {
    irql::raise(Irql(new)).0
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn KeRaiseIrqlToDpcLevel() -> u8 {
    irql::require_at_most("KeRaiseIrqlToDpcLevel", Irql::DISPATCH);
    irql::raise(Irql::DISPATCH).0
}

/// Any IRQL from `new` on.
extern "win64" fn KeLowerIrql(new: u8) {
    irql::lower(Irql(new));
}

/// Any IRQL from `new` on.
extern "win64" fn KfLowerIrql(new: u8) {
    irql::lower(Irql(new));
}
