//! What the exit code says.

use std::process::ExitCode;

/// The exit codes of routectl, which scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Success = 0,
    Refused = 1,
    Usage = 2,
    NotFound = 3,
    NoAccess = 4,
    NoDevice = 5,
}

/// The part of `--help` about them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  refused by the driver or the network stack; `explain` found something
  2  wrong usage
  3  not found: the route, the interface, or a way to the address
  4  no access
  5  no device, or its host went away";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
