//! `StartIo`: the routine of a driver that works on one IRP of a device at a time; the others wait in the
//! device's queue.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nt_kernel::callback_guard;
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};

use crate::device::Device;
use crate::device_queue::{self, Next};
use crate::irp_table::{self, IrpId};
use crate::packet::{DEVICE_QUEUE_ENTRY, Packet};
use crate::start_io_state::NextPacket;
use crate::{cancel, devices, driver_object, irp};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoSetStartIoAttributes,
        IoStartNextPacket,
        IoStartNextPacketByKey,
        IoStartPacket,
    ]
}

/// `DRIVER_STARTIO`: called at `DISPATCH_LEVEL`.
type StartIoRoutine = unsafe extern "win64" fn(device_object: usize, packet: usize);

/// Any IRQL.
extern "win64" fn IoSetStartIoAttributes(device_object: usize, deferred: u8, non_cancelable: u8) {
    let device = device_at("IoSetStartIoAttributes", device_object);
    let mut state = device.start_io().lock();
    state.is_deferred = deferred != 0;
    state.is_non_cancelable = non_cancelable != 0;
}

/// Up to `DISPATCH_LEVEL`. The driver has marked the IRP as pending.
unsafe extern "win64" fn IoStartPacket(
    device_object: usize,
    packet: usize,
    key: *const u32,
    cancel_routine: usize,
) {
    const NAME: &str = "IoStartPacket";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let device = started_device(NAME, device_object);
    let Some(irp) = irp_table::id_at(packet) else {
        irql::stop_for_rule("IoStartPacket was called with what is no IRP, or has been completed");
    };
    // SAFETY: by contract NULL or the caller's variable.
    let key = unsafe { key.as_ref() }.copied();
    let old = irql::raise(Irql::DISPATCH);
    start_packet(&device, irp, key, cancel_routine);
    irql::lower(old);
}

/// `DISPATCH_LEVEL`.
extern "win64" fn IoStartNextPacket(device_object: usize, cancelable: u8) {
    start_next(
        device_object,
        NextPacket {
            function: "IoStartNextPacket",
            is_cancelable: cancelable != 0,
            entry: Next::First,
        },
    );
}

/// `DISPATCH_LEVEL`.
extern "win64" fn IoStartNextPacketByKey(device_object: usize, cancelable: u8, key: u32) {
    start_next(
        device_object,
        NextPacket {
            function: "IoStartNextPacketByKey",
            is_cancelable: cancelable != 0,
            entry: Next::ByKey(key),
        },
    );
}

/// Queues the IRP if the device is busy, and calls `StartIo` with it otherwise.
fn start_packet(device: &Device, irp: IrpId, key: Option<u32>, cancel_routine: usize) {
    let packet = irp.address();
    // SAFETY: an IRP of the table, which the caller owns by contract.
    let known = unsafe { Packet::at(packet) };
    let is_cancelable = cancel_routine != 0;
    let level = is_cancelable.then(cancel::acquire_lock);
    if is_cancelable {
        known.cancel_routine.store(cancel_routine, Ordering::SeqCst);
    }
    let entry = packet + DEVICE_QUEUE_ENTRY;
    let is_queued = device_queue::insert("IoStartPacket", device.queue(), entry, key);
    if !is_queued {
        make_current(device, packet, is_cancelable);
    }
    if let Some(level) = level {
        cancel::release_lock(level.0);
    }
    // Another thread may have started and completed it since.
    let is_cancelled = || irp_table::with_packet_of(irp, Packet::is_cancelled) == Some(true);
    if !is_queued {
        run(device, packet);
    } else if is_cancelable && is_cancelled() {
        // It was cancelled before it had the routine.
        cancel::call_cancel_routine(irp);
    }
}

fn start_next(device_object: usize, next: NextPacket) {
    irql::require_dispatch(next.function);
    let device = started_device(next.function, device_object);
    let mut state = device.start_io().lock();
    if state.is_deferred && state.running > 0 {
        state.deferred.push_back(next);
        return;
    }
    drop(state);
    if let Some(packet) = dequeue(&device, next) {
        run(&device, packet);
    }
}

/// Takes the next IRP out of the device's queue and makes it the current one.
fn dequeue(device: &Device, next: NextPacket) -> Option<usize> {
    let level = next.is_cancelable.then(cancel::acquire_lock);
    device.device_object().set_current_irp(0);
    let entry = device_queue::remove_from_busy(next.function, device.queue(), next.entry);
    let packet = entry.checked_sub(DEVICE_QUEUE_ENTRY);
    if let Some(packet) = packet {
        make_current(device, packet, next.is_cancelable);
    }
    if let Some(level) = level {
        cancel::release_lock(level.0);
    }
    packet
}

/// Sets `CurrentIrp`, which stays cancelable unless the device's attributes say otherwise.
fn make_current(device: &Device, packet: usize, is_cancelable: bool) {
    device.device_object().set_current_irp(packet);
    if is_cancelable && device.start_io().lock().is_non_cancelable {
        // SAFETY: an IRP that was queued, or that the caller owns; the cancel spin lock is held.
        let known = unsafe { Packet::at(packet) };
        known.cancel_routine.store(0, Ordering::SeqCst);
    }
}

/// Calls `StartIo` with the IRP, and with those whose start has been deferred meanwhile.
fn run(device: &Device, packet: usize) {
    device.start_io().lock().running += 1;
    call(device, packet);
    while let Some(deferred) = next_deferred(device) {
        if let Some(packet) = dequeue(device, deferred) {
            call(device, packet);
        }
    }
}

/// The next start that has been deferred, if only this call of [`run`] is left. Without one, the call is over.
fn next_deferred(device: &Device) -> Option<NextPacket> {
    let mut state = device.start_io().lock();
    if state.running == 1
        && let Some(next) = state.deferred.pop_front()
    {
        return Some(next);
    }
    state.running -= 1;
    None
}

fn call(device: &Device, packet: usize) {
    let routine = driver_object::start_io(device.device_object().driver());
    irp::given_to_driver(packet, "StartIo", routine);
    let routine = std::ptr::with_exposed_provenance::<()>(routine);
    // SAFETY: the driver's StartIo, which has this type by contract.
    let routine = unsafe { std::mem::transmute::<*const (), StartIoRoutine>(routine) };
    callback_guard::run("StartIo", || {
        // SAFETY: called with what it is for.
        unsafe { routine(device.address(), packet) }
    });
}

fn device_at(function: &str, device_object: usize) -> Arc<Device> {
    devices::at(device_object).unwrap_or_else(|| {
        irql::stop_for_rule(&format!(
            "{function} was called with what is no device object"
        ))
    })
}

/// The device, whose driver has a `StartIo`.
fn started_device(function: &str, device_object: usize) -> Arc<Device> {
    let device = device_at(function, device_object);
    if driver_object::start_io(device.device_object().driver()) == 0 {
        irql::stop_for_rule(&format!(
            "{function} was called by a driver that has set no DriverStartIo"
        ));
    }
    device
}
