//! The driver's side of a device: the receiver of its IRPs.

use std::sync::Arc;

use crate::device::Device;
use crate::file::FileHandle;
use crate::irp::Irp;

/// The driver's side of a device.
pub trait Stack: Send + Sync {
    /// `IRP_MJ_CREATE`.
    fn create(&self, irp: Arc<Irp>);
    /// `IRP_MJ_READ`, `IRP_MJ_WRITE`, `IRP_MJ_DEVICE_CONTROL`.
    fn request(&self, irp: Arc<Irp>);
    /// `IRP_MJ_CLEANUP`: the last handle is closed.
    fn cleanup(&self, file: &Arc<FileHandle>);
    /// `IRP_MJ_CLOSE`: the last request is completed, too.
    fn close(&self, file: &Arc<FileHandle>);
    /// A deleted device has no file open any more.
    fn unused(&self);
}

/// Puts `stack` behind `device`, whose `DeviceExtension` is at `device_extension`.
pub fn attach(device: &Device, stack: Arc<dyn Stack>, device_extension: usize) {
    device.set_stack(Arc::new(stack), device_extension);
}

/// The driver's side of `device`.
///
/// # Panics
///
/// If the device has none: it is ready only when it has a driver.
pub(crate) fn of(device: &Device) -> &dyn Stack {
    let stack = device
        .stack()
        .and_then(|any| any.downcast_ref::<Arc<dyn Stack>>());
    &**stack.expect("a device is ready only when it has a driver")
}
