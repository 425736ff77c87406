//! `routectl completions`, and what a shell that was taught by it asks.
//!
//! The script calls routectl with what is typed so far, so that every shell gets the same answers,
//! and the words of a route with them, which are no options that a script could list.

use std::ffi::OsStr;
use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::env::Shells;
use clap_complete::{ArgValueCompleter, CompleteEnv, CompletionCandidate, Shell};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::{Answer, write_json};
use crate::words::{self, Word};

const PROGRAM: &str = "routectl";

/// The variable with which a shell asks, whose name is in its value.
const ASKED: &str = "ROUTECTL_COMPLETE";

/// The words of `hold` beside those of a route, and what they mean.
const OF_HOLD: &[(&str, &str)] = &[
    ("share", "others may hold the same route"),
    ("guard", "put the route back"),
];

/// What `get` takes of a route's key beside the words of a packet.
const OF_A_KEY: &[(&str, &str)] = &[(Word::Via.name(), Word::Via.right())];

/// The script that teaches a shell the words of routectl.
#[derive(Debug, Serialize)]
pub(super) struct Script {
    shell: String,
    script: String,
}

pub(super) fn run(shell: Shell) -> Result<Script, Failure> {
    let shell = shell.to_string();
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(&shell) {
        completer
            .write_registration(ASKED, PROGRAM, PROGRAM, PROGRAM, &mut script)
            .map_err(Failure::Output)?;
    }
    Ok(Script {
        shell,
        script: String::from_utf8_lossy(&script).into_owned(),
    })
}

/// If a shell asks for what may come next, answers it and ends the program.
pub(crate) fn answer() {
    CompleteEnv::with_factory(command).var(ASKED).complete();
}

/// The command line with the words of routes where they can be typed.
fn command() -> Command {
    let route = |command: Command| {
        command
            .mut_subcommand("add", with(words::ROUTE, &[]))
            .mut_subcommand("set", with(words::ROUTE, &[]))
            .mut_subcommand("delete", with(words::KEY, &[]))
            .mut_subcommand("get", with(words::PACKET, OF_A_KEY))
    };
    Arguments::command()
        .mut_subcommand("route", route)
        .mut_subcommand("explain", with(words::ROUTE, &[]))
        .mut_subcommand("hold", |hold| {
            // An argument that is changed becomes the last one: so does the command then.
            with(words::ROUTE, OF_HOLD)(hold).mut_arg("command", |command| command)
        })
}

/// Offers these words, and others with their meaning, in the place of a command's words.
fn with(
    words: &'static [Word],
    others: &'static [(&str, &str)],
) -> impl FnOnce(Command) -> Command {
    let offer = move |begun: &OsStr| -> Vec<CompletionCandidate> {
        let words = words.iter().map(|word| (word.name(), word.right()));
        words
            .chain(others.iter().copied())
            .filter(|(name, _)| begun.to_str().is_some_and(|begun| name.starts_with(begun)))
            .map(|(name, right)| CompletionCandidate::new(name).help(Some(right.into())))
            .collect()
    };
    move |command| {
        command.mut_arg("words", |argument| {
            argument.add(ArgValueCompleter::new(offer))
        })
    }
}

impl Answer for Script {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.script.as_bytes())
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        write_json(out, self)
    }
}
