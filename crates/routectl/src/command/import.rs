//! `routectl import`

use ipforward::{Access, Batch};

use super::change::{self, Plan};
use crate::arguments::{Arguments, ImportArguments};
use crate::failure::Failure;
use crate::import;
use crate::names::Names;
use crate::output::Answer;

pub(super) fn run(
    arguments: &Arguments,
    import: &ImportArguments,
) -> Result<Box<dyn Answer>, Failure> {
    let read = import::read(&import.file, import.format)?;
    let device = super::open(arguments, Access::ReadWrite)?;
    let (entries, notes) = import::resolve(&device, read, &import.map, Names::new(arguments))?;
    let plan = Plan {
        batch: entries.into_iter().collect::<Batch>().atomic(),
        file: &import.file,
        notes,
    };
    change::run(arguments, &import.how, &device, plan)
}
