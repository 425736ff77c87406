//! The rules for the devices of a stack when each driver's `AddDevice` has returned.

use crate::device::{DO_BUFFERED_IO, DO_DEVICE_INITIALIZING, DO_DIRECT_IO, Device};
use crate::major_function::{PNP, POWER, name_of};
use crate::violation::{self, WdmError};
use crate::{devices, driver_creation, driver_object};

/// How reads and writes get at the caller's buffer: the flags that a device takes over from the one below.
const IO_FLAGS: u32 = DO_BUFFERED_IO | DO_DIRECT_IO;

/// Stops the machine if a device above `physical` is not fit for the start of the stack.
pub(crate) fn require_sound(physical: &Device) {
    let mut below = physical.device_object().flags();
    for device in devices::above(physical) {
        require_dispatch_routines(&device);
        let flags = device.device_object().flags();
        if let Some((error, rule)) = broken_by_flags(flags, below) {
            let rule = violation::rule_for(&device, rule);
            violation::stop(error, [device.address(), 0, 0], &rule);
        }
        below = flags;
    }
}

/// The rule that a device with these flags breaks above a device with the flags `below`.
fn broken_by_flags(flags: u32, below: u32) -> Option<(WdmError, &'static str)> {
    if flags & DO_DEVICE_INITIALIZING != 0 {
        let rule = "AddDevice returned and left DO_DEVICE_INITIALIZING set in its device object";
        Some((WdmError::STILL_INITIALIZING, rule))
    } else if flags & IO_FLAGS == IO_FLAGS {
        let rule =
            "its device object has DO_BUFFERED_IO and DO_DIRECT_IO, which exclude each other";
        Some((WdmError::BOTH_IO_FLAGS, rule))
    } else if below & IO_FLAGS & !flags != 0 {
        let rule = "its device object lacks the DO_BUFFERED_IO or DO_DIRECT_IO of the one that it is \
                    attached to: requests would come with other buffers than the driver below expects";
        Some((WdmError::IO_FLAGS_LEFT_OUT, rule))
    } else {
        None
    }
}

/// The routines for the `PnP` manager and for power: every device of a stack gets these IRPs.
fn require_dispatch_routines(device: &Device) {
    let driver = device.device_object().driver();
    for major in [PNP, POWER] {
        if driver_creation::is_unset(driver_object::dispatch_routine(driver, major)) {
            let rule = format!("it has no dispatch routine for {}", name_of(major));
            let rule = violation::rule_for(device, &rule);
            violation::stop(WdmError::NO_ROUTINE, [device.address(), 0, 0], &rule);
        }
    }
}
