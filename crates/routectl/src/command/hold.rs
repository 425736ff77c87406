//! `routectl hold`

use ipforward::{Access, Batch};

use crate::arguments::{Arguments, HoldArguments};
use crate::child;
use crate::failure::Failure;
use crate::names::Names;
use crate::output::Silent;
use crate::words;

/// Leases the route and runs the command. The lease ends with the device, at the end of this.
pub(super) fn run(arguments: &Arguments, hold: &HoldArguments) -> Result<Silent, Failure> {
    let wanted = words::held(&hold.route, &Names::new(arguments))?;
    let device = super::open(arguments, Access::ReadWrite)?;
    let outcome = device
        .apply(&Batch::new().with(wanted.entry()))
        .map_err(|error| Failure::about(&device, error, &wanted.route))?;
    let failure = outcome.entries.first().and_then(|entry| entry.failure);
    if let Some(failure) = failure {
        return Err(Failure::of_entry(&failure, &wanted.route));
    }
    child::run(&hold.command).map(Silent)
}
