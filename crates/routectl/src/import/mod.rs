//! Importing files of routes in the formats of other programs.
//!
//! Importing has two steps: first parse every line, without the local system; then resolve
//! interfaces and routes with the local tables. If a line fails in either step, the errors name
//! every such line, and nothing is changed.

mod address;
mod detect_format;
mod ip;
mod ip_batch;
mod ip_route;
mod line;
mod line_change;
mod local_tables;
mod resolve;
mod route_commands;
mod route_print;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use ipforward::{Device, Entry, Error};

use crate::input::{FileError, text_of};
use crate::spec::InterfaceNames;
use line_change::LineChange;
use local_tables::LocalTables;

pub(crate) use line::{Note, RejectedLine};

/// The format of an imported file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportFormat {
    /// Commands of iproute2, as for `ip -batch`
    IpBatch,
    /// The output of `ip route`
    IpRoute,
    /// Commands of Windows' `route`
    RouteCommands,
    /// The output of Windows' `route print`
    RoutePrint,
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "unknown format of {}: expected commands of `ip -batch` or of Windows' `route`, or the output \
         of `ip route` or `route print`",
        .0.display()
    )]
    Unknown(PathBuf),
    #[error(
        "cannot import {} of {}; nothing was changed",
        if lines.len() == 1 { "a line".to_owned() } else { format!("{} lines", lines.len()) },
        path.display()
    )]
    Lines {
        path: PathBuf,
        lines: Vec<RejectedLine>,
    },
    #[error(
        "unknown interface `{0}` in --map: expected an index (7), an alias (Ethernet) or a LUID \
         (luid:0x0006008001000000) from `routectl interface show`"
    )]
    Map(String),
    /// The local tables cannot be read.
    #[error(transparent)]
    Device(#[from] Error),
}

/// A parsed file, before interfaces and routes are looked up.
#[derive(Debug)]
pub(crate) struct ParsedFile {
    path: PathBuf,
    parsed: Parsed,
}

/// The parsed lines of a file.
#[derive(Debug, Default)]
struct Parsed {
    changes: Vec<LineChange>,
    notes: Vec<Note>,
    errors: Vec<RejectedLine>,
    /// Keywords without a counterpart in Windows, with the number of their uses.
    ignored: BTreeMap<String, usize>,
    /// The number of routes that the system adds, which an import skips.
    system_routes: usize,
}

impl Parsed {
    fn count_ignored(&mut self, keywords: &[&str]) {
        for keyword in keywords {
            *self.ignored.entry((*keyword).to_owned()).or_default() += 1;
        }
    }

    /// Adds notes about everything that was skipped or ignored.
    fn add_summary(&mut self) {
        if self.system_routes > 0 {
            self.notes.push(Note::of_file(format!(
                "skipped routes that a system adds by itself for its own addresses, loopback, multicast \
                 and broadcast: {}",
                self.system_routes
            )));
        }
        for (word, count) in &self.ignored {
            self.notes.push(Note::of_file(format!(
                "ignored `{word}`, which Windows does not have: {count}"
            )));
        }
    }
}

/// Reads and parses a file of the given or detected format.
pub(crate) fn read(path: &Path, format: Option<ImportFormat>) -> Result<ParsedFile, ImportError> {
    let text = text_of(path)?;
    let format = format
        .or_else(|| detect_format::detect(&text))
        .ok_or_else(|| ImportError::Unknown(path.into()))?;
    let mut parsed = parse(&text, format);
    parsed.add_summary();
    Ok(ParsedFile {
        path: path.into(),
        parsed,
    })
}

fn parse(text: &str, format: ImportFormat) -> Parsed {
    match format {
        ImportFormat::IpBatch => ip_batch::parse(text),
        ImportFormat::IpRoute => ip_route::parse(text),
        ImportFormat::RouteCommands => route_commands::parse(text),
        ImportFormat::RoutePrint => route_print::parse(text),
    }
}

/// Resolves a parsed file with the local tables. The error has all lines that cannot be parsed or
/// resolved.
pub(crate) fn resolve(
    device: &Device,
    file: ParsedFile,
    map: &[(String, String)],
    names: InterfaceNames,
) -> Result<(Vec<Entry>, Vec<Note>), ImportError> {
    let ParsedFile { path, mut parsed } = file;
    let map = map.iter().map(|(name, local)| {
        let interface = names.interface(local)?;
        let interface = interface.ok_or_else(|| ImportError::Map(local.clone()))?;
        Ok((name.clone(), interface))
    });
    let map = map.collect::<Result<Vec<_>, ImportError>>()?;
    let tables = LocalTables::read(device, &map, names)?;
    let mut entries = Vec::new();
    for change in &parsed.changes {
        match resolve::entry(&tables, change) {
            Ok(entry) => entries.push(entry),
            Err(error) => parsed.errors.push(change.line.reject(error)),
        }
    }
    if parsed.errors.is_empty() {
        return Ok((entries, parsed.notes));
    }
    parsed.errors.sort_by_key(RejectedLine::number);
    Err(ImportError::Lines {
        path,
        lines: parsed.errors,
    })
}

#[cfg(test)]
mod tests;
