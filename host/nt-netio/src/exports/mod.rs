//! The exports of NETIO.SYS, and of NDIS.SYS those for network compartments: what a driver calls,
//! checked and handed on to the installed stack.
//!
//! Each function keeps the same order: its IRQL limit, fault injection, NULL pointers, the row
//! read once, the stack, the result written back.

mod best_route;
mod compartment;
mod failures;
mod interface;
mod mib_table;
mod notify;
mod pages;
mod pointer;
mod route;
mod row_pages;

use nt_kernel::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use nt_kernel::exports::Export;
use nt_kernel::irql::{self, Irql};
use nt_kernel::warning;
use nt_types::NtStatus;

use crate::stack::NetworkStack;
use crate::trace;

/// The host's own first parameter of a stop for a broken rule of NETIO: "NET".
const NETIO_RULE: u64 = 0x4E_4554;

/// Lists functions under their own names.
macro_rules! exports {
    ($module:literal: $($file:ident::$function:ident),* $(,)?) => {
        vec![$(Export {
            module: $module,
            name: stringify!($function),
            address: $file::$function as *const () as usize,
        }),*]
    };
}

/// Everything that NETIO.SYS and NDIS.SYS export here.
#[must_use]
pub fn exports() -> Vec<Export> {
    let mut all = exports![
        "NETIO.SYS":
        route::InitializeIpForwardEntry,
        route::CreateIpForwardEntry2,
        route::SetIpForwardEntry2,
        route::DeleteIpForwardEntry2,
        route::GetIpForwardEntry2,
        route::GetIpForwardTable2,
        mib_table::FreeMibTable,
        best_route::GetBestRoute2,
        interface::InitializeIpInterfaceEntry,
        interface::GetIpInterfaceEntry,
        interface::SetIpInterfaceEntry,
        interface::GetIpInterfaceTable,
        interface::ConvertInterfaceIndexToLuid,
        interface::ConvertInterfaceLuidToIndex,
        interface::ConvertInterfaceLuidToGuid,
        interface::ConvertInterfaceGuidToLuid,
        interface::GetUnicastIpAddressTable,
        notify::NotifyRouteChange2,
        notify::NotifyIpInterfaceChange,
        notify::NotifyUnicastIpAddressChange,
        notify::CancelMibChangeNotify2,
    ];
    all.extend(exports![
        "NDIS.SYS":
        compartment::NdisGetThreadObjectCompartmentId,
        compartment::NdisSetThreadObjectCompartmentId,
    ]);
    all
}

/// What an access to `address` did wrong, if it is near a MIB table or in one that was freed.
#[must_use]
pub fn explain_fault(address: usize) -> Option<String> {
    mib_table::explain_fault(address).or_else(|| notify::explain_fault(address))
}

/// The highest level at which a function may be called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// Both official statements say `PASSIVE_LEVEL`.
    Passive,
    /// The reference says below `DISPATCH_LEVEL`, the header says `PASSIVE_LEVEL`.
    Disputed,
}

/// Runs a function that answers a status and may fail.
fn call(
    function: &'static str,
    limit: Limit,
    body: impl FnOnce(&dyn NetworkStack) -> Result<(), NtStatus>,
) -> NtStatus {
    let stack = super::stack();
    require_level(function, limit, stack);
    let outcome = match failures::inject(function, stack) {
        Some(status) => Err(status),
        None => body(stack),
    };
    let status = outcome.err().unwrap_or(NtStatus::SUCCESS);
    trace::record(function, status, stack);
    status
}

/// Runs a function that answers nothing and cannot fail.
fn run(function: &'static str, limit: Limit, body: impl FnOnce(&dyn NetworkStack)) {
    let stack = super::stack();
    require_level(function, limit, stack);
    body(stack);
    trace::record(function, NtStatus::SUCCESS, stack);
}

#[inline]
fn require_level(function: &'static str, limit: Limit, stack: &dyn NetworkStack) {
    if irql::current() > Irql::PASSIVE {
        check_level(function, limit, stack);
    }
}

#[cold]
fn check_level(function: &'static str, limit: Limit, stack: &dyn NetworkStack) {
    if limit == Limit::Passive || stack.behaviours().stops_at_apc() {
        return irql::require_at_most(function, Irql::PASSIVE);
    }
    irql::require_at_most(function, Irql::APC);
    if irql::current() == Irql::APC {
        warning(format!(
            "{function} was called at APC_LEVEL; its header allows no more than PASSIVE_LEVEL"
        ));
    }
}

/// Stops the machine for a rule of NETIO.
fn stop(address: usize, rule: String) -> ! {
    bugcheck::stop(report(address, rule))
}

fn report(address: usize, rule: String) -> BugCheck {
    BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [NETIO_RULE, address as u64, 0, 0],
        rule,
    }
}
