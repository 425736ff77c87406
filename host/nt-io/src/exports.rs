//! What ntoskrnl exports of the I/O manager.

use nt_kernel::exports::{Export, ntoskrnl};

use crate::irp::irp_at;
use crate::{
    asynchronous, call_driver, cancel, complete_request, csq, device_api, device_property_api,
    device_queue, device_state, driver_extension, forwarding, irp_api, names_api, power,
    registry_api, remove_lock, security_api, start_io, synchronous, wmi, work_item,
};

/// The I/O manager's exports of ntoskrnl.
#[must_use]
pub fn exports() -> Vec<Export> {
    [
        ntoskrnl![IofCompleteRequest],
        asynchronous::exports(),
        call_driver::exports(),
        cancel::exports(),
        csq::exports(),
        device_api::exports(),
        device_property_api::exports(),
        device_queue::exports(),
        device_state::exports(),
        driver_extension::exports(),
        forwarding::exports(),
        irp_api::exports(),
        names_api::exports(),
        power::exports(),
        registry_api::exports(),
        remove_lock::exports(),
        security_api::exports(),
        start_io::exports(),
        synchronous::exports(),
        wmi::exports(),
        work_item::exports(),
    ]
    .concat()
}

/// Up to `DISPATCH_LEVEL`.
#[expect(non_snake_case, reason = "the export has this name")]
extern "win64" fn IofCompleteRequest(packet: usize, _boost: i8) {
    complete_request::require_sound(packet);
    if let Some(irp) = irp_at(packet).filter(|irp| !irp.is_the_drivers()) {
        complete_request::stop(packet, &format!("{irp} is the framework's to complete"));
    }
    complete_request::complete(packet);
}
