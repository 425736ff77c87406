//! `routectl completions`, and the completions themselves.
//!
//! The script calls routectl with the typed arguments, so that every shell gets the same completions,
//! with the keywords of routes, and the interfaces and routes of the device's system.

mod offer;
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
use crate::spec::{self, Keyword};

const PROGRAM: &str = "routectl";

/// The environment variable that requests completions; its value is the shell's name.
const VARIABLE: &str = "ROUTECTL_COMPLETE";

/// The keywords of `hold` besides those of a route, with their help.
const HOLD_KEYWORDS: &[(&str, &str)] = &[
    ("share", "allow other programs to lease the route too"),
    ("guard", "restore the route when another program changes it"),
];

/// The keywords of `get` for a route, besides those of a packet.
const GET_KEYWORDS: &[(&str, &str)] = &[(Keyword::Via.name(), Keyword::Via.expected())];

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

/// The command line with completions for the keywords of routes.
fn command() -> Command {
    let route = |command: Command| {
        command
            .mut_subcommand("add", with(spec::ROUTE, &[]))
            .mut_subcommand("set", with(spec::ROUTE, &[]))
            .mut_subcommand("replace", with(spec::ROUTE, &[]))
            .mut_subcommand("show", with_interfaces)
            .mut_subcommand("flush", with_interfaces)
            .mut_subcommand("delete", with(spec::KEY, &[]))
            .mut_subcommand("get", with(spec::PACKET, GET_KEYWORDS))
    };
    Cli::command()
        .mut_subcommand("route", route)
        .mut_subcommand("export", with_interfaces)
        .mut_subcommand("import", with_interfaces)
        .mut_subcommand("explain", with(spec::ROUTE, &[]))
        .mut_subcommand("hold", |hold| {
            // clap moves a changed argument to the end, so this moves the command behind it.
            with(spec::ROUTE, HOLD_KEYWORDS)(hold).mut_arg("command", |command| command)
        })
}

/// Completes the interfaces in the option `--dev` of a command.
fn with_interfaces(command: Command) -> Command {
    command.mut_arg("dev", |argument| {
        argument.add(ArgValueCompleter::new(offer::interfaces))
    })
}

/// Completes the description of a route, with these keywords and others, in the `spec` argument of a command.
fn with(
    keywords: &'static [Keyword],
    others: &'static [(&str, &str)],
) -> impl FnOnce(Command) -> Command {
    let offer = move |begun: &OsStr| offer::for_route(begun, keywords, others);
    move |command| {
        command.mut_arg("spec", |argument| {
            argument.add(ArgValueCompleter::new(offer))
        })
    }
}

impl CommandOutput for CompletionScript {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.script.as_bytes())
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
