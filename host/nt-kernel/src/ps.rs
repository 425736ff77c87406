//! `Ps`: processes and threads.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nix::unistd::gettid;

use crate::exports::{Export, ntoskrnl};
use crate::process;
use crate::unimplemented;

/// The exports of this prefix, and those of others that do the same.
pub(super) fn exports() -> Vec<Export> {
    let mut exports = ntoskrnl![
        PsGetCurrentProcess,
        PsGetCurrentProcessId,
        PsGetCurrentThread,
        PsGetCurrentThreadId,
    ];
    exports.push(Export::ntoskrnl(
        "IoGetCurrentProcess",
        PsGetCurrentProcess as *const () as usize,
    ));
    exports.push(Export::ntoskrnl(
        "KeGetCurrentThread",
        PsGetCurrentThread as *const () as usize,
    ));
    exports
}

/// Any IRQL.
extern "win64" fn PsGetCurrentProcessId() -> usize {
    process::current().pid as usize
}

/// Any IRQL.
extern "win64" fn PsGetCurrentThreadId() -> usize {
    usize::try_from(gettid().as_raw()).unwrap_or_default()
}

/// Any IRQL. The object is opaque to drivers: what is given here can be compared, and faults when
/// it is touched.
extern "win64" fn PsGetCurrentProcess() -> usize {
    unimplemented::data(format!(
        "the EPROCESS of process {}",
        process::current().pid
    ))
}

/// Any IRQL. As for [`PsGetCurrentProcess`].
extern "win64" fn PsGetCurrentThread() -> usize {
    unimplemented::data(format!("the ETHREAD of thread {}", gettid()))
}
