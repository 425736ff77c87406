//! The framework's driver object.

use abi::NtStatus;
use wdk_sys::{
    NTSTATUS, PCUNICODE_STRING, PDRIVER_OBJECT, PWDFDEVICE_INIT, WDF_DRIVER_CONFIG, WDF_NO_HANDLE,
    WDF_NO_OBJECT_ATTRIBUTES, WDFDRIVER, call_unsafe_wdf_function_binding,
};

use super::device_init::DeviceInit;
use super::irql::PassiveLevel;
use super::structure_size;
use crate::pool;

/// The `DRIVER_OBJECT` that the system gives to `DriverEntry`. Nothing else can make one.
#[repr(transparent)]
pub(crate) struct DriverObject(PDRIVER_OBJECT);

/// The registry path that the system gives to `DriverEntry`. Nothing else can make one.
#[repr(transparent)]
pub(crate) struct RegistryPath(PCUNICODE_STRING);

/// A driver for plug and play devices.
pub(crate) trait Driver {
    /// `EvtDriverDeviceAdd`: the system has found a device.
    fn device_add(level: &mut PassiveLevel, init: DeviceInit<'_>) -> Result<(), NtStatus>;
}

/// `WdfDriverCreate`.
///
/// # Errors
///
/// The status of the framework.
#[expect(
    clippy::needless_pass_by_value,
    reason = "taken away: a driver is created once"
)]
pub(crate) fn create_driver<D: Driver>(
    driver: DriverObject,
    registry_path: RegistryPath,
) -> Result<(), NtStatus> {
    let mut config = WDF_DRIVER_CONFIG {
        Size: structure_size::<WDF_DRIVER_CONFIG>(),
        EvtDriverDeviceAdd: Some(device_add::<D>),
        DriverPoolTag: pool::TAG,
        ..WDF_DRIVER_CONFIG::default()
    };
    // SAFETY: both pointers are the system's own, which it keeps valid while `DriverEntry` runs,
    // and `DriverEntry` runs at `PASSIVE_LEVEL`.
    NtStatus(unsafe {
        call_unsafe_wdf_function_binding!(
            WdfDriverCreate,
            driver.0,
            registry_path.0,
            WDF_NO_OBJECT_ATTRIBUTES,
            &raw mut config,
            WDF_NO_HANDLE.cast::<WDFDRIVER>(),
        )
    })
    .into_result()
}

/// `EVT_WDF_DRIVER_DEVICE_ADD`.
extern "C" fn device_add<D: Driver>(_driver: WDFDRIVER, init: PWDFDEVICE_INIT) -> NTSTATUS {
    let outcome = PassiveLevel::prove(|level| {
        // SAFETY: the framework lends the structure for the time of this callback.
        let init = unsafe { DeviceInit::from_framework(init) };
        D::device_add(level, init)
    });
    match outcome {
        Ok(()) => NtStatus::SUCCESS.0,
        Err(status) => status.0,
    }
}
