//! The stop for requests that the driver does not complete.

use std::fmt::Write as _;
use std::sync::Arc;

use nt_kernel::bugcheck::{self, BugCheck, DRIVER_POWER_STATE_FAILURE};
use nt_kernel::watchdog;

use crate::irp::Irp;

/// Stops the machine because `what` waits for the driver, which has not completed `irps`.
pub fn stop_for(what: &str, irps: &[Arc<Irp>]) -> ! {
    let (what, histories) = describe(what, irps);
    watchdog::stop(&what, &histories)
}

/// Stops the machine because a device cannot leave D0: the driver keeps `irps`.
pub fn stop_for_power(irps: &[Arc<Irp>]) -> ! {
    /// A device blocks an IRP for too long.
    const BLOCKED: u64 = 3;
    let (what, histories) = describe("the device does not leave D0", irps);
    bugcheck::stop(BugCheck {
        code: DRIVER_POWER_STATE_FAILURE,
        parameters: [BLOCKED, 0, 0, 0],
        rule: format!("{what}, nor acknowledged EvtIoStop\n{histories}"),
    })
}

/// What waits for which requests, and their histories.
fn describe(what: &str, irps: &[Arc<Irp>]) -> (String, String) {
    let list: Vec<String> = irps.iter().map(ToString::to_string).collect();
    let mut histories = String::new();
    for irp in irps {
        // Writing to a string cannot fail.
        let _ = write!(histories, "\n  {irp}:\n{}", irp.history());
    }
    let what = format!("{what}: the driver has not completed {}", list.join("; "));
    (what, histories.trim_end().to_owned())
}
