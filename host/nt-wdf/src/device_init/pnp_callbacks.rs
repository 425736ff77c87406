//! The callbacks for `PnP` and power of a device.

use nt_types::status::NtStatus;

use crate::handle::{WdfDevice, WdfResourceList};

pub(crate) type DeviceCallback = unsafe extern "win64" fn(WdfDevice);
pub(crate) type StatusCallback = unsafe extern "win64" fn(WdfDevice) -> NtStatus;
pub(crate) type PowerCallback = unsafe extern "win64" fn(WdfDevice, i32) -> NtStatus;
pub(crate) type PrepareCallback =
    unsafe extern "win64" fn(WdfDevice, WdfResourceList, WdfResourceList) -> NtStatus;
pub(crate) type ReleaseCallback = unsafe extern "win64" fn(WdfDevice, WdfResourceList) -> NtStatus;

/// `WDF_PNPPOWER_EVENT_CALLBACKS` as it lies in memory.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct PnpCallbacks {
    pub(crate) size: u32,
    pub(crate) d0_entry: Option<PowerCallback>,
    pub(crate) d0_entry_post_interrupts_enabled: Option<PowerCallback>,
    pub(crate) d0_exit: Option<PowerCallback>,
    pub(crate) d0_exit_pre_interrupts_disabled: Option<PowerCallback>,
    pub(crate) prepare_hardware: Option<PrepareCallback>,
    pub(crate) release_hardware: Option<ReleaseCallback>,
    pub(crate) self_managed_io_cleanup: Option<DeviceCallback>,
    pub(crate) self_managed_io_flush: Option<DeviceCallback>,
    pub(crate) self_managed_io_init: Option<StatusCallback>,
    pub(crate) self_managed_io_suspend: Option<StatusCallback>,
    pub(crate) self_managed_io_restart: Option<StatusCallback>,
    pub(crate) surprise_removal: Option<DeviceCallback>,
    pub(crate) query_remove: Option<StatusCallback>,
    pub(crate) query_stop: Option<StatusCallback>,
    pub(crate) usage_notification: usize,
    pub(crate) relations_query: usize,
    pub(crate) usage_notification_ex: usize,
}

const _: () = {
    assert!(size_of::<PnpCallbacks>() == 144);
    assert!(core::mem::offset_of!(PnpCallbacks, query_remove) == 104);
};
