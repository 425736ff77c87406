//! Files with routes, in TOML or in routectl's JSON.

use std::path::{Path, PathBuf};

use ipforward::Entry;
use serde::Deserialize;

use super::error::SpecError;
use super::held_route::HeldRoute;
use super::interface_names::InterfaceNames;
use super::keyword::ROUTE;
use super::near::nearest;
use super::route_entry::RouteEntry;
use crate::input::{FileError, text_of};

/// Why a file of routes cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("invalid file of routes {}: {}", path.display(), member_error(error.to_string().trim_end()))]
    Toml {
        path: PathBuf,
        error: Box<toml::de::Error>,
    },
    #[error("invalid file of routes {}: {}", path.display(), member_error(&error.to_string()))]
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

/// The text of an error, with the member that is most like an unknown one, and without the names that only
/// JSON has.
fn member_error(text: &str) -> String {
    let parts = || {
        let (before, rest) = text.split_once("unknown field `")?;
        let (name, rest) = rest.split_once("`, expected one of ")?;
        let place = rest.rfind("` at line ").map_or("", |end| &rest[end + 1..]);
        Some((before, name, place))
    };
    let Some((before, name, place)) = parts() else {
        return text.to_owned();
    };
    let keywords = ROUTE.iter().map(|keyword| keyword.name());
    let members: Vec<_> = ["prefix"].into_iter().chain(keywords).collect();
    let words = members.iter().copied().chain(["gateway", "interface"]);
    let meant = nearest(name, words)
        .map_or_else(String::new, |member| format!("did you mean `{member}`? "));
    let expected = members.join(", ");
    format!("{before}unknown member `{name}`: {meant}expected {expected}{place}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_member_has_a_suggestion() {
        for (text, expected) in [
            (
                "[[route]]\nprefix = '10.0.0.0/8'\nmetrik = 5\n",
                "unknown member `metrik`: did you mean `metric`? expected prefix, via, dev",
            ),
            (
                "[{\"gatewy\": \"192.0.2.1\"}]",
                "unknown member `gatewy`: did you mean `gateway`? expected prefix, via, dev",
            ),
            (
                "[{\"colour\": 1}]",
                "unknown member `colour`: expected prefix, via, dev",
            ),
        ] {
            let error = parse(Path::new("FILE"), text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(error.contains(" at line "), "{error}");
        }
    }
}
