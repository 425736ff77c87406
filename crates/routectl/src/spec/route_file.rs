//! Files with routes, in TOML or in routectl's JSON.

use std::path::{Path, PathBuf};

use ipforward::Entry;
use serde::Deserialize;

use super::error::SpecError;
use super::held_route::HeldRoute;
use super::interface_names::InterfaceNames;
use super::route_entry::RouteEntry;
use crate::input::{FileError, text_of};

/// Why a file of routes cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("invalid file of routes {}: {}", path.display(), error.to_string().trim_end())]
    Toml {
        path: PathBuf,
        error: Box<toml::de::Error>,
    },
    #[error("invalid file of routes {}: {error}", path.display())]
    Json {
        path: PathBuf,
        error: serde_json::Error,
    },
    #[error("route {number} of {}: {error}", path.display())]
    Route {
        path: PathBuf,
        /// The number of the route in the file, from 1.
        number: usize,
        error: SpecError,
    },
    #[error(
        "{count} routes are too many for --atomic: one call takes at most {max}; omit --atomic, or \
         split the file",
        max = ipforward::Batch::ENTRIES_MAX
    )]
    NotAtomic { count: usize },
    #[error(
        "route {number} of {} has `{key} = true`, which needs `--hold -- COMMAND`: the driver removes \
         a leased route when routectl ends",
        path.display()
    )]
    Lease {
        path: PathBuf,
        number: usize,
        key: &'static str,
    },
}

/// A file of routes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteFile {
    #[serde(default)]
    route: Vec<RouteEntry>,
}

/// The entries of a file; `-` is the standard input. Leases need `hold`.
pub(crate) fn read(
    path: &Path,
    hold: bool,
    names: &InterfaceNames,
) -> Result<Vec<Entry>, RouteFileError> {
    let text = text_of(path, None)?;
    parse(path, &text)?
        .iter()
        .zip(1..)
        .map(|(route, number)| entry(route, path, number, hold, names))
        .collect()
}

/// The routes of a text: TOML, the JSON list of `routectl --json route show`, or the same members as
/// the TOML in JSON.
fn parse(path: &Path, text: &str) -> Result<Vec<RouteEntry>, RouteFileError> {
    let json = |error| RouteFileError::Json {
        path: path.into(),
        error,
    };
    let mut letters = text.chars().filter(|letter| !letter.is_whitespace());
    match (letters.next(), letters.next()) {
        (Some('['), Some('{' | ']')) => serde_json::from_str(text).map_err(json),
        (Some('{'), _) => {
            let file = serde_json::from_str::<RouteFile>(text).map_err(json)?;
            Ok(file.route)
        }
        _ => match toml::from_str::<RouteFile>(text) {
            Ok(file) => Ok(file.route),
            Err(error) => Err(RouteFileError::Toml {
                path: path.into(),
                error: Box::new(error),
            }),
        },
    }
}

fn entry(
    described: &RouteEntry,
    path: &Path,
    number: usize,
    hold: bool,
    names: &InterfaceNames,
) -> Result<Entry, RouteFileError> {
    if let (false, Some(key)) = (hold, described.lease_key()) {
        return Err(RouteFileError::Lease {
            path: path.into(),
            number,
            key,
        });
    }
    let route = described.route(names);
    let route = route.map_err(|error| RouteFileError::Route {
        path: path.into(),
        number,
        error,
    })?;
    if described.lease_key().is_none() {
        return Ok(Entry::upsert(&route));
    }
    let leased = HeldRoute {
        route,
        share: false,
        guard: described.guard,
    };
    Ok(leased.entry())
}
