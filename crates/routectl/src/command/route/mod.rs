//! `routectl route …`

mod add;
mod best;
mod delete;
mod get;
mod set;
mod show;

use super::open;
use crate::arguments::{Arguments, RouteCommand};
use crate::failure::Failure;
use crate::output::Answer;

/// Runs the command and returns what it has to say.
pub(super) fn run(
    arguments: &Arguments,
    command: &RouteCommand,
) -> Result<Box<dyn Answer>, Failure> {
    Ok(match command {
        RouteCommand::Add(words) => Box::new(add::run(arguments, words)?),
        RouteCommand::Set(words) => Box::new(set::run(arguments, words)?),
        RouteCommand::Delete(words) => Box::new(delete::run(arguments, words)?),
        RouteCommand::Get(words) => return get::run(arguments, words),
        RouteCommand::Show(filter) => Box::new(show::run(arguments, filter)?),
    })
}
