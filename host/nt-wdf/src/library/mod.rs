//! WDFLDR.SYS with a framework library behind it: an image such as Wdf01000.sys, which the host has
//! loaded as a driver and which serves the drivers that bind to it, its clients.
//!
//! The library registers itself while its `DriverEntry` runs (`registration`). A client binds before its
//! own `DriverEntry`, and unbinds after its unload routine (`client`). What does not fit is refused, with
//! the reason on standard error.

mod client;
mod interface;
mod library_info;
mod registration;

use nt_kernel::console;
use nt_kernel::exports::Export;
use nt_types::NtStatus;

pub use registration::{RegistrationError, expect, finish, require_registered, set_diagnostics};

/// What WDFLDR.SYS exports to a library and its clients. The three functions for class extensions are
/// left out: a call stops with its name.
#[must_use]
pub fn exports() -> Vec<Export> {
    let export = |name, address| Export {
        module: interface::MODULE,
        name,
        address,
    };
    vec![
        export(
            "WdfRegisterLibrary",
            registration::register_library as *const () as usize,
        ),
        export(
            "WdfLdrDiagnosticsValueByNameAsULONG",
            registration::diagnostics_value as *const () as usize,
        ),
        export(
            "WdfLdrQueryInterface",
            interface::query_interface as *const () as usize,
        ),
        export("WdfVersionBind", client::version_bind as *const () as usize),
        export(
            "WdfVersionUnbind",
            client::version_unbind as *const () as usize,
        ),
    ]
}

/// Why the loader refuses a call.
struct LoaderError {
    status: NtStatus,
    reason: String,
}

impl LoaderError {
    fn new(status: NtStatus, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
        }
    }

    fn invalid(reason: impl Into<String>) -> Self {
        Self::new(NtStatus::INVALID_PARAMETER, reason)
    }
}

/// The status that `function` returns. An error is printed.
fn status_of(function: &str, outcome: Result<(), LoaderError>) -> NtStatus {
    match outcome {
        Ok(()) => NtStatus::SUCCESS,
        Err(LoaderError { status, reason }) => {
            console::write_line(&format!("{function} is refused with {status}: {reason}"));
            status
        }
    }
}
