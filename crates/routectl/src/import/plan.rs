//! The changes of a whole file.

use std::collections::HashMap;
use std::path::PathBuf;

use ipforward::EntryChange;
use ipforward::{Device, Entry, IpNet, NextHop};

use super::line::{Line, LineKind, Note, RejectedLine};
use super::line_change::LineChange;
use super::line_kind::LeftOut;
use super::local_tables::LocalTables;
use super::options::PlaceOptions;
use super::resolve::{Resolved, entries};
use super::{ImportError, Parsed, ParsedFile};
use crate::spec::InterfaceNames;

/// The options of the command line about lines and places.
#[derive(Clone, Debug)]
pub(crate) struct ImportOptions {
    /// The local interfaces for names in the file.
    pub(crate) map: Vec<(String, String)>,
    pub(crate) via: Vec<NextHop>,
    pub(crate) dev: Option<String>,
    pub(crate) metric: Option<u32>,
    pub(crate) absent_ok: bool,
}

/// A resolved file.
#[derive(Debug)]
pub(crate) struct Resolution {
    path: PathBuf,
    entries: Vec<Entry>,
    /// The line of each entry.
    lines: Vec<Line>,
    notes: Vec<Note>,
    rejected: Vec<RejectedLine>,
    /// True if lines were understood and left out.
    has_other_lines: bool,
}

/// The changes of a file of which no line is rejected.
#[derive(Debug)]
pub(crate) struct ImportPlan {
    pub(crate) entries: Vec<Entry>,
    /// The line of each entry.
    pub(crate) lines: Vec<Line>,
    pub(crate) notes: Vec<Note>,
}

/// Resolves a parsed file with the local tables.
pub(crate) fn resolve(
    device: &Device,
    file: ParsedFile,
    options: &ImportOptions,
    names: InterfaceNames,
) -> Result<Resolution, ImportError> {
    let interface = |name: &str, option: String| {
        let interface = names.interface(name)?;
        interface.ok_or_else(|| ImportError::NoInterface {
            option,
            error: names.unknown(name),
        })
    };
    let map = options.map.iter().map(|(name, local)| {
        let interface = interface(local, format!("--map {name}={local}"))?;
        Ok((name.clone(), interface))
    });
    let map = map.collect::<Result<Vec<_>, ImportError>>()?;
    let dev = options.dev.as_deref();
    let dev = dev.map(|dev| interface(dev, format!("--dev {dev}")));
    let dev = dev.transpose()?;
    let mut tables = LocalTables::read(device, &map, names)?;
    let places = PlaceOptions {
        via: options.via.clone(),
        dev: dev.map(|dev| tables.completed(dev)),
        metric: options.metric,
        absent_ok: options.absent_ok,
    };
    let ParsedFile { path, parsed } = file;
    Ok(resolved(path, parsed, &mut tables, &places))
}

/// Resolves every line in order.
pub(super) fn resolved(
    path: PathBuf,
    mut parsed: Parsed,
    tables: &mut LocalTables,
    places: &PlaceOptions,
) -> Resolution {
    let mut planned = PlannedEntries::default();
    for change in std::mem::take(&mut parsed.changes) {
        match entries(tables, places, &change) {
            Ok(Resolved::Entries(entries, notes)) => {
                let notes = notes.into_iter().map(|note| change.line.note(note));
                parsed.notes.extend(notes);
                for entry in entries {
                    planned.add(&mut parsed, &change, entry);
                }
            }
            Ok(Resolved::LeftOut(kind)) => parsed.leave_out(&change.line, kind),
            Err(error) => parsed.reject(&change.line, error),
        }
    }
    parsed.add_summary();
    parsed.errors.sort_by_key(RejectedLine::number);
    Resolution {
        path,
        has_other_lines: parsed.has_left_out_routes(),
        entries: planned.entries,
        lines: planned.lines,
        notes: parsed.notes,
        rejected: parsed.errors,
    }
}

/// The entries of the lines so far.
#[derive(Default)]
struct PlannedEntries {
    entries: Vec<Entry>,
    /// The line of each entry.
    lines: Vec<Line>,
    /// The places of the routes that a table of the file has.
    upserts: HashMap<(IpNet, NextHop), Vec<usize>>,
}

impl PlannedEntries {
    /// Adds an entry. Of two rows with one key, only the one with the better metric stays.
    fn add(&mut self, parsed: &mut Parsed, change: &LineChange, entry: Entry) {
        let EntryChange::Upsert(route) = *entry.change() else {
            self.push(change, entry);
            return;
        };
        let places = (self.upserts)
            .entry((route.destination, route.next_hop))
            .or_default();
        let key = route.key();
        let is_same = |place: &&usize| self.entries[**place].route().key().is_same(&key);
        match places.iter().find(is_same).copied() {
            None => {
                places.push(self.entries.len());
                self.push(change, entry);
            }
            Some(place) => {
                parsed.leave_out(&change.line, LeftOut::Repeated);
                if route.metric < self.entries[place].route().metric {
                    self.entries[place] = entry;
                    self.lines[place] = change.line.clone();
                }
            }
        }
    }

    fn push(&mut self, change: &LineChange, entry: Entry) {
        self.entries.push(entry);
        self.lines.push(change.line.clone());
    }
}

impl Resolution {
    /// The lines that cannot be imported.
    pub(crate) fn rejected(&self) -> &[RejectedLine] {
        &self.rejected
    }

    /// True if there are rejected lines, and something of the file remains without them.
    pub(crate) const fn can_leave_out_all(&self) -> bool {
        !self.rejected.is_empty() && (!self.entries.is_empty() || self.has_other_lines)
    }

    /// Leaves out the rejected lines of these kinds, with a note for each; returns their number.
    pub(crate) fn leave_out(&mut self, kinds: &[LineKind]) -> usize {
        let is_left_out = |line: &RejectedLine| kinds.is_empty() || kinds.contains(&line.kind());
        let (left_out, rejected): (Vec<_>, Vec<_>) = self.rejected.drain(..).partition(is_left_out);
        self.rejected = rejected;
        if self.entries.is_empty() && !self.has_other_lines {
            // Without these lines, nothing of the file is understood.
            self.rejected.extend(left_out);
            return 0;
        }
        let count = left_out.len();
        if count > 0 {
            let notes = left_out.iter().map(RejectedLine::left_out);
            self.notes.extend(notes);
            self.notes.push(Note::of_file(format!(
                "left out lines that cannot be imported: {count}"
            )));
        }
        count
    }

    /// The changes, if no rejected line remains.
    pub(crate) fn into_plan(self) -> Result<ImportPlan, ImportError> {
        if self.rejected.is_empty() {
            return Ok(ImportPlan {
                entries: self.entries,
                lines: self.lines,
                notes: self.notes,
            });
        }
        Err(ImportError::Lines {
            path: self.path,
            lines: self.rejected,
        })
    }
}
