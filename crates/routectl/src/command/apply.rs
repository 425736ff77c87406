//! `routectl apply`

use ipforward::{Access, Batch};

use super::change::{self, Plan};
use crate::arguments::{ApplyArguments, Arguments};
use crate::failure::Failure;
use crate::names::Names;
use crate::output::Answer;
use crate::route_file::{self, RouteFileError};

pub(super) fn run(
    arguments: &Arguments,
    apply: &ApplyArguments,
) -> Result<Box<dyn Answer>, Failure> {
    let entries = route_file::read(&apply.file, apply.how.hold, &Names::new(arguments))?;
    let count = entries.len();
    if apply.atomic && count > change::PAGE {
        return Err(RouteFileError::NotAtomic { count }.into());
    }
    let mut batch: Batch = entries.into_iter().collect();
    if apply.atomic {
        batch = batch.atomic();
    }
    let device = super::open(arguments, Access::ReadWrite)?;
    let plan = Plan {
        batch,
        file: &apply.file,
        notes: Vec::new(),
    };
    change::run(arguments, &apply.how, &device, plan)
}
