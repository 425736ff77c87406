//! The cancellation of an IRP, and the cancel spin lock of the system.

use std::sync::atomic::{AtomicUsize, Ordering};

use nt_kernel::callback_guard;
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::spin_lock;

use crate::irp_table::{self, IrpId};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoAcquireCancelSpinLock, IoReleaseCancelSpinLock]
}

/// `DRIVER_CANCEL`: called with the cancel spin lock held, which it releases to `Irp->CancelIrql`.
type CancelRoutine = unsafe extern "win64" fn(device_object: usize, packet: usize);

/// The cancel spin lock.
static CANCEL_LOCK: AtomicUsize = AtomicUsize::new(0);

/// Up to `DISPATCH_LEVEL`; returns at that level.
#[expect(non_snake_case, reason = "the export has this name")]
unsafe extern "win64" fn IoAcquireCancelSpinLock(old: *mut u8) {
    irql::require_at_most("IoAcquireCancelSpinLock", Irql::DISPATCH);
    let level = acquire_lock();
    // SAFETY: by contract the caller's variable.
    unsafe { old.write(level.0) };
}

/// At `DISPATCH_LEVEL`; returns at `level`.
#[expect(non_snake_case, reason = "the export has this name")]
extern "win64" fn IoReleaseCancelSpinLock(level: u8) {
    release_lock(level);
}

/// `IoAcquireCancelSpinLock`: the level that the thread had.
pub(crate) fn acquire_lock() -> Irql {
    spin_lock::acquire(&CANCEL_LOCK)
}

/// `IoReleaseCancelSpinLock`.
pub(crate) fn release_lock(level: u8) {
    spin_lock::release(&CANCEL_LOCK, Irql(level));
}

/// Marks the IRP as cancelled, and calls its cancel routine, if it has one. An IRP that has ended is left,
/// and so is a later one at its address.
pub(crate) fn cancel(irp: IrpId) -> bool {
    // A driver that sets a cancel routine looks at the mark afterwards.
    let is_cancelable = irp_table::with_packet_of(irp, |known| {
        known.set_cancelled(true);
        known.cancel_routine.load(Ordering::SeqCst) != 0
    });
    is_cancelable == Some(true) && call_cancel_routine(irp)
}

/// Calls the cancel routine of an IRP that is cancelled; whether it has one.
pub(crate) fn call_cancel_routine(irp: IrpId) -> bool {
    let level = acquire_lock();
    let taken = irp_table::with_packet_of(irp, |known| {
        known.cancel_irql.set(level.0);
        let routine = known.cancel_routine.swap(0, Ordering::SeqCst);
        let device_object = known.current().map_or(0, |own| own.device_object.get());
        (routine, device_object)
    });
    match taken {
        Some((routine, device_object)) if routine != 0 => {
            call(routine, device_object, irp.address(), level);
            true
        }
        _ => {
            spin_lock::release(&CANCEL_LOCK, level);
            false
        }
    }
}

/// The routine is entered with the lock, and returns without: the guard sees the state without.
fn call(routine: usize, device_object: usize, packet: usize, level: Irql) {
    let routine = std::ptr::with_exposed_provenance::<()>(routine);
    // SAFETY: a cancel routine, which has this type by contract.
    let routine = unsafe { std::mem::transmute::<*const (), CancelRoutine>(routine) };
    spin_lock::release(&CANCEL_LOCK, level);
    callback_guard::run("a cancel routine", || {
        // The routine finds this level in the IRP.
        let _ = spin_lock::acquire(&CANCEL_LOCK);
        // SAFETY: called with what it is for.
        unsafe { routine(device_object, packet) };
    });
}
