//! The security descriptor that the registry has for the driver's devices: what the INF file writes
//! there, and what an administrator puts in its place.

use nt_types::status::NtStatus;
use parking_lot::Mutex;

/// The descriptor of a bus driver's device if the registry has none: every user may read and write.
pub(crate) const BUS_DEFAULT_SDDL: &str =
    "D:P(A;;GRGWGX;;;WD)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGX;;;RC)";

static SECURITY: Mutex<Option<String>> = Mutex::new(None);

/// Sets the `Security` property of all devices that are started from now on.
///
/// # Errors
///
/// `STATUS_INVALID_SECURITY_DESCR` if the text is no security descriptor.
pub fn set_security(sddl: Option<String>) -> Result<(), NtStatus> {
    if let Some(sddl) = &sddl {
        nt_io::security::parse(sddl)?;
    }
    *SECURITY.lock() = sddl;
    Ok(())
}

/// The descriptor that the registry has.
pub(crate) fn security() -> Option<String> {
    SECURITY.lock().clone()
}
