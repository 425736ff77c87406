//! The framework's dispatch routine: the IRPs of the I/O manager for the driver's devices.

use std::sync::{Arc, Weak};

use nt_io::{FileHandle, Irp, ReceivedIrp, major_function};
use nt_kernel::unimplemented;
use nt_types::status::NtStatus;

use crate::device::DeviceBody;
use crate::object::{Object, Ref, deletion};
use crate::{arrival, file, preprocess};

/// The framework's device behind a device of the I/O manager's.
type Behind = Weak<Object>;

/// Puts the framework's `device` behind `io`.
pub(crate) fn connect(io: &nt_io::Device, device: &Arc<Object>) {
    let behind: Behind = Arc::downgrade(device);
    let unused = behind.clone();
    io.set_framework(Arc::new(behind), device.first_context(), move || {
        let device = unused.upgrade().map(Ref::<DeviceBody>::new);
        if let Some(device) = device.filter(|device| device.is_control()) {
            deletion::delete(device.object());
        }
    });
}

/// The dispatch routine for all major functions.
pub(crate) extern "win64" fn dispatch(device_object: usize, packet: usize) -> NtStatus {
    let device = nt_io::device_at(device_object).and_then(|io| {
        let behind: &Behind = io.framework()?.downcast_ref()?;
        behind.upgrade().map(Ref::<DeviceBody>::new)
    });
    if let Some(file) = nt_io::file_of(packet) {
        return end_of_file(device, &file, packet);
    }
    match nt_io::irp_at(packet).or_else(|| Irp::adopt(packet)) {
        Some(irp) => request(device, &irp),
        None => device_irp(device, packet),
    }
}

/// The last handle of a file has been closed, or its last request has ended.
fn end_of_file(device: Option<Ref<DeviceBody>>, file: &Arc<FileHandle>, packet: usize) -> NtStatus {
    let Some(device) = device else {
        nt_io::complete_with(packet, NtStatus::SUCCESS, 0);
        return NtStatus::SUCCESS;
    };
    match nt_io::major_function_of(packet) {
        major_function::CLEANUP => arrival::cleanup(&device, file),
        _ => file::close(&device, file),
    }
    if let Some(irp) = ReceivedIrp::at(packet).filter(|_| device.forwards_ends_of_files()) {
        return irp.pass_down(device.io());
    }
    nt_io::complete_with(packet, NtStatus::SUCCESS, 0);
    NtStatus::SUCCESS
}

/// An IRP about the device itself.
fn device_irp(device: Option<Ref<DeviceBody>>, packet: usize) -> NtStatus {
    match (device, ReceivedIrp::at(packet)) {
        (Some(device), Some(irp)) if is_about_device(irp) => {
            preprocess::arrive_for_device(&device, irp)
        }
        (None, Some(irp)) => irp.complete(NtStatus::INVALID_DEVICE_STATE),
        _ => unimplemented::stop("an IRP of this major function, for a KMDF device,"),
    }
}

fn is_about_device(irp: ReceivedIrp) -> bool {
    [major_function::PNP, major_function::POWER].contains(&irp.major_function())
}

/// A create, read, write or control request.
fn request(device: Option<Ref<DeviceBody>>, irp: &Arc<Irp>) -> NtStatus {
    irp.receive();
    if let Some(device) = device {
        return preprocess::arrive(&device, irp);
    }
    irp.complete(NtStatus::INVALID_DEVICE_STATE, 0);
    NtStatus::INVALID_DEVICE_STATE
}
