//! The exit codes of the program; that of a bugcheck is `nt_kernel::bugcheck::EXIT_CODE`.

/// Usage, a file that cannot be loaded, a socket that is taken.
pub(crate) const FAILED: u8 = 1;
/// The driver was unloaded and has leaked resources.
pub(crate) const LEAKED: u8 = 87;
