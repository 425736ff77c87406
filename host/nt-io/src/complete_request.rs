//! `IoCompleteRequest`: the completion routines of the drivers above, and the end of an IRP.

use std::sync::atomic::Ordering;

use nt_kernel::bugcheck::{self, BugCheck, MULTIPLE_IRP_COMPLETE_REQUESTS};
use nt_kernel::callback_guard;
use nt_kernel::irql::{self, Irql};
use nt_types::NtStatus;

use crate::device_queue;
use crate::irp_table::{self, Originator};
use crate::packet::{
    DEVICE_QUEUE_ENTRY, Packet, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS,
    StackLocation, StatusBlock,
};
use crate::passing_rules;
use crate::violation::{self, WdmError};

/// `STATUS_MORE_PROCESSING_REQUIRED`: the driver has the IRP again.
pub(crate) const MORE_PROCESSING_REQUIRED: NtStatus = NtStatus::new(0xC000_0016);

/// `IO_COMPLETION_ROUTINE`.
type CompletionRoutine =
    unsafe extern "win64" fn(device_object: usize, packet: usize, context: usize) -> NtStatus;

/// Stops the machine because there is no IRP at `packet` that the driver may complete.
pub(crate) fn stop(packet: usize, rule: &str) -> ! {
    bugcheck::stop(BugCheck {
        code: MULTIPLE_IRP_COMPLETE_REQUESTS,
        parameters: [packet as u64, 0, 0, 0],
        rule: format!("IoCompleteRequest: {rule}"),
    })
}

/// Stops the machine unless a driver may complete the IRP at `packet` as it is.
pub(crate) fn require_sound(packet: usize) {
    let level = irql::current();
    if level > Irql::DISPATCH {
        let rule = format!("IoCompleteRequest was called at {level}; DISPATCH_LEVEL is its limit");
        violation::stop(
            WdmError::COMPLETED_TOO_HIGH,
            [level.0.into(), packet, 0],
            &rule,
        );
    }
    if !irp_table::contains(packet) {
        stop(packet, "there is no such IRP: it has been completed");
    }
    // SAFETY: an IRP of the table, which the caller owns by contract.
    let known = unsafe { Packet::at(packet) };
    let status = known.io_status.get().status;
    if status == NtStatus::PENDING || status.bits() == u32::MAX {
        let rule = format!("IoCompleteRequest: the IRP's status is {status}, which is no outcome");
        let bits = status.bits() as usize;
        violation::stop(WdmError::COMPLETED_AS_PENDING, [bits, packet, 0], &rule);
    }
    if device_queue::is_queued(packet + DEVICE_QUEUE_ENTRY) {
        let rule =
            "IoCompleteRequest: the IRP is in a device queue: KeRemoveEntryDeviceQueue comes first";
        violation::stop(WdmError::OTHER, [0, packet, 0], rule);
    }
    let routine = known.cancel_routine.load(Ordering::SeqCst);
    if routine != 0 {
        let rule = "IoCompleteRequest: the IRP still has a cancel routine: IoSetCancelRoutine \
                    with NULL comes first";
        violation::stop(WdmError::COMPLETED_CANCELABLE, [routine, packet, 0], rule);
    }
    passing_rules::require_passed_on(known);
}

/// Completes the IRP at `packet` with this outcome.
pub fn complete_with(packet: usize, status: NtStatus, information: u64) {
    // SAFETY: an IRP of the table, which the caller owns by contract.
    let known = unsafe { Packet::at(packet) };
    known.io_status.set(StatusBlock {
        status,
        information,
    });
    complete(packet);
}

/// Calls the completion routines of the drivers above, from the lowest on, until one of them takes
/// the IRP back. After the last one the IRP's originator has it.
pub(crate) fn complete(packet: usize) {
    // SAFETY: an IRP of the table, which the caller owns by contract.
    let known = unsafe { Packet::at(packet) };
    loop {
        let number = known.current_location.get();
        let Some(location) = known.location(number) else {
            return finish(packet);
        };
        let is_marked = location.is_pending();
        known.pending_returned.set(is_marked.into());
        let status = known.io_status.get().status;
        let routine = invoked_routine(location, status, known.is_cancelled());
        let context = location.context.get();
        // The dispatch routine may be returning on another thread: its call ends with the mark.
        if let Some(end) = irp_table::complete_calls(packet, number, status, is_marked) {
            end();
        }
        location.control.set(0);
        location.completion_routine.set(0);
        known.move_to(number + 1);
        let above = known.location(number + 1);
        match routine {
            Some(routine) => {
                let device_object = above.map_or(0, |above| above.device_object.get());
                let answer = call(routine, [device_object, packet, context]);
                if answer == MORE_PROCESSING_REQUIRED {
                    return;
                }
                if is_marked && above.is_some_and(|above| !above.is_pending()) {
                    let rule = "a completion routine returned without IoMarkIrpPending, although \
                                the IRP's PendingReturned is set";
                    violation::stop(WdmError::COMPLETION_NOT_MARKED, [routine, packet, 0], rule);
                }
            }
            None if is_marked => {
                if let Some(above) = above {
                    above.mark_pending();
                }
            }
            None => {}
        }
    }
}

/// The completion routine that the driver above has set for this outcome.
fn invoked_routine(location: &StackLocation, status: NtStatus, cancelled: bool) -> Option<usize> {
    let by_status = if status.is_success() {
        SL_INVOKE_ON_SUCCESS
    } else {
        SL_INVOKE_ON_ERROR
    };
    let by_cancel = if cancelled { SL_INVOKE_ON_CANCEL } else { 0 };
    let is_meant = location.control.get() & (by_status | by_cancel) != 0;
    let routine = location.completion_routine.get();
    (is_meant && routine != 0).then_some(routine)
}

fn call(routine: usize, [device_object, packet, context]: [usize; 3]) -> NtStatus {
    let routine = std::ptr::with_exposed_provenance::<()>(routine);
    // SAFETY: a completion routine, which has this type by contract.
    let routine = unsafe { std::mem::transmute::<*const (), CompletionRoutine>(routine) };
    callback_guard::run("a completion routine", || {
        // SAFETY: called with what it is for.
        unsafe { routine(device_object, packet, context) }
    })
}

/// Gives the IRP back to what made it.
fn finish(packet: usize) {
    // SAFETY: an IRP of the table, which the caller owns by contract.
    let outcome = unsafe { Packet::at(packet) }.io_status.get();
    match irp_table::remove(packet) {
        Some(Originator::System { memory, done, .. }) => {
            // A cancellation on another thread may have the IRP still: `done` waits for it.
            done(outcome.status, outcome.information);
            drop(memory);
        }
        Some(Originator::Driver(_memory)) => violation::stop(
            WdmError::OTHER,
            [0, packet, 0],
            "an IRP of IoAllocateIrp or IoBuildAsynchronousFsdRequest was completed, and no completion \
             routine took it back: IoSetCompletionRoutine with one that returns \
             STATUS_MORE_PROCESSING_REQUIRED comes first",
        ),
        None => {}
    }
}
