//! `routectl`, the command-line tool of the IpForward driver.

mod cli;
mod command;
mod diagnosis;
mod error;
mod exit;
mod import;
mod input;
mod output;
mod owner;
mod progress;
mod route_index;
mod selftest;
mod spec;

use std::process::ExitCode;

use cli::Cli;
use error::CommandError;
use exit::Exit;

fn main() -> ExitCode {
    command::completions::answer();
    let (json, outcome) = match Cli::of_program() {
        Ok(cli) => (cli.json, run(&cli)),
        // For clap, help is an error with exit code 0.
        Err(error) => (cli::has_json_flag(), Err(CommandError::Arguments(error))),
    };
    let exit = match outcome {
        Ok(exit) => exit,
        Err(error) => error.report(json),
    };
    exit.leave()
}

fn run(cli: &Cli) -> Result<Exit, CommandError> {
    let output = command::run(cli)?;
    output::print(&*output, cli.json).map_err(CommandError::Output)?;
    Ok(output.exit())
}
