//! `IoForwardIrpSynchronously`: a driver sends its IRP to the next driver, and waits.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_kernel::event;
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_types::NtStatus;

use crate::call_driver::IofCallDriver;
use crate::complete_request::MORE_PROCESSING_REQUIRED;
use crate::irp_table;

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IoForwardIrpSynchronously]
}

/// Storage for a `KEVENT`.
type EventStorage = [usize; 3];

/// `PASSIVE_LEVEL` and `APC_LEVEL`. False if the IRP has no stack location for the next driver; the caller has
/// the IRP again otherwise.
extern "win64" fn IoForwardIrpSynchronously(device_object: usize, packet: usize) -> u8 {
    irql::require_at_most("IoForwardIrpSynchronously", Irql::APC);
    let mut storage: EventStorage = [0; 3];
    let completed = (&raw mut storage).expose_provenance();
    // SAFETY: storage for an event.
    unsafe { event::initialize(completed) };
    let formatted = irp_table::with_packet(packet, |known| {
        let next = known.copy_to_next()?;
        next.call_back(signal as *const () as usize, completed);
        Some(())
    });
    if formatted == Some(None) {
        return 0;
    }
    // The outcome is in the IRP. What is no IRP stops the host here.
    let _ = IofCallDriver(device_object, packet);
    // SAFETY: initialised above; the completion routine has signalled it when this returns.
    unsafe { event::wait(completed) };
    1
}

/// The completion routine: the caller has the IRP again.
extern "win64" fn signal(_device_object: usize, _packet: usize, completed: usize) -> NtStatus {
    // SAFETY: the event of the thread that waits.
    unsafe { event::set(completed) };
    MORE_PROCESSING_REQUIRED
}
