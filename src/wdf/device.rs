//! The framework's device object.

use abi::{Guid, NtStatus};
use wdk_sys::{GUID, UNICODE_STRING, WDFDEVICE, WDFOBJECT, call_unsafe_wdf_function_binding};

use super::Parent;
use super::irql::PassiveLevel;

/// `WDFDEVICE`. The framework owns it and deletes it when the device is removed.
pub(crate) struct Device(pub(super) WDFDEVICE);

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
        _level: &PassiveLevel,
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
        _level: &PassiveLevel,
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
}
