//! `IoAllocateIrp` and what belongs to it: IRPs that a driver makes.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::ptr::NonNull;

use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{fault, process_object};
use nt_types::NtStatus;

use crate::irp::{self, irp_at};
use crate::irp_table::{self, Originator};
use crate::packet::{
    Packet, PacketMemory, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS,
    StatusBlock, size_of_packet,
};
use crate::violation::{self, WdmError};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoAllocateIrp,
        IoCancelIrp,
        IoFreeIrp,
        IoGetInitiatorProcess,
        IoGetRequestorProcess,
        IoGetRequestorProcessId,
        IoInitializeIrp,
        IoReuseIrp,
        IoSetCompletionRoutineEx,
    ]
}

/// `IRP_ALLOCATED_FIXED_SIZE` and its like: `IoReuseIrp` keeps them.
pub(crate) const ALLOCATED: u8 = 4;

/// Up to `DISPATCH_LEVEL`. 0 without memory.
extern "win64" fn IoAllocateIrp(stack_size: i8, _charge_quota: u8) -> usize {
    const NAME: &str = "IoAllocateIrp";
    irql::require_at_most(NAME, Irql::DISPATCH);
    if stack_size < 1 || fault::inject(NAME) {
        return 0;
    }
    let Some(memory) = PacketMemory::for_driver(stack_size) else {
        return 0;
    };
    let address = memory.address();
    memory.packet().allocation_flags.set(ALLOCATED);
    irp_table::insert(address, Originator::Driver(Some(memory)));
    address
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn IoFreeIrp(packet: usize) {
    irql::require_at_most("IoFreeIrp", Irql::DISPATCH);
    let is_drivers = irp_table::with_originator(packet, |originator| {
        matches!(originator, Originator::Driver(_))
    });
    match is_drivers {
        None => violation::stop(
            WdmError::FREED_NO_IRP,
            [packet, 0, 0],
            "IoFreeIrp was called with what is no IRP, or has been freed or completed",
        ),
        Some(false) => violation::stop(
            WdmError::FREED_THREADS_IRP,
            [packet, 0, 0],
            "IoFreeIrp was called with an IRP of the I/O manager's: IoCompleteRequest ends it",
        ),
        Some(true) if irp_table::is_in_use(packet) => violation::stop(
            WdmError::FREED_IN_USE,
            [0, packet, 0],
            "IoFreeIrp was called with an IRP that a lower driver has not completed",
        ),
        Some(true) => drop(irp_table::remove(packet)),
    }
}

/// Up to `DISPATCH_LEVEL`. `size` is that of the driver's own memory.
extern "win64" fn IoInitializeIrp(packet: usize, size: u16, stack_size: i8) {
    irql::require_at_most("IoInitializeIrp", Irql::DISPATCH);
    let is_allocated = irp_table::with_originator(packet, |originator| {
        !matches!(originator, Originator::Driver(None))
    });
    if is_allocated == Some(true) {
        violation::stop(
            WdmError::INITIALIZED_ALLOCATED,
            [0, packet, 0],
            "IoInitializeIrp was called with an IRP of IoAllocateIrp: IoReuseIrp is right",
        );
    }
    if usize::from(size) < size_of_packet(stack_size) {
        irql::stop_for_rule("IoInitializeIrp was called with less memory than IoSizeOfIrp says");
    }
    let Some(memory) = NonNull::new(std::ptr::with_exposed_provenance_mut(packet)) else {
        irql::stop_for_rule("IoInitializeIrp was called with an IRP that is NULL");
    };
    // SAFETY: by contract so many bytes of the driver's memory.
    unsafe { Packet::initialize(memory, stack_size) };
    irp_table::insert(packet, Originator::Driver(None));
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn IoReuseIrp(packet: usize, status: NtStatus) {
    irql::require_at_most("IoReuseIrp", Irql::DISPATCH);
    let is_drivers = irp_table::with_originator(packet, |originator| {
        matches!(originator, Originator::Driver(_))
    });
    if is_drivers != Some(true) || irp_table::is_in_use(packet) {
        violation::stop(
            WdmError::FREED_IN_USE,
            [0, packet, 0],
            "IoReuseIrp was called with an IRP that is not of IoAllocateIrp, or that a lower driver \
             has not completed",
        );
    }
    // SAFETY: an IRP of the table, which the caller owns.
    let known = unsafe { Packet::at(packet) };
    let (flags, stack_size) = (known.allocation_flags.get(), known.stack_count.get());
    if let Some(memory) = NonNull::new(std::ptr::with_exposed_provenance_mut(packet)) {
        // SAFETY: it was made with this size.
        unsafe { Packet::initialize(memory, stack_size) };
    }
    known.allocation_flags.set(flags);
    known.io_status.set(StatusBlock {
        status,
        information: 0,
    });
}

/// Up to `DISPATCH_LEVEL`. The routine is that of the next lower driver's stack location.
extern "win64" fn IoSetCompletionRoutineEx(
    _device_object: usize,
    packet: usize,
    routine: usize,
    context: usize,
    on_success: u8,
    on_error: u8,
    on_cancel: u8,
) -> NtStatus {
    const NAME: &str = "IoSetCompletionRoutineEx";
    irql::require_at_most(NAME, Irql::DISPATCH);
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let control = [
        (on_success, SL_INVOKE_ON_SUCCESS),
        (on_error, SL_INVOKE_ON_ERROR),
        (on_cancel, SL_INVOKE_ON_CANCEL),
    ];
    let control = control.iter().filter(|(wanted, _)| *wanted != 0);
    let control = control.fold(0, |all, (_, flag)| all | flag);
    let set = irp_table::with_packet(packet, |known| {
        let next = known.next_location()?;
        next.completion_routine.set(routine);
        next.context.set(context);
        next.control.set(control);
        Some(())
    });
    match set.flatten() {
        Some(()) => NtStatus::SUCCESS,
        None => irql::stop_for_rule(
            "IoSetCompletionRoutineEx was called with what is no IRP, or has no stack location for \
             the next driver",
        ),
    }
}

/// Up to `DISPATCH_LEVEL`. Whether the IRP had a cancel routine; one that a device of the framework's has
/// is the framework's to cancel.
extern "win64" fn IoCancelIrp(packet: usize) -> u8 {
    irql::require_at_most("IoCancelIrp", Irql::DISPATCH);
    irp::cancel_at(packet).into()
}

/// Up to `DISPATCH_LEVEL`. The object of the process that made the request, 0 if a driver did.
extern "win64" fn IoGetRequestorProcess(packet: usize) -> usize {
    irql::require_at_most("IoGetRequestorProcess", Irql::DISPATCH);
    let irp = irp_at(packet);
    let file = irp.as_ref().and_then(|irp| irp.file());
    file.map_or(0, |file| process_object::of(file.process()))
}

/// Up to `DISPATCH_LEVEL`. The process that made the request, 0 if a driver did.
extern "win64" fn IoGetRequestorProcessId(packet: usize) -> u32 {
    irql::require_at_most("IoGetRequestorProcessId", Irql::DISPATCH);
    let irp = irp_at(packet);
    let file = irp.as_ref().and_then(|irp| irp.file());
    file.map_or(0, |file| file.process().pid)
}

/// Up to `DISPATCH_LEVEL`. The process on whose behalf another one has opened the file: none here.
extern "win64" fn IoGetInitiatorProcess(_file_object: usize) -> usize {
    irql::require_at_most("IoGetInitiatorProcess", Irql::DISPATCH);
    0
}
