//! An IRP that the framework sends to the next driver, or to the driver of another device.

use std::sync::Arc;

use nt_types::NtStatus;

use crate::call_driver::call_driver;
use crate::complete_request::MORE_PROCESSING_REQUIRED;
use crate::device::Device;
use crate::irp::Irp;
use crate::packet::StatusBlock;

/// Called when the drivers below have completed an IRP.
type Returned = Box<dyn FnOnce() + Send>;

impl Irp {
    /// Puts what this driver is asked into the stack location of the next driver:
    /// `IoCopyCurrentIrpStackLocationToNext`. Whether there is one.
    pub fn format_next(&self) -> bool {
        let formatted = self.with_packet(|packet| packet.copy_to_next().is_some());
        formatted == Some(true)
    }

    /// Whether it has a stack location for each driver of the stack of `target`.
    pub fn has_room_for(&self, target: &Device) -> bool {
        let room = self.with_packet(|packet| packet.current_location.get() - 1);
        let needed = target.device_object().stack_size();
        room.is_some_and(|room| room >= needed)
    }

    /// Sends it to the driver of `target`, whose stack location is formatted. `returned` is called when the
    /// drivers there have completed it: this driver has it again then.
    pub fn send_to(&self, target: &Device, returned: Returned) {
        let context: *mut Returned = Box::into_raw(Box::new(returned));
        self.with_packet(|packet| {
            if let Some(next) = packet.next_location() {
                next.call_back(give_back as *const () as usize, context.expose_provenance());
            }
        });
        self.set_the_drivers(true);
        // What the dispatch routine returns has been compared with what it did.
        let _ = call_driver(target.address(), self.packet_address());
    }

    /// Passes it to the driver of `target` as it came, and forgets it: the drivers above get the outcome.
    pub fn forward_to(self: &Arc<Self>, target: &Device) {
        let irp = self.clone();
        let returned = move || {
            let (status, information) = irp.outcome();
            irp.complete(status, information);
        };
        self.format_next();
        self.send_to(target, Box::new(returned));
    }

    /// Ends the way to a driver that does not get it: the outcome is this status.
    pub fn set_outcome(&self, status: NtStatus) {
        self.with_packet(|packet| {
            packet.io_status.set(StatusBlock {
                status,
                information: 0,
            });
        });
    }

    /// The outcome that the drivers below have left in it: status and information.
    pub fn outcome(&self) -> (NtStatus, u64) {
        let block = self.with_packet(|packet| packet.io_status.get());
        block.map_or((NtStatus::SUCCESS, 0), |block| {
            (block.status, block.information)
        })
    }
}

/// The completion routine: the driver has the IRP again.
extern "win64" fn give_back(_device_object: usize, _packet: usize, context: usize) -> NtStatus {
    let returned: *mut Returned = std::ptr::with_exposed_provenance_mut(context);
    // SAFETY: made for this one call.
    let returned = unsafe { Box::from_raw(returned) };
    returned();
    MORE_PROCESSING_REQUIRED
}
