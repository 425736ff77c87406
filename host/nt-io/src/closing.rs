//! The end of a file: the driver's cleanup and close, and the device without a file.

use std::sync::{Arc, mpsc};

use crate::call_driver::call_driver;
use crate::device::Device;
use crate::file::FileHandle;
use crate::irp_table::{self, Originator, Purpose};
use crate::packet::PacketMemory;
use crate::{devices, major_function};

/// `IRP_MJ_CLEANUP`: the last handle is closed.
pub(crate) fn cleanup(file: &Arc<FileHandle>) {
    send(file, major_function::CLEANUP);
}

/// `IRP_MJ_CLOSE`: the last request is completed, too.
pub(crate) fn finish(file: &Arc<FileHandle>) {
    send(file, major_function::CLOSE);
    end_open(file.device());
}

/// Uncounts a file of `device`. A deleted device is unused after its last one.
pub(crate) fn end_open(device: &Arc<Device>) {
    if device.end_open() {
        devices::leave_if_gone(device);
        device.unused();
    }
    device.notify_closed();
}

/// Sends the file's device a request without parameters, and waits until it has been completed.
///
/// # Panics
///
/// Without memory for the IRP: no driver can refuse the end of a file.
fn send(file: &Arc<FileHandle>, major: u8) {
    let top = devices::top(file.device().address());
    let memory = PacketMemory::new(devices::stack_size(top));
    let memory = memory.expect("memory for the host's own packets");
    let (packet, address) = (memory.packet(), memory.address());
    packet
        .original_file_object
        .set(file.object().expose_provenance());
    if let Some(location) = packet.location(packet.stack_count.get()) {
        location.major_function.set(major);
        location.file_object.set(file.object().expose_provenance());
    }
    let (answer, answered) = mpsc::channel();
    let originator = Originator::System {
        memory,
        purpose: Purpose::File(file.clone()),
        done: Box::new(move |_, _| {
            // The receiver waits below.
            let _ = answer.send(());
        }),
    };
    irp_table::insert(address, originator);
    // The outcome of a cleanup and of a close is of no consequence.
    let _ = call_driver(top, address);
    let _ = answered.recv();
}
