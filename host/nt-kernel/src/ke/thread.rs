//! The critical and guarded regions of a thread.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::critical_regions;
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};

/// Driver Verifier: a critical region was left that had not been entered.
const NOT_IN_CRITICAL_REGION: u64 = 0x3E;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeAreApcsDisabled,
        KeEnterCriticalRegion,
        KeEnterGuardedRegion,
        KeLeaveCriticalRegion,
        KeLeaveGuardedRegion,
    ]
}

/// Up to `APC_LEVEL`.
extern "win64" fn KeEnterCriticalRegion() {
    irql::require_at_most("KeEnterCriticalRegion", Irql::APC);
    critical_regions::enter();
}

/// Up to `APC_LEVEL`.
extern "win64" fn KeLeaveCriticalRegion() {
    irql::require_at_most("KeLeaveCriticalRegion", Irql::APC);
    leave_region("KeLeaveCriticalRegion");
}

fn leave_region(function: &str) {
    if !critical_regions::leave() {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [NOT_IN_CRITICAL_REGION, 0, 0, 0],
            rule: format!("{function} was called outside of a critical region"),
        });
    }
}

/// Up to `APC_LEVEL`. True in a critical region.
extern "win64" fn KeAreApcsDisabled() -> u8 {
    irql::require_at_most("KeAreApcsDisabled", Irql::APC);
    (critical_regions::count() > 0).into()
}

/// Up to `APC_LEVEL`. The host counts guarded regions as critical ones.
extern "win64" fn KeEnterGuardedRegion() {
    irql::require_at_most("KeEnterGuardedRegion", Irql::APC);
    critical_regions::enter();
}

/// Up to `APC_LEVEL`.
extern "win64" fn KeLeaveGuardedRegion() {
    irql::require_at_most("KeLeaveGuardedRegion", Irql::APC);
    leave_region("KeLeaveGuardedRegion");
}
