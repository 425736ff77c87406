//! The rules for the IRPs of the `PnP` manager, and those of power, on their way through the drivers of a
//! stack: which a driver must not complete before the drivers below have had them, and to which device it
//! passes them on.

use nt_types::NtStatus;

use crate::device::Device;
use crate::major_function::{PNP, POWER, name_of};
use crate::packet::Packet;
use crate::violation::{self, WdmError};
use crate::{devices, driver_object, irp_table, pnp_minor as minor};

/// The IRPs of the `PnP` manager that a driver passes on if it succeeds: every driver of the stack has to
/// know of them.
const FOR_EACH_DRIVER: [u8; 9] = [
    minor::START_DEVICE,
    minor::QUERY_REMOVE_DEVICE,
    minor::REMOVE_DEVICE,
    minor::CANCEL_REMOVE_DEVICE,
    minor::STOP_DEVICE,
    minor::QUERY_STOP_DEVICE,
    minor::CANCEL_STOP_DEVICE,
    minor::QUERY_CAPABILITIES,
    minor::SURPRISE_REMOVAL,
];

/// Stops the machine if the driver that completes `packet` had to pass it on.
pub(crate) fn require_passed_on(packet: &Packet) {
    let Some(own) = packet.current() else {
        return;
    };
    let device = devices::at(own.device_object.get()).filter(|device| device.lower().is_some());
    let number = packet.current_location.get();
    let Some(device) = device.filter(|_| !irp_table::was_below(packet.address(), number)) else {
        return;
    };
    let (major, minor) = (own.major_function.get(), own.minor_function.get());
    let status = packet.io_status.get().status;
    if let Some((error, words)) = broken_by_completion(major, minor, status) {
        let rule = format!("it completed {} {words}", name_of(major));
        stop(error, packet, &device, major, &rule);
    }
}

/// The rule that a driver breaks if it completes such an IRP with `status`, and the drivers below have not
/// had it.
fn broken_by_completion(
    major: u8,
    minor: u8,
    status: NtStatus,
) -> Option<(WdmError, &'static str)> {
    const UNTOUCHED: &str = "with the STATUS_NOT_SUPPORTED that it came with: an IRP that a driver does not \
                             handle is passed on";
    const SUCCESSFUL: &str = "successfully: the drivers below have to get it first";
    let is_untouched = status == NtStatus::NOT_SUPPORTED;
    match major {
        PNP if is_untouched => Some((WdmError::COMPLETED_PNP_UNTOUCHED, UNTOUCHED)),
        PNP if status.is_success() && FOR_EACH_DRIVER.contains(&minor) => {
            Some((WdmError::COMPLETED_PNP, SUCCESSFUL))
        }
        POWER if is_untouched => Some((WdmError::COMPLETED_POWER_UNTOUCHED, UNTOUCHED)),
        POWER if status.is_success() => Some((WdmError::COMPLETED_POWER, SUCCESSFUL)),
        _ => None,
    }
}

/// Stops the machine if the driver that has `packet` must not pass it on as it is to the device at `target`.
pub(crate) fn require_passable(packet: &Packet, target: usize) {
    let own = irp_table::innermost_location(packet.address());
    let own = own.and_then(|number| packet.location(number));
    let device = own.and_then(|own| devices::at(own.device_object.get()));
    let (Some(own), Some(device)) = (own, device) else {
        return;
    };
    let major = own.major_function.get();
    if skips_a_device(&device, target) {
        let rule = "it passed an IRP on to a device below the one that it is attached to: the drivers in \
                    between do not get it";
        stop(WdmError::SKIPPED_DEVICE, packet, &device, major, rule);
    }
    let status = packet.io_status.get().status;
    if status.is_success() || status == NtStatus::NOT_SUPPORTED {
        return;
    }
    let error = match major {
        PNP => WdmError::PASSED_ON_FAILED_PNP,
        POWER => WdmError::PASSED_ON_FAILED_POWER,
        _ => return,
    };
    let rule = format!(
        "it passed {} on with {status}: an IRP that a driver fails is completed",
        name_of(major)
    );
    stop(error, packet, &device, major, &rule);
}

/// Whether the device at `target` is in the stack below `own`, but not the next one.
fn skips_a_device(own: &Device, target: usize) -> bool {
    let mut next = own.lower().and_then(|lower| lower.lower());
    while let Some(device) = next {
        if device.address() == target {
            return true;
        }
        next = device.lower();
    }
    false
}

/// `major` is that of the IRP, whose dispatch routine is the place in the driver.
fn stop(error: WdmError, packet: &Packet, device: &Device, major: u8, rule: &str) -> ! {
    let driver = device.device_object().driver();
    let routine = driver_object::dispatch_routine(driver, major);
    let parameters = [routine, packet.address(), device.address()];
    violation::stop(error, parameters, &violation::rule_for(device, rule))
}
