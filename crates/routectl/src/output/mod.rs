//! Output of commands, as text or as one JSON value.

mod diagnosis;
mod interface;
mod json;
mod route;
mod route_file;
pub(crate) mod table;

use std::io::{self, BufWriter, ErrorKind, Write};

use serde::{Serialize, Serializer};
use textwrap::{Options, WordSplitter};

use crate::exit::Exit;

pub(crate) use diagnosis::JsonDiagnosis;
pub(crate) use interface::{JsonIpInterface, family_name};
pub(crate) use json::{JsonInterface, JsonKey, JsonMembers, JsonRoute, MemberChange, luid};
pub(crate) use route::{
    COLUMNS as ROUTE_COLUMNS, cells as route_cells, complete_metric, destination_cell,
    family_color, interface_cell, metric, next_hop_cell,
};
pub(crate) use route_file::write_route;

/// The output of a command.
pub(crate) trait CommandOutput {
    /// Writes it as text, with styles; `anstream` removes them if the output is not a terminal.
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes it as one JSON value.
    fn write_json(&self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes what has failed, for the error output; in JSON it is part of the value.
    fn write_failures(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// The exit code of the command.
    fn exit(&self) -> Exit {
        Exit::Success
    }
}

/// No output: the command has printed its output itself, or ran another command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoOutput(pub(crate) Exit);

impl CommandOutput for NoOutput {
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

/// Prints the output of a command. A reader that closes the pipe is not an error.
pub(crate) fn print(output: &dyn CommandOutput, json: bool) -> io::Result<()> {
    let printed = if json {
        let mut out = BufWriter::new(io::stdout().lock());
        output.write_json(&mut out).and_then(|()| out.flush())
    } else {
        // If the error output is closed, failures cannot be reported.
        drop(output.write_failures(&mut anstream::stderr().lock()));
        let mut out = BufWriter::new(anstream::stdout().lock());
        output.write_text(&mut out).and_then(|()| out.flush())
    };
    match printed {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Text for the standard output that is printed in parts. A reader that closes the pipe is not an error.
pub(crate) struct TextOutput {
    out: BufWriter<anstream::AutoStream<io::StdoutLock<'static>>>,
    is_closed: bool,
}

impl TextOutput {
    pub(crate) fn begin() -> Self {
        Self {
            out: BufWriter::new(anstream::stdout().lock()),
            is_closed: false,
        }
    }

    /// Prints what `write` writes.
    pub(crate) fn write(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        match write(&mut self.out).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            other => other,
        }
    }
}

/// A text in lines that fit a terminal; unchanged if the output is not a terminal.
pub(crate) fn wrapped(text: &str) -> String {
    match terminal_size::terminal_size_of(io::stdout()) {
        Some((width, _)) => filled(text, usize::from(width.0)),
        None => text.to_owned(),
    }
}

fn filled(text: &str, width: usize) -> String {
    // Words such as `on-link` stay whole.
    let options = Options::new(width).word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Writes one JSON value on a line of its own.
pub(crate) fn write_json_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

/// Writes one JSON value and ends the line.
pub(crate) fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

/// A list of many values, of which no more than one is in memory.
#[derive(Debug)]
pub(crate) struct JsonList<I>(pub(crate) I);

impl<I> Serialize for JsonList<I>
where
    I: Iterator<Item: Serialize> + Clone,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrapped_between_words() {
        let text = "metric 30; next candidate 10.0.0.0/8 on-link dev 7";
        assert_eq!(
            filled(text, 40),
            "metric 30; next candidate 10.0.0.0/8\non-link dev 7"
        );
        assert_eq!(filled(text, 80), text);
    }
}
