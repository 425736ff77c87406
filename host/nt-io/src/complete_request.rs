//! `IoCompleteRequest`, for the drivers that complete an IRP past the framework.

use nt_kernel::bugcheck::{self, BugCheck, MULTIPLE_IRP_COMPLETE_REQUESTS};
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};

use crate::irp::irp_at;

/// What ntoskrnl exports of the I/O manager: what the few framework drivers need that look at IRPs.
#[must_use]
pub fn exports() -> Vec<Export> {
    ntoskrnl![IofCompleteRequest]
}

/// `IoCompleteRequest`: the driver has done what the packet asks, and the framework never saw it.
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
