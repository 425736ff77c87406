//! What a command has to say, as text for people or as one JSON value.

mod cause;
mod json;
mod route;
pub(crate) mod table;

use std::io::{self, BufWriter, ErrorKind, Write};

use serde::Serialize;

use crate::exit::Exit;

pub(crate) use cause::JsonCause;
pub(crate) use json::{JsonInterface, JsonKey, JsonMembers, JsonRoute, flag_names, luid};
pub(crate) use route::{complete_metric, destination_cell, metric, next_hop_cell};

/// The answer of a command.
pub(crate) trait Answer {
    /// Writes it for people. Styles are dropped later where they do not belong.
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes it as one JSON value.
    fn write_json(&self, out: &mut dyn Write) -> io::Result<()>;

    /// What the exit code says of it.
    fn exit(&self) -> Exit {
        Exit::Success
    }
}

/// Nothing to say: the command has printed, or ran one that did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silent(pub(crate) Exit);

impl Answer for Silent {
    fn write_text(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn write_json(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn exit(&self) -> Exit {
        self.0
    }
}

/// Prints an answer. A reader that has seen enough and closes the pipe is no failure.
pub(crate) fn print(answer: &dyn Answer, json: bool) -> io::Result<()> {
    let printed = if json {
        let mut out = BufWriter::new(io::stdout().lock());
        answer.write_json(&mut out).and_then(|()| out.flush())
    } else {
        let mut out = BufWriter::new(anstream::stdout().lock());
        answer.write_text(&mut out).and_then(|()| out.flush())
    };
    match printed {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes one JSON value and ends the line.
pub(crate) fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
