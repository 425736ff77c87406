//! Semaphores: a count that each waiter decrements.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::dispatcher::{Dispatcher, DispatcherHeader};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::{exception, pool};

/// A `DISPATCHER_HEADER`'s type of a semaphore.
pub(super) const KIND: u8 = 5;
/// `STATUS_SEMAPHORE_LIMIT_EXCEEDED`.
const LIMIT_EXCEEDED: NtStatus = NtStatus::new(0xC000_0047);

/// A `KSEMAPHORE`.
#[repr(C)]
struct Semaphore {
    header: DispatcherHeader,
    limit: i32,
}

const _: () = assert!(size_of::<Semaphore>() == 0x20);

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeInitializeSemaphore,
        KeReadStateSemaphore,
        KeReleaseSemaphore
    ]
}

/// Any IRQL. The memory must be resident.
unsafe extern "win64" fn KeInitializeSemaphore(semaphore: *mut Semaphore, count: i32, limit: i32) {
    pool::require_resident("KeInitializeSemaphore", semaphore.addr());
    if limit < 1 || !(0..=limit).contains(&count) {
        irql::stop_for_rule("KeInitializeSemaphore was called with a count outside of its limit");
    }
    let new = Semaphore {
        header: DispatcherHeader::new(semaphore.addr(), KIND, size_of::<Semaphore>(), count),
        limit,
    };
    // SAFETY: by contract storage for a semaphore.
    unsafe { semaphore.write(new) };
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn KeReadStateSemaphore(semaphore: *const Semaphore) -> i32 {
    irql::require_at_most("KeReadStateSemaphore", Irql::DISPATCH);
    let _dispatcher = Dispatcher::lock();
    // SAFETY: by contract a semaphore that has been initialised; the lock orders its changes.
    unsafe { (*semaphore).header.state }
}

/// Up to `DISPATCH_LEVEL`; up to `APC_LEVEL` if a wait follows at once. The old count.
unsafe extern "win64" fn KeReleaseSemaphore(
    semaphore: *mut Semaphore,
    _increment: i32,
    adjustment: i32,
    wait: u8,
) -> i32 {
    const NAME: &str = "KeReleaseSemaphore";
    let limit = if wait == 0 { Irql::DISPATCH } else { Irql::APC };
    irql::require_at_most(NAME, limit);
    let dispatcher = Dispatcher::lock();
    // SAFETY: by contract a semaphore that has been initialised; the lock orders its changes.
    let state = unsafe { &mut *semaphore };
    let old = state.header.state;
    let new = old
        .checked_add(adjustment)
        .filter(|new| *new <= state.limit);
    let Some(new) = new.filter(|_| adjustment > 0) else {
        let limit = state.limit;
        drop(dispatcher);
        exception::raise(LIMIT_EXCEEDED.bits(), &[], || {
            format!(
                "{NAME} adds {adjustment} to a semaphore with the count {old} and the limit {limit}, and \
                 the driver does not handle the exception"
            )
        });
    };
    state.header.state = new;
    dispatcher.wake();
    old
}
