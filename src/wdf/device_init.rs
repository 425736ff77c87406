//! The structure that describes a device before it exists.

use core::marker::PhantomData;
use core::ptr::null_mut;

use abi::NtStatus;
use wdk_sys::{
    BOOLEAN, FILE_DEVICE_SECURE_OPEN, PWDFDEVICE_INIT, call_unsafe_wdf_function_binding,
};

use super::device::Device;
use super::device_state::{self, DeviceState};
use super::file::{self, FileState};
use super::irql::PassiveLevel;

/// `WDFDEVICE_INIT`, lent by the framework for the time of `EvtDriverDeviceAdd`. If no device is
/// made from it, the framework frees it.
pub(crate) struct DeviceInit<'callback> {
    raw: PWDFDEVICE_INIT,
    lent: PhantomData<&'callback mut ()>,
}

impl DeviceInit<'_> {
    /// # Safety
    ///
    /// `raw` came with this call of `EvtDriverDeviceAdd`, and the value does not outlive it.
    pub(super) unsafe fn from_framework(raw: PWDFDEVICE_INIT) -> Self {
        Self {
            raw,
            lent: PhantomData,
        }
    }

    /// `WdfDeviceInitSetDeviceType`.
    pub(crate) fn set_device_type(&self, device_type: u32) {
        // SAFETY: the framework lends `raw` while `self` lives.
        unsafe {
            call_unsafe_wdf_function_binding!(WdfDeviceInitSetDeviceType, self.raw, device_type);
        }
    }

    /// `WdfDeviceInitSetCharacteristics` with `FILE_DEVICE_SECURE_OPEN`: the security descriptor
    /// also guards names below the device's.
    pub(crate) fn set_secure_open(&self) {
        const OR_IN_VALUES: BOOLEAN = 1;
        // SAFETY: the framework lends `raw` while `self` lives.
        unsafe {
            call_unsafe_wdf_function_binding!(
                WdfDeviceInitSetCharacteristics,
                self.raw,
                FILE_DEVICE_SECURE_OPEN,
                OR_IN_VALUES,
            );
        }
    }

    /// `WdfDeviceInitSetFileObjectConfig`: every file object gets an `F`.
    pub(crate) fn set_file_objects<F: FileState>(&self) {
        let mut config = file::config::<F>();
        let mut attributes = file::attributes::<F>();
        // SAFETY: the framework lends `raw` while `self` lives and copies both structures.
        unsafe {
            call_unsafe_wdf_function_binding!(
                WdfDeviceInitSetFileObjectConfig,
                self.raw,
                &raw mut config,
                &raw mut attributes,
            );
        }
    }

    /// `WdfDeviceCreate`: the device, with a `D` in it.
    pub(crate) fn create<D: DeviceState>(self, level: &PassiveLevel) -> Result<Device, NtStatus> {
        let mut callbacks = device_state::callbacks::<D>();
        // SAFETY: the framework lends `raw` while `self` lives and copies the structure.
        unsafe {
            call_unsafe_wdf_function_binding!(
                WdfDeviceInitSetPnpPowerEventCallbacks,
                self.raw,
                &raw mut callbacks,
            );
        }
        let mut init = self.raw;
        let mut attributes = device_state::attributes::<D>();
        let mut device = null_mut();
        // SAFETY: the framework lends `init`, and this call returns it to the framework. `self` is
        // consumed, so nothing uses it afterwards.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfDeviceCreate,
                &raw mut init,
                &raw mut attributes,
                &raw mut device,
            )
        })
        .into_result()?;
        let device = Device(device);
        device_state::create::<D>(level, &device)?;
        Ok(device)
    }
}
