//! The stop for requests that the driver does not complete.

use std::fmt::Write as _;
use std::sync::Arc;

use nt_kernel::watchdog;

use crate::irp::Irp;

/// Stops the machine because `what` waits for the driver, which has not completed `irps`.
pub fn stop_for(what: &str, irps: &[Arc<Irp>]) -> ! {
    let list: Vec<String> = irps.iter().map(ToString::to_string).collect();
    let mut histories = String::new();
    for irp in irps {
        // Writing to a string cannot fail.
        let _ = write!(histories, "\n  {irp}:\n{}", irp.history());
    }
    let what = format!("{what}: the driver has not completed {}", list.join("; "));
    watchdog::stop(&what, histories.trim_end())
}
