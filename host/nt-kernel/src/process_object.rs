//! The `EPROCESS` of a process.

use crate::process::Process;
use crate::unimplemented;

/// Its address. The object is opaque to drivers: a driver can compare the address, and faults when it
/// touches the object.
#[must_use]
pub fn of(process: &Process) -> usize {
    unimplemented::data(format!("the EPROCESS of process {}", process.pid))
}
