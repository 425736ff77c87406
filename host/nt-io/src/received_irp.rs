//! An IRP that the framework's dispatch routine has got for a device: of the `PnP` manager, or of power.

use std::cell::Cell;
use std::sync::mpsc::{self, Sender};

use nt_types::NtStatus;

use crate::call_driver::call_driver;
use crate::complete_request::{self, MORE_PROCESSING_REQUIRED};
use crate::device::Device;
use crate::irp_table;
use crate::packet::Packet;

/// An IRP, which the framework has until it completes it or passes it down.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedIrp(usize);

impl ReceivedIrp {
    /// The IRP at `packet`, which a driver has.
    #[must_use]
    pub fn at(packet: usize) -> Option<Self> {
        irp_table::contains(packet).then_some(Self(packet))
    }

    fn packet<'a>(self) -> &'a Packet {
        // SAFETY: an IRP of the table, which the framework has.
        unsafe { Packet::at(self.0) }
    }

    /// Where it is.
    #[must_use]
    pub fn address(self) -> usize {
        self.0
    }

    /// The major function.
    ///
    /// # Panics
    ///
    /// If no driver has the IRP.
    #[must_use]
    pub fn major_function(self) -> u8 {
        irp_table::major_function_of(self.0)
    }

    /// The minor function.
    #[must_use]
    pub fn minor_function(self) -> u8 {
        let own = self.packet().current();
        own.map_or(0, |own| own.minor_function.get())
    }

    /// The parameters in the driver's stack location.
    #[must_use]
    pub fn parameters(self) -> [usize; 4] {
        let own = self.packet().current();
        own.map_or([0; 4], |own| own.parameters.each_ref().map(Cell::get))
    }

    /// The status that the drivers above, or those below, have left in it.
    pub fn status(self) -> NtStatus {
        self.packet().io_status.get().status
    }

    /// Whether the driver has skipped its stack location, for the next driver to have it.
    #[must_use]
    pub fn is_skipped(self) -> bool {
        irp_table::is_skipped(self.0)
    }

    /// Takes that back: `IoSetNextIrpStackLocation`.
    pub fn enter_next(self) {
        self.packet().enter_next();
    }

    /// Completes it. The status, for the dispatch routine to return.
    pub fn complete(self, status: NtStatus) -> NtStatus {
        let information = self.packet().io_status.get().information;
        complete_request::complete_with(self.0, status, information);
        status
    }

    /// Passes it to the device below `own`, which has it from now on. A device with none below ends it as it
    /// came. What the dispatch routine has to return.
    pub fn pass_down(self, own: &Device) -> NtStatus {
        let Some(lower) = own.lower() else {
            let status = self.status();
            return self.complete(status);
        };
        let packet = self.packet();
        packet.move_to(packet.current_location.get() + 1);
        call_driver(lower.address(), self.0)
    }

    /// Passes it to the device below `own` and takes it back when the drivers there have completed it. Their
    /// status.
    pub fn pass_down_and_wait(self, own: &Device) -> NtStatus {
        let (Some(lower), Some(next)) = (own.lower(), self.packet().copy_to_next()) else {
            return self.status();
        };
        let (sender, receiver) = mpsc::channel();
        let context: *mut Sender<()> = Box::into_raw(Box::new(sender));
        next.call_back(wake as *const () as usize, context.expose_provenance());
        // What the dispatch routine returns has been compared with what it did.
        let _ = call_driver(lower.address(), self.0);
        // The completion routine sends once.
        let _ = receiver.recv();
        self.status()
    }
}

/// The completion routine: the thread that waits has the IRP again.
extern "win64" fn wake(_device_object: usize, _packet: usize, context: usize) -> NtStatus {
    let sender: *mut Sender<()> = std::ptr::with_exposed_provenance_mut(context);
    // SAFETY: made for this one call.
    let sender = unsafe { Box::from_raw(sender) };
    // The receiver waits.
    let _ = sender.send(());
    MORE_PROCESSING_REQUIRED
}
