//! The IRPs that the system sends to a device for itself: those of the `PnP` manager and of power.

use nt_types::NtStatus;

use crate::devices;
use crate::packet::{PacketMemory, StackLocation, StatusBlock};

/// An IRP that has not been sent.
pub(crate) struct DeviceIrp {
    /// The device at the top of the stack, which gets the IRP first.
    pub(crate) top: usize,
    pub(crate) memory: PacketMemory,
}

impl DeviceIrp {
    /// One for the stack that `device_object` is in, with the status that no driver has changed yet;
    /// `None` without memory. `fill` sets the parameters.
    pub(crate) fn new(
        device_object: usize,
        major: u8,
        minor: u8,
        fill: impl FnOnce(&StackLocation),
    ) -> Option<Self> {
        let top = devices::top(device_object);
        let memory = PacketMemory::new(devices::stack_size(top))?;
        let packet = memory.packet();
        packet.io_status.set(StatusBlock {
            status: NtStatus::NOT_SUPPORTED,
            information: 0,
        });
        if let Some(location) = packet.location(packet.stack_count.get()) {
            location.major_function.set(major);
            location.minor_function.set(minor);
            fill(location);
        }
        Some(Self { top, memory })
    }
}
