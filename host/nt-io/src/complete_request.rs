//! `IoCompleteRequest`, for drivers that complete an IRP without the framework.

use nt_kernel::bugcheck::{self, BugCheck, MULTIPLE_IRP_COMPLETE_REQUESTS};
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};

use crate::irp::irp_at;

/// The I/O manager's exports of ntoskrnl: those that framework drivers with direct access to IRPs
/// need.
#[must_use]
pub fn exports() -> Vec<Export> {
    ntoskrnl![IofCompleteRequest]
}

/// `IoCompleteRequest`: the driver has served the IRP, which the framework never received.
#[expect(non_snake_case, reason = "the export has this name")]
extern "win64" fn IofCompleteRequest(packet: usize, _boost: i8) {
    irql::require_at_most("IoCompleteRequest", Irql::DISPATCH);
    let Some(irp) = irp_at(packet) else {
        stop(packet, "there is no such IRP: it has been completed");
    };
    if !irp.is_the_drivers() {
        stop(packet, &format!("{irp} is the framework's to complete"));
    }
    if let Some((status, information)) = irp.with_packet(|packet| packet.outcome()) {
        irp.complete(status, information);
    }
}

fn stop(packet: usize, rule: &str) -> ! {
    bugcheck::stop(BugCheck {
        code: MULTIPLE_IRP_COMPLETE_REQUESTS,
        parameters: [packet as u64, 0, 0, 0],
        rule: format!("IoCompleteRequest: {rule}"),
    })
}
