//! What the `PnP` manager's IRPs, and those of power, do to a device of the framework's.

mod callbacks;
mod failure;
mod power;
mod removal;
mod start;

use nt_io::major_function::{PNP, POWER};
use nt_io::{ReceivedIrp, pnp_minor as minor};
use nt_types::status::NtStatus;

use crate::device::DeviceBody;
use crate::function_entry::Function;
use crate::object::Ref;
use crate::query_interface;
pub use failure::{Failure, on_failure};

/// The functions of the table that this folder implements.
pub(super) fn functions() -> Vec<Function> {
    failure::functions()
}

/// Handles an `IRP_MJ_PNP` or `IRP_MJ_POWER`. What the dispatch routine has to return.
pub(crate) fn dispatch(device: &Ref<DeviceBody>, irp: ReceivedIrp) -> NtStatus {
    match (irp.major_function(), irp.minor_function()) {
        (PNP, minor::START_DEVICE) => start::start_device(device, irp),
        (PNP, minor::QUERY_REMOVE_DEVICE) => removal::query_remove(device, irp),
        (PNP, minor::SURPRISE_REMOVAL) => removal::surprise_remove(device, irp),
        (PNP, minor::REMOVE_DEVICE) => removal::remove(device, irp),
        (PNP, minor::QUERY_INTERFACE) => query_interface::answer(device, irp),
        (POWER, minor::SET_POWER) => power::set_power(device, irp),
        _ => irp.pass_down(device.io()),
    }
}

/// Ignores a status: a removal cannot fail.
fn ignore(_status: Result<(), NtStatus>) {}
