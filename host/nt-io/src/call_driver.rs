//! `IoCallDriver`: a driver gets an IRP through its dispatch routine.

use std::cell::RefCell;
use std::sync::Arc;

use nt_kernel::bugcheck::{self, BugCheck, NO_MORE_IRP_STACK_LOCATIONS};
use nt_kernel::callback_guard::{self, CallbackGuard, Change, ChangeReport};
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::verification;
use nt_types::NtStatus;

use crate::device::DeviceObject;
use crate::dispatch_call::DispatchCall;
use crate::driver_object;
use crate::major_function::name_of;
use crate::packet::Packet;
use crate::violation::{self, WdmError};
use crate::{devices, irp, irp_table, passing_rules};

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![IofCallDriver, PoCallDriver]
}

/// A dispatch routine.
type Dispatch = unsafe extern "win64" fn(device_object: usize, packet: usize) -> NtStatus;

thread_local! {
    /// The dispatch routines that this thread is in, the outermost first.
    static RUNNING: RefCell<Vec<Arc<DispatchCall>>> = const { RefCell::new(Vec::new()) };
}

/// Up to `DISPATCH_LEVEL`.
#[expect(non_snake_case, reason = "the export has this name")]
pub(crate) extern "win64" fn IofCallDriver(device_object: usize, packet: usize) -> NtStatus {
    require_sound(device_object, packet);
    call_driver(device_object, packet)
}

/// Up to `DISPATCH_LEVEL`. The I/O manager serialises no power IRPs: it is `IoCallDriver`, as it is
/// since Windows Vista.
#[expect(non_snake_case, reason = "the export has this name")]
extern "win64" fn PoCallDriver(device_object: usize, packet: usize) -> NtStatus {
    IofCallDriver(device_object, packet)
}

fn require_sound(device_object: usize, packet: usize) {
    let level = irql::current();
    if level > Irql::DISPATCH {
        let rule = format!("IoCallDriver was called at {level}; DISPATCH_LEVEL is its limit");
        violation::stop(WdmError::SENT_TOO_HIGH, [level.0.into(), 0, 0], &rule);
    }
    if device_object == 0 {
        let rule = "IoCallDriver was called with a device object that is NULL";
        violation::stop(WdmError::SENT_TO_NULL, [0, packet, 0], rule);
    }
    if devices::at(device_object).is_none() {
        let rule =
            format!("IoCallDriver was called with {device_object:#x}, which is no device object");
        violation::stop(WdmError::SENT_TO_NO_DEVICE, [device_object, 0, 0], &rule);
    }
    if !irp_table::contains(packet) {
        let rule = format!(
            "IoCallDriver was called with {packet:#x}, which is no IRP, or one that has been completed"
        );
        violation::stop(WdmError::SENT_NO_IRP, [packet, 0, 0], &rule);
    }
    // SAFETY: an IRP of the table, which the caller owns by contract.
    let known = unsafe { Packet::at(packet) };
    let expected = known.address_of(known.current_location.get());
    if known.current_stack_location.get() != expected {
        let rule = "IoCallDriver: the IRP's current stack location is not the one of its number";
        violation::stop(WdmError::TRASHED_LOCATION, [0, packet, device_object], rule);
    }
    let routine = known
        .cancel_routine
        .load(std::sync::atomic::Ordering::SeqCst);
    if routine != 0 {
        let rule = "IoCallDriver: the IRP has a cancel routine of the driver that passes it on";
        violation::stop(
            WdmError::SENT_CANCELABLE,
            [routine, packet, device_object],
            rule,
        );
    }
    passing_rules::require_passable(known, device_object);
}

/// Gives the IRP at `packet` to the driver of the device, in the next stack location.
pub(crate) fn call_driver(device_object: usize, packet: usize) -> NtStatus {
    // SAFETY: an IRP of the table, which the caller owns by contract.
    let known = unsafe { Packet::at(packet) };
    let number = known.current_location.get() - 1;
    let Some(location) = known.location(number) else {
        bugcheck::stop(BugCheck {
            code: NO_MORE_IRP_STACK_LOCATIONS,
            parameters: [packet as u64, 0, 0, 0],
            rule: "IoCallDriver: the IRP has no stack location for the next driver".to_owned(),
        });
    };
    known.move_to(number);
    location.device_object.set(device_object);
    let major = location.major_function.get();
    // SAFETY: a device object of the list of devices, which its driver has not deleted.
    let device = unsafe { DeviceObject::at(device_object) };
    let routine = driver_object::dispatch_routine(device.driver(), major);
    let call = Arc::new(DispatchCall::new(packet, number, routine, major));
    irp_table::begin_call(packet, &call);
    RUNNING.with_borrow_mut(|running| running.push(call.clone()));
    let status = if driver_object::is_of_image(device.driver(), routine) {
        irp::given_to_driver(packet, name_of(major), routine);
        call_guarded(device_object, packet, routine, major)
    } else {
        invoke(device_object, packet, routine)
    };
    let outer = RUNNING.with_borrow_mut(|running| {
        running.pop();
        let mut outwards = running.iter().rev();
        outwards.find(|other| other.packet() == packet).cloned()
    });
    if let Some(outer) = outer {
        outer.passed_on(status);
    }
    call.require(status, irp_table::is_marked(packet, &call));
    status
}

fn invoke(device_object: usize, packet: usize, routine: usize) -> NtStatus {
    let routine = std::ptr::with_exposed_provenance::<()>(routine);
    // SAFETY: a dispatch routine, which has this type by contract.
    let routine = unsafe { std::mem::transmute::<*const (), Dispatch>(routine) };
    // SAFETY: called with what it is for.
    unsafe { routine(device_object, packet) }
}

/// Calls the driver's own code, which has to return as it was entered.
fn call_guarded(device_object: usize, packet: usize, routine: usize, major: u8) -> NtStatus {
    if !verification::is_on() {
        return callback_guard::run_unverified(|| invoke(device_object, packet, routine));
    }
    let name = format!("the dispatch routine for {}", name_of(major));
    let guard = CallbackGuard::begin(name.clone());
    let status = invoke(device_object, packet, routine);
    if let Some(change) = guard.end() {
        report(device_object, &name, change);
    }
    status
}

fn report(device_object: usize, name: &str, change: Change) {
    match change {
        Change::Level(before, after) => {
            let parameters = [device_object, before.0.into(), after.0.into()];
            let rule = ChangeReport::new(name, change).to_string();
            violation::stop(WdmError::IRQL_CHANGED, parameters, &rule)
        }
        change => callback_guard::report(name, change),
    }
}
