//! `Ps`: processes and threads.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::ob::attributes::OpenAttributes;
use crate::ob::handles;
use crate::system_threads::{self, ThreadRoutine};
use crate::thread::{self, Thread};
use crate::{fault, process, process_object};

/// The host's own first parameter of a stop for a thread object that is none: "THR".
const NO_THREAD: u64 = 0x54_4852;

/// The exports of this prefix, and those of others that do the same.
pub(super) fn exports() -> Vec<Export> {
    let mut exports = ntoskrnl![
        PsCreateSystemThread,
        PsGetCurrentProcess,
        PsGetCurrentProcessId,
        PsGetCurrentThread,
        PsGetCurrentThreadId,
        PsGetProcessId,
        PsIsThreadTerminating,
        PsTerminateSystemThread,
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
    thread::id()
}

/// Any IRQL.
extern "win64" fn PsGetCurrentProcess() -> usize {
    process_object::of(&process::current())
}

/// Any IRQL. As for [`PsGetCurrentProcess`].
extern "win64" fn PsGetCurrentThread() -> usize {
    thread::current_object()
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn PsIsThreadTerminating(object: usize) -> u8 {
    const NAME: &str = "PsIsThreadTerminating";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let Some(is_terminating) = thread::with_thread_at(object, Thread::is_terminating) else {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [NO_THREAD, object as u64, 0, 0],
            rule: format!("{NAME} was called with {object:#x}, which is no thread"),
        })
    };
    is_terminating.into()
}

/// `PASSIVE_LEVEL`. The thread runs in the system's process, whichever process is given.
unsafe extern "win64" fn PsCreateSystemThread(
    handle: *mut usize,
    _access: u32,
    attributes: *const OpenAttributes,
    _process: usize,
    client: *mut [usize; 2],
    routine: ThreadRoutine,
    context: usize,
) -> NtStatus {
    const NAME: &str = "PsCreateSystemThread";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let Some((thread, id)) = system_threads::start(routine, context) else {
        return NtStatus::INSUFFICIENT_RESOURCES;
    };
    // SAFETY: by contract null or the caller's structure.
    let table = OpenAttributes::handle_table(unsafe { attributes.as_ref() });
    let opened = handles::open(table, handles::THREAD, "of PsCreateSystemThread", &thread);
    // SAFETY: by contract the caller's variable.
    unsafe { handle.write(opened) };
    // SAFETY: by contract null or the caller's structure.
    if let Some(client) = unsafe { client.as_mut() } {
        *client = [process::Process::system().pid as usize, id];
    }
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`. Returns only if no driver has created the thread.
extern "win64" fn PsTerminateSystemThread(_status: NtStatus) -> NtStatus {
    system_threads::end_current();
    NtStatus::INVALID_PARAMETER
}

/// Any IRQL. The host has an object for the current process only.
extern "win64" fn PsGetProcessId(object: usize) -> usize {
    if object != PsGetCurrentProcess() {
        irql::stop_for_rule("PsGetProcessId was called with what is not the current process");
    }
    PsGetCurrentProcessId()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;
    use crate::thread::Thread;

    #[test]
    fn a_thread_terminates_from_its_kill_on() {
        let thread = Thread::new();
        let _entered = thread::enter(&thread);
        assert_eq!(PsIsThreadTerminating(PsGetCurrentThread()), 0);
        thread.terminate();
        assert_eq!(PsIsThreadTerminating(PsGetCurrentThread()), 1);
    }

    #[test]
    fn asking_for_what_is_no_thread_stops() {
        let report = expect_stop!(|| {
            PsIsThreadTerminating(0x1000);
        });
        assert!(report.contains("0x1000, which is no thread"), "{report}");
    }
}
