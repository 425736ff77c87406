//! The exports of NDIS.SYS for the network compartment of a thread.
//!
//! No page of Microsoft describes them; the signatures and the levels are those with which public
//! kernel drivers declare them (`OpenThread`, `MsQuic`).

#![expect(non_snake_case, reason = "exports have the names that drivers import")]

use std::sync::Arc;

use nt_kernel::irql::{self, Irql};
use nt_kernel::thread::{self, Thread};
use nt_types::NtStatus;

use super::{Limit, call, stop};
use crate::compartment::UNSPECIFIED;

/// The compartment in which the thread acts. Up to `DISPATCH_LEVEL`.
pub(super) extern "win64" fn NdisGetThreadObjectCompartmentId(thread: usize) -> u32 {
    const NAME: &str = "NdisGetThreadObjectCompartmentId";
    irql::require_at_most(NAME, Irql::DISPATCH);
    object(NAME, thread).compartment()
}

/// Puts the thread into a compartment; without one in particular, into that of its process. `PASSIVE_LEVEL`.
///
/// The way back to the compartment of its process is never failed by fault injection: a driver can
/// do nothing about it.
pub(super) extern "win64" fn NdisSetThreadObjectCompartmentId(
    thread: usize,
    compartment: u32,
) -> NtStatus {
    const NAME: &str = "NdisSetThreadObjectCompartmentId";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let thread = object(NAME, thread);
    let home = thread.home_compartment();
    if [UNSPECIFIED, home].contains(&compartment) {
        thread.set_compartment(home);
        return NtStatus::SUCCESS;
    }
    call(NAME, Limit::Passive, |stack| {
        if !stack.has_compartment(compartment) {
            return Err(NtStatus::NOT_FOUND);
        }
        thread.set_compartment(compartment);
        Ok(())
    })
}

fn object(function: &str, address: usize) -> Arc<Thread> {
    thread::at(address).unwrap_or_else(|| {
        let rule = format!("{function} was called with {address:#x}, which is no thread");
        stop(address, rule)
    })
}
