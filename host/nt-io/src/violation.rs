//! The stops of Driver Verifier's I/O verification.

use nt_kernel::bugcheck::{self, BugCheck, DRIVER_VERIFIER_IOMANAGER_VIOLATION};

use crate::device::Device;
use crate::driver_object;

/// The first parameter of a bug check 0xC9, as its page numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WdmError(u64);

impl WdmError {
    /// `IoFreeIrp`: no IRP.
    pub(crate) const FREED_NO_IRP: Self = Self(0x1);
    /// `IoFreeIrp`: the IRP belongs to a thread.
    pub(crate) const FREED_THREADS_IRP: Self = Self(0x2);
    /// `IoCallDriver`: no IRP.
    pub(crate) const SENT_NO_IRP: Self = Self(0x3);
    /// `IoCallDriver`: no device object.
    pub(crate) const SENT_TO_NO_DEVICE: Self = Self(0x4);
    /// A dispatch routine returned at another IRQL.
    pub(crate) const IRQL_CHANGED: Self = Self(0x5);
    /// `IoCompleteRequest`: the status is `STATUS_PENDING` or -1.
    pub(crate) const COMPLETED_AS_PENDING: Self = Self(0x6);
    /// `IoCompleteRequest`: the cancel routine is still set.
    pub(crate) const COMPLETED_CANCELABLE: Self = Self(0x7);
    /// `IoCallDriver` above `DISPATCH_LEVEL`.
    pub(crate) const SENT_TOO_HIGH: Self = Self(0x10);
    /// `IoCompleteRequest` above `DISPATCH_LEVEL`.
    pub(crate) const COMPLETED_TOO_HIGH: Self = Self(0xE);
    /// What has no number of its own.
    pub(crate) const OTHER: Self = Self(0x200);
    /// A device is deleted while another device is below it.
    pub(crate) const DELETED_ATTACHED: Self = Self(0x201);
    /// A device is detached that is attached to nothing.
    pub(crate) const DETACHED_TWICE: Self = Self(0x202);
    /// `IoCallDriver`: the cancel routine is still set.
    pub(crate) const SENT_CANCELABLE: Self = Self(0x203);
    /// `IoCallDriver`: the device object is NULL.
    pub(crate) const SENT_TO_NULL: Self = Self(0x204);
    /// `IoFreeIrp`: a driver still has the IRP.
    pub(crate) const FREED_IN_USE: Self = Self(0x20B);
    /// `IoInitializeIrp`: the IRP is one of `IoAllocateIrp`.
    pub(crate) const INITIALIZED_ALLOCATED: Self = Self(0x20D);
    /// An IRP was passed on to a device below the next one.
    pub(crate) const SKIPPED_DEVICE: Self = Self(0x211);
    /// The IRP's current location is none of its own.
    pub(crate) const TRASHED_LOCATION: Self = Self(0x212);
    /// An `IRP_MJ_PNP` was passed on although a driver had failed it.
    pub(crate) const PASSED_ON_FAILED_PNP: Self = Self(0x215);
    /// An `IRP_MJ_POWER` was passed on although a driver had failed it.
    pub(crate) const PASSED_ON_FAILED_POWER: Self = Self(0x219);
    /// A driver has not deleted its device at a removal.
    pub(crate) const NOT_DELETED: Self = Self(0x21E);
    /// A driver has not detached its device at a removal.
    pub(crate) const NOT_DETACHED: Self = Self(0x21D);
    /// A driver has no dispatch routine that each driver of a stack needs.
    pub(crate) const NO_ROUTINE: Self = Self(0x21F);
    /// The returned status differs from the completed one.
    pub(crate) const INCONSISTENT_STATUS: Self = Self(0x224);
    /// A dispatch routine returned without an outcome.
    pub(crate) const IRP_LEFT: Self = Self(0x226);
    /// A completion routine did not mark a pending IRP.
    pub(crate) const COMPLETION_NOT_MARKED: Self = Self(0x228);
    /// A successful `IRP_MJ_PNP` was completed and not passed on.
    pub(crate) const COMPLETED_PNP: Self = Self(0x22E);
    /// An `IRP_MJ_PNP` was completed as it came.
    pub(crate) const COMPLETED_PNP_UNTOUCHED: Self = Self(0x22F);
    /// A successful `IRP_MJ_POWER` was completed and not passed on.
    pub(crate) const COMPLETED_POWER: Self = Self(0x231);
    /// An `IRP_MJ_POWER` was completed as it came.
    pub(crate) const COMPLETED_POWER_UNTOUCHED: Self = Self(0x232);
    /// `STATUS_PENDING` was returned without a mark.
    pub(crate) const PENDING_NOT_MARKED: Self = Self(0x23D);
    /// A marked IRP, but another status.
    pub(crate) const MARKED_NOT_PENDING: Self = Self(0x23E);
    /// A device is deleted twice.
    pub(crate) const DELETED_TWICE: Self = Self(0x240);
    /// A driver has detached its device at a removal by surprise.
    pub(crate) const DETACHED_BY_SURPRISE: Self = Self(0x241);
    /// `DO_DEVICE_INITIALIZING` is set after `AddDevice`.
    pub(crate) const STILL_INITIALIZING: Self = Self(0x243);
    /// A device lacks an I/O flag of the one that it is attached to.
    pub(crate) const IO_FLAGS_LEFT_OUT: Self = Self(0x244);
    /// `DO_BUFFERED_IO` and `DO_DIRECT_IO` are both set.
    pub(crate) const BOTH_IO_FLAGS: Self = Self(0x245);
    /// The removal of a device was refused.
    pub(crate) const FAILED_REMOVAL: Self = Self(0x247);
}

/// The words of `rule`, with the driver of `device`, which breaks it.
pub(crate) fn rule_for(device: &Device, rule: &str) -> String {
    let service = driver_object::service_name(device.device_object().driver());
    format!("{service}: {rule}")
}

/// Stops the machine for a broken rule of the I/O manager.
pub(crate) fn stop(error: WdmError, parameters: [usize; 3], rule: &str) -> ! {
    let [second, third, fourth] = parameters.map(|parameter| parameter as u64);
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_IOMANAGER_VIOLATION,
        parameters: [error.0, second, third, fourth],
        rule: rule.to_owned(),
    })
}
