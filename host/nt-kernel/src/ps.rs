//! `Ps`: processes and threads.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nix::unistd::gettid;

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::process;
use crate::thread;
use crate::unimplemented;

/// The host's own first parameter of a stop for a thread object that is none: "THR".
const NO_THREAD: u64 = 0x54_4852;

/// The exports of this prefix, and those of others that do the same.
pub(super) fn exports() -> Vec<Export> {
    let mut exports = ntoskrnl![
        PsGetCurrentProcess,
        PsGetCurrentProcessId,
        PsGetCurrentThread,
        PsGetCurrentThreadId,
        PsIsThreadTerminating,
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
    thread::current().object()
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn PsIsThreadTerminating(object: usize) -> u8 {
    const NAME: &str = "PsIsThreadTerminating";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let Some(thread) = thread::at(object) else {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [NO_THREAD, object as u64, 0, 0],
            rule: format!("{NAME} was called with {object:#x}, which is no thread"),
        })
    };
    thread.is_terminating().into()
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
