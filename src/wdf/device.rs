//! The framework's device object, and the structure that describes it before it exists.

use core::marker::PhantomData;
use core::ptr::null_mut;

use abi::Guid;
use abi::NtStatus;
use wdk_sys::{
    BOOLEAN, FILE_DEVICE_SECURE_OPEN, GUID, PWDFDEVICE_INIT, UNICODE_STRING, WDF_NO_HANDLE,
    WDFDEVICE, WDFOBJECT, WDFQUEUE, call_unsafe_wdf_function_binding,
};

use super::Parent;
use super::device_state::{self, DeviceState};
use super::file::{self, FileState};
use super::irql::PassiveLevel;
use super::queue::{self, DeviceControl};

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

    /// `WdfDeviceInitAssignName`.
    pub(crate) fn assign_name(
        &self,
        _level: &PassiveLevel<'_>,
        name: UNICODE_STRING,
    ) -> Result<(), NtStatus> {
        // SAFETY: the framework lends `raw` while `self` lives and copies the string.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(WdfDeviceInitAssignName, self.raw, &raw const name)
        })
        .into_result()
    }

    /// `WdfDeviceInitAssignSDDLString`.
    pub(crate) fn assign_sddl(
        &self,
        _level: &PassiveLevel<'_>,
        sddl: UNICODE_STRING,
    ) -> Result<(), NtStatus> {
        // SAFETY: the framework lends `raw` while `self` lives and copies the string.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfDeviceInitAssignSDDLString,
                self.raw,
                &raw const sddl,
            )
        })
        .into_result()
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
    pub(crate) fn create<D: DeviceState>(
        self,
        level: &PassiveLevel<'_>,
    ) -> Result<Device, NtStatus> {
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
        // SAFETY: the framework lends `init`, and it is given back to it here: `self` is gone.
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

/// `WDFDEVICE`. The framework owns it and deletes it when the device is removed.
pub(crate) struct Device(WDFDEVICE);

impl Parent for Device {
    fn as_object(&self) -> WDFOBJECT {
        self.0.cast()
    }
}

impl Device {
    /// Its handle.
    pub(super) const fn as_raw(&self) -> WDFDEVICE {
        self.0
    }

    /// `WdfDeviceCreateSymbolicLink`.
    pub(crate) fn create_symbolic_link(
        &self,
        _level: &PassiveLevel<'_>,
        name: UNICODE_STRING,
    ) -> Result<(), NtStatus> {
        // SAFETY: the device was created by this callback and is live; the string is copied.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(WdfDeviceCreateSymbolicLink, self.0, &raw const name)
        })
        .into_result()
    }

    /// `WdfDeviceCreateDeviceInterface`, without a reference string.
    pub(crate) fn create_interface(
        &self,
        _level: &PassiveLevel<'_>,
        class: &Guid,
    ) -> Result<(), NtStatus> {
        let class = GUID {
            Data1: class.data1,
            Data2: class.data2,
            Data3: class.data3,
            Data4: class.data4,
        };
        // SAFETY: the device was created by this callback and is live; the GUID is copied, and a
        // null reference string is allowed.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfDeviceCreateDeviceInterface,
                self.0,
                &raw const class,
                core::ptr::null(),
            )
        })
        .into_result()
    }

    /// `WdfIoQueueCreate`: the default queue, parallel and at `PASSIVE_LEVEL`.
    pub(crate) fn create_default_queue<Q: DeviceControl>(
        &self,
        _level: &PassiveLevel<'_>,
    ) -> Result<(), NtStatus> {
        let mut config = queue::config::<Q>();
        let mut attributes = queue::attributes();
        // SAFETY: the device was created by this callback and is live; both structures are copied;
        // the handle of a default queue need not be asked for.
        NtStatus(unsafe {
            call_unsafe_wdf_function_binding!(
                WdfIoQueueCreate,
                self.0,
                &raw mut config,
                &raw mut attributes,
                WDF_NO_HANDLE.cast::<WDFQUEUE>(),
            )
        })
        .into_result()
    }
}
