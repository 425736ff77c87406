//! The `PnP` manager, for root-enumerated devices: each has a number, which is its instance.
//!
//! One thread of the host calls these functions, one after the other.

mod callbacks;
mod failure;
mod power;
mod removal;
mod start;

use nt_io::driver_object::DriverObject;
use nt_types::status::NtStatus;

use crate::device::DeviceBody;
use crate::driver::{self, DriverBody};
use crate::driver_binding::DriverBinding;
use crate::function_entry::Function;
use crate::handle::Kind;
use crate::object::Ref;
pub use failure::{Failure, on_failure};
pub use power::{LowPowerState, resume, sleep};
pub use removal::{QUERY_VETOED, remove, surprise_remove};
pub use start::start;

/// `STATUS_NO_SUCH_DEVICE`: no device has that number.
const NO_SUCH_DEVICE: NtStatus = NtStatus::new(0xC000_000E);

/// The functions of the table that this folder implements.
pub(super) fn functions() -> Vec<Function> {
    failure::functions()
}

/// The driver's object, if the `PnP` manager finds devices for the driver.
fn driver_of(driver_object: *mut DriverObject) -> Option<Ref<DriverBody>> {
    let binding = DriverBinding::of_driver_object(driver_object)?;
    driver::of(&binding).filter(|driver| driver.is_pnp())
}

/// The device with this number, if the driver has it.
fn device(driver_object: *mut DriverObject, instance: u32) -> Option<Ref<DeviceBody>> {
    let driver = driver_of(driver_object)?;
    let children = driver.object().children().into_iter();
    let mut devices = children
        .filter(|child| child.kind() == Kind::Device && !child.is_deleting())
        .map(Ref::<DeviceBody>::new);
    devices.find(|device| !device.is_control() && device.init().instance == instance)
}

/// Ignores a status: a removal cannot fail.
fn ignore(_status: Result<(), NtStatus>) {}
