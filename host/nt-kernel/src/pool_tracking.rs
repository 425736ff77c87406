//! The pool tracking of Driver Verifier, for `nthost run --as-windows`.

use crate::bugcheck::{BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::on_windows::{self, Rule};
use crate::{pool, resource_tracker};

/// The driver has been unloaded. Stops the machine, if it imitates Windows, for the pool that the driver
/// has left, as the pool tracking of Driver Verifier does.
pub fn require_no_pool() {
    const RULE: Rule = Rule::named("pool::a_block_is_left_at_unload");
    let left = resource_tracker::outstanding();
    let blocks = left.iter().filter(|entry| entry.kind == pool::TRACKED_KIND);
    let count = blocks.count();
    if on_windows::imitating() && count > 0 {
        let report = BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            // The second is the address of the driver's name, which no debugger reads here.
            parameters: [0, 0, 0, count as u64],
            rule: format!("the driver has been unloaded, and has not freed {count} blocks of pool"),
        };
        on_windows::broken(RULE, report);
    }
}
