//! The record of the routes that an owner has applied: a file of routes in the state folder.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ipforward::{AddressFamily, Batch, Device, Entry, EntryChange, Error, Route};

use crate::output::write_route;
use crate::route_index::RouteIndex;
use crate::spec::{InterfaceNames, RouteFileError, read_route_file};

/// The variable that names the state folder.
const VARIABLE: &str = "IPFORWARD_STATE";

/// Why the record of an owner cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnerError {
    #[error("no folder for the records of owners: expected one in ${VARIABLE}")]
    NoFolder,
    #[error("cannot read the record of an owner: {0}")]
    Read(#[from] RouteFileError),
    #[error("cannot write the record {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Device(#[from] Error),
}

/// The name of an owner of routes: letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnerName(String);

impl FromStr for OwnerName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && text.chars().all(is_plain)
        {
            return Ok(Self(text.to_owned()));
        }
        Err("expected letters, digits, `-`, `_` and `.`, with a letter or a digit first")
    }
}

impl fmt::Display for OwnerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The routes that an owner has applied so far.
#[derive(Debug)]
pub(crate) struct OwnerRecord {
    path: PathBuf,
    routes: Vec<Route>,
}

impl OwnerRecord {
    /// Reads the record; an owner without one has no routes.
    pub(crate) fn read(owner: &OwnerName, names: &InterfaceNames) -> Result<Self, OwnerError> {
        let path = folder()
            .ok_or(OwnerError::NoFolder)?
            .join(format!("{owner}.toml"));
        let routes = if path.exists() {
            let entries = read_route_file(&path, false, names)?;
            entries.iter().map(Entry::route).collect()
        } else {
            Vec::new()
        };
        Ok(Self { path, routes })
    }

    /// The deletions of the recorded routes that exist and that are in none of these entries.
    pub(crate) fn pruned(&self, device: &Device, entries: &[Entry]) -> Result<Vec<Entry>, Error> {
        let present = device.routes(AddressFamily::UNSPECIFIED)?;
        let recorded = RouteIndex::new(self.routes.len(), |place| self.routes[place].key());
        let kept = RouteIndex::new(entries.len(), |place| entries[place].route().key());
        let keys = present.iter().map(Route::key);
        let pruned = keys.filter(|key| recorded.contains(key) && !kept.contains(key));
        Ok(pruned.map(|key| Entry::delete(&key)).collect())
    }

    /// Records the new routes before they are made, so that none is forgotten if routectl is killed.
    pub(crate) fn begin(&self, batch: &Batch) -> Result<(), OwnerError> {
        self.write(self.routes.iter().copied().chain(applied(batch)))
    }

    /// Records the routes of the batch, by the LUIDs of their interfaces, and those before it that it
    /// does not delete.
    pub(crate) fn finish(&self, device: &Device, batch: &Batch) -> Result<(), OwnerError> {
        let present = device.routes(AddressFamily::UNSPECIFIED)?;
        let recorded: Vec<_> = self.routes.iter().copied().chain(applied(batch)).collect();
        let recorded = RouteIndex::new(recorded.len(), |place| recorded[place].key());
        self.write(
            present
                .into_iter()
                .filter(|route| recorded.contains(&route.key())),
        )
    }

    fn write(&self, routes: impl IntoIterator<Item = Route>) -> Result<(), OwnerError> {
        let written = write_file(&self.path, routes);
        written.map_err(|error| {
            let path = self.path.clone();
            OwnerError::Write { path, error }
        })
    }
}

/// The routes that a batch creates or changes.
fn applied(batch: &Batch) -> impl Iterator<Item = Route> {
    let is_made = |entry: &&Entry| !matches!(entry.change(), EntryChange::Delete(_));
    batch.entries().iter().filter(is_made).map(Entry::route)
}

/// Replaces the file at once: a reader sees the old or the new one.
fn write_file(path: &Path, routes: impl IntoIterator<Item = Route>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = BufWriter::new(File::create(&new)?);
    for route in routes {
        write_route(&mut file, &route, None)?;
    }
    file.flush()?;
    drop(file);
    fs::rename(&new, path)
}

/// The folder of the records.
fn folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    if let Some(folder) = variable(VARIABLE) {
        return Some(folder);
    }
    #[cfg(windows)]
    let state = variable("ProgramData").map(|data| data.join("IpForward"));
    #[cfg(not(windows))]
    let state = variable("XDG_STATE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")))
        .map(|state| state.join("ipforward"));
    state.map(|state| state.join("owners"))
}
