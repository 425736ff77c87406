//! Files with routes in the formats of other programs.
//!
//! A file is read in two steps. First every line is read for what it says, whatever machine this
//! is; then what it says is looked up in the tables of this machine. A line that fails in either
//! step is named, and nothing is done.

mod address;
mod ip;
mod ip_batch;
mod ip_route;
mod line;
mod machine;
mod recognise;
mod resolve;
mod route_commands;
mod route_print;
mod said;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ipforward::{Device, Entry, Error};

use crate::arguments::Format;
use crate::input::{Unreadable, text_of};
use crate::names::Names;
use machine::Machine;
use said::Said;

pub(crate) use line::{LineError, Note};

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(
        "{} is of no format that is known: right would be commands for `ip -batch` or of Windows' \
         `route`, or what `ip route` or `route print` prints",
        .0.display()
    )]
    Unknown(PathBuf),
    #[error(
        "{} of {} cannot be taken, so nothing was done",
        if lines.len() == 1 { "a line".to_owned() } else { format!("{} lines", lines.len()) },
        path.display()
    )]
    Lines {
        path: PathBuf,
        lines: Vec<LineError>,
    },
    #[error(
        "this machine has no interface `{0}` for --map: right would be an index (7), an alias \
         (Ethernet) or a LUID (luid:0x0006008001000000) that `routectl interface show` lists"
    )]
    Map(String),
    /// The tables of this machine cannot be read.
    #[error(transparent)]
    Device(#[from] Error),
}

/// What a file says, before anything is looked up.
#[derive(Debug)]
pub(crate) struct Read {
    path: PathBuf,
    parsed: Parsed,
}

/// What lines say.
#[derive(Debug, Default)]
struct Parsed {
    said: Vec<Said>,
    notes: Vec<Note>,
    errors: Vec<LineError>,
    /// How many lines have a word that Windows has no counterpart for.
    hints: BTreeMap<String, usize>,
    /// How many routes a system makes by itself.
    left_out: usize,
}

impl Parsed {
    /// Sums up what was not taken.
    fn sum_up(&mut self) {
        if self.left_out > 0 {
            self.notes.push(Note::summary(format!(
                "left out what a system makes by itself for its own addresses, loopback, multicast \
                 and broadcast: {}",
                self.left_out
            )));
        }
        for (word, count) in &self.hints {
            self.notes.push(Note::summary(format!(
                "`{word}` has no counterpart here and is left aside: {count}"
            )));
        }
    }
}

/// Reads a file as what it is said to be, or what it looks like. Nothing is looked up yet.
pub(crate) fn read(path: &Path, format: Option<Format>) -> Result<Read, ImportError> {
    let text = text_of(path)?;
    let format = format
        .or_else(|| recognise::format(&text))
        .ok_or_else(|| ImportError::Unknown(path.into()))?;
    let mut parsed = parse(&text, format);
    parsed.sum_up();
    Ok(Read {
        path: path.into(),
        parsed,
    })
}

fn parse(text: &str, format: Format) -> Parsed {
    match format {
        Format::IpBatch => ip_batch::parse(text),
        Format::IpRoute => ip_route::parse(text),
        Format::RouteCommands => route_commands::parse(text),
        Format::RoutePrint => route_print::parse(text),
    }
}

/// Looks up in the tables of this machine what a file says. All lines that cannot be taken are told,
/// those that make no sense and those that do not fit this machine.
pub(crate) fn resolve(
    device: &Device,
    read: Read,
    map: &[(String, String)],
    names: Names,
) -> Result<(Vec<Entry>, Vec<Note>), ImportError> {
    let Read { path, mut parsed } = read;
    let meant = map.iter().map(|(name, meant)| {
        let interface = names.interface(meant)?;
        let interface = interface.ok_or_else(|| ImportError::Map(meant.clone()))?;
        Ok((name.clone(), interface))
    });
    let map = meant.collect::<Result<Vec<_>, ImportError>>()?;
    let machine = Machine::read(device, &map, names)?;
    let mut entries = Vec::new();
    for said in &parsed.said {
        match resolve::entry(&machine, said) {
            Ok(entry) => entries.push(entry),
            Err(wrong) => parsed.errors.push(said.line.error(wrong)),
        }
    }
    if parsed.errors.is_empty() {
        return Ok((entries, parsed.notes));
    }
    parsed.errors.sort_by_key(LineError::number);
    Err(ImportError::Lines {
        path,
        lines: parsed.errors,
    })
}

#[cfg(test)]
mod tests;
