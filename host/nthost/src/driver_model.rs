//! The two kinds of drivers that the `PnP` manager serves: those of this host's framework, and those
//! that receive IRPs themselves.

use std::sync::Arc;

use nt_io::Device;
use nt_io::driver_object::DriverObject;
use nt_types::NtStatus;
use nt_wdf::pnp::LowPowerState;

/// How a driver receives what happens to its devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DriverModel {
    /// By callbacks of the framework.
    Framework,
    /// By `AddDevice` and IRPs.
    Wdm,
}

impl DriverModel {
    /// That of a driver whose entry point has run.
    pub(crate) fn of(driver: *mut DriverObject) -> Self {
        if nt_wdf::is_bound(driver) {
            Self::Framework
        } else {
            Self::Wdm
        }
    }

    /// Starts a device. Whether there is one now.
    pub(crate) fn start(
        self,
        driver: *mut DriverObject,
        service: &str,
        device: u32,
    ) -> Result<bool, NtStatus> {
        match self {
            Self::Framework => nt_wdf::pnp::start(driver, device),
            Self::Wdm => nt_io::pnp::start(driver, service, device),
        }
    }

    /// Removes a device in order, or after its removal by surprise.
    pub(crate) fn remove(self, driver: *mut DriverObject, device: u32) -> Result<(), NtStatus> {
        match self {
            Self::Framework => nt_wdf::pnp::remove(driver, device),
            Self::Wdm => nt_io::pnp::remove(driver, device),
        }
    }

    /// Removes a device by surprise. The device, whose files are still open.
    pub(crate) fn surprise_remove(
        self,
        driver: *mut DriverObject,
        device: u32,
    ) -> Result<Arc<Device>, NtStatus> {
        match self {
            Self::Framework => nt_wdf::pnp::surprise_remove(driver, device),
            Self::Wdm => nt_io::pnp::surprise_remove(driver, device),
        }
    }

    /// Puts a device into low power, as the system goes to sleep.
    pub(crate) fn sleep(self, driver: *mut DriverObject, device: u32) -> Result<(), NtStatus> {
        match self {
            Self::Framework => nt_wdf::pnp::sleep(driver, device, LowPowerState::D3),
            Self::Wdm => nt_io::pnp::sleep(driver, device),
        }
    }

    /// Returns a device to D0.
    pub(crate) fn resume(self, driver: *mut DriverObject, device: u32) -> Result<(), NtStatus> {
        match self {
            Self::Framework => nt_wdf::pnp::resume(driver, device),
            Self::Wdm => nt_io::pnp::resume(driver, device),
        }
    }
}
