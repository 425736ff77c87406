//! `routectl completions`, and the completions themselves.
//!
//! The script calls routectl with the typed arguments, so that every shell gets the same completions,
//! with the keywords of routes, and the interfaces and routes of the device's system.

mod offer;
mod route_words;
mod typed;

use std::ffi::OsStr;
use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::env::Shells;
use clap_complete::{ArgValueCompleter, CompleteEnv, Shell};
use serde::Serialize;

use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::{CommandOutput, write_json};
use route_words::{EXISTING_KEY, EXISTING_ROUTE, HELD_ROUTE, KEY_OR_PACKET, NEW_ROUTE, RouteWords};

const PROGRAM: &str = "routectl";

/// The environment variable that requests completions; its value is the shell's name.
const VARIABLE: &str = "ROUTECTL_COMPLETE";

/// The completion script of a shell.
#[derive(Debug, Serialize)]
pub(super) struct CompletionScript {
    shell: String,
    script: String,
}

pub(super) fn run(shell: Shell) -> Result<CompletionScript, CommandError> {
    let shell = shell.to_string();
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(&shell) {
        completer
            .write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)
            .map_err(CommandError::Output)?;
    }
    Ok(CompletionScript {
        shell,
        script: String::from_utf8_lossy(&script).into_owned(),
    })
}

/// If a shell requests completions, prints them and ends the program.
pub(crate) fn answer() {
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}

/// The command line with completions for routes and for the values of options.
fn command() -> Command {
    let route = |command: Command| {
        command
            .mut_subcommand("add", with(&NEW_ROUTE))
            .mut_subcommand("set", with(&EXISTING_ROUTE))
            .mut_subcommand("replace", with(&NEW_ROUTE))
            .mut_subcommand("delete", with(&EXISTING_KEY))
            .mut_subcommand("get", with(&KEY_OR_PACKET))
    };
    let interface = |command: Command| {
        command
            .mut_subcommand("set", with_interfaces)
            .mut_subcommand("hold", |hold| {
                // As for `hold` of a route.
                with_interfaces(hold).mut_arg("command", |command| command)
            })
    };
    with_values(Cli::command())
        .mut_subcommand("route", route)
        .mut_subcommand("interface", interface)
        .mut_subcommand("explain", with(&NEW_ROUTE))
        .mut_subcommand("hold", |hold| {
            // clap moves a changed argument to the end, so this moves the command behind it.
            with(&HELD_ROUTE)(hold).mut_arg("command", |command| command)
        })
}

/// Completes the interfaces in the argument `dev` of a command.
fn with_interfaces(command: Command) -> Command {
    command.mut_arg("dev", |argument| {
        argument.add(ArgValueCompleter::new(offer::interfaces))
    })
}

/// Completes the description of a route in the `spec` argument of a command.
fn with(words: &'static RouteWords) -> impl FnOnce(Command) -> Command {
    let offer = move |begun: &OsStr| offer::for_route(begun, words);
    move |command| {
        command.mut_arg("spec", |argument| {
            argument.add(ArgValueCompleter::new(offer))
        })
    }
}

/// Completes the values of the options of a command and of its subcommands.
fn with_values(mut command: Command) -> Command {
    let options = command
        .get_arguments()
        .filter(|argument| !argument.is_positional());
    let names: Vec<_> = options.map(|option| option.get_id().clone()).collect();
    for name in names {
        let offer = match name.as_str() {
            "dev" | "interface" => offer::interfaces,
            "map" => offer::mapped_interfaces,
            "via" => offer::next_hops,
            "longer" | "shorter" | "inside" => offer::prefixes,
            "protocol" => offer::protocols,
            _ => continue,
        };
        command = command.mut_arg(name, |option| option.add(ArgValueCompleter::new(offer)));
    }
    command.mut_subcommands(with_values)
}

impl CommandOutput for CompletionScript {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.script.as_bytes())
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
