//! The end of a file: the driver's close, and the device without a file.

use std::sync::Arc;

use crate::device::Device;
use crate::file::FileHandle;
use crate::{devices, stack};

/// `IRP_MJ_CLOSE`.
pub(crate) fn finish(file: &Arc<FileHandle>) {
    stack::of(file.device()).close(file);
    end_open(file.device());
}

/// Uncounts a file of `device`. A deleted device is unused after its last one.
pub(crate) fn end_open(device: &Arc<Device>) {
    if device.end_open() {
        devices::leave(device);
        stack::of(device).unused();
    }
    device.notify_closed();
}
