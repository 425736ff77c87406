//! `routectl`, the command-line tool of the IpForward driver.

mod arguments;
mod cause;
mod child;
mod choice;
mod command;
mod exit;
mod failure;
mod filter;
mod guess;
mod import;
mod input;
mod names;
mod output;
mod remedy;
mod route_file;
mod words;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use exit::Exit;
use failure::Failure;

fn main() -> ExitCode {
    command::completions::answer();
    let (json, outcome) = match Arguments::try_parse() {
        Ok(arguments) => (arguments.json, run(&arguments)),
        // Help is an error to clap, with an exit code of 0.
        Err(error) => (
            arguments::json_is_asked_for(),
            Err(Failure::Arguments(error)),
        ),
    };
    let exit = match outcome {
        Ok(exit) => exit,
        Err(failure) => failure.report(json),
    };
    exit.leave()
}

fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let answer = command::run(arguments)?;
    output::print(&*answer, arguments.json).map_err(Failure::Output)?;
    Ok(answer.exit())
}
