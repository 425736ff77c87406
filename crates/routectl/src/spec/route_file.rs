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
use super::route_list::{TakeRoute, json_list, json_object, toml_parts};
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

/// A part of a file of routes in TOML.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteFile {
    route: Option<Vec<RouteEntry>>,
}

/// The entries of a file; `-` is the standard input. Leases need `hold`.
pub(crate) fn read(
    path: &Path,
    hold: bool,
    names: &InterfaceNames,
) -> Result<Vec<Entry>, RouteFileError> {
    let text = text_of(path, None)?;
    let mut reader = RouteReader {
        path,
        hold,
        names,
        entries: Vec::new(),
        invalid: None,
    };
    reader.parse(&text)?;
    match reader.invalid {
        Some(error) => Err(error),
        None => Ok(reader.entries),
    }
}

/// Reads the routes of a text one after the other, so that no more than the text and the entries are in
/// memory.
struct RouteReader<'a> {
    path: &'a Path,
    hold: bool,
    names: &'a InterfaceNames,
    entries: Vec<Entry>,
    /// The first route that is invalid. An error in the text itself comes before it.
    invalid: Option<RouteFileError>,
}

impl RouteReader<'_> {
    /// Reads a text: TOML, the JSON list of `routectl --json route show`, or the same members as the
    /// TOML in JSON.
    fn parse(&mut self, text: &str) -> Result<(), RouteFileError> {
        let path = self.path;
        let json = |error| RouteFileError::Json {
            path: path.into(),
            error,
        };
        let mut letters = text.chars().filter(|letter| !letter.is_whitespace());
        match (letters.next(), letters.next()) {
            (Some('['), Some('{' | ']')) => json_list(text, self).map_err(json),
            (Some('{'), _) => json_object(text, self).map_err(json),
            _ => self.parse_toml(text).map_err(|error| RouteFileError::Toml {
                path: path.into(),
                error: Box::new(error),
            }),
        }
    }

    /// Reads each `[[route]]` as a document of its own: that of the whole would take some kilobytes for
    /// each route.
    fn parse_toml(&mut self, text: &str) -> Result<(), toml::de::Error> {
        let mut lines = 0;
        for (number, part) in toml_parts(text).enumerate() {
            let Ok(file) = toml::from_str::<RouteFile>(part) else {
                // The same error, with the number of its line in the whole text.
                let numbered = "\n".repeat(lines) + part;
                return toml::from_str::<RouteFile>(&numbered).map(drop);
            };
            if number == 0 && file.route.is_some() && part.len() < text.len() {
                // Only the whole document shows whether tables may follow such a list.
                let file = toml::from_str::<RouteFile>(text)?;
                file.route
                    .iter()
                    .flatten()
                    .for_each(|route| self.take(route));
                return Ok(());
            }
            file.route
                .iter()
                .flatten()
                .for_each(|route| self.take(route));
            lines += part.matches('\n').count();
        }
        Ok(())
    }
}

impl TakeRoute for RouteReader<'_> {
    fn take(&mut self, described: &RouteEntry) {
        if self.invalid.is_some() {
            return;
        }
        let number = self.entries.len() + 1;
        match entry(described, self.path, number, self.hold, self.names) {
            Ok(entry) => self.entries.push(entry),
            Err(error) => self.invalid = Some(error),
        }
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

    /// The destinations of the routes of a text.
    fn read_text(text: &str) -> Result<Vec<String>, RouteFileError> {
        let mut reader = RouteReader {
            path: Path::new("FILE"),
            hold: false,
            names: &InterfaceNames::default(),
            entries: Vec::new(),
            invalid: None,
        };
        reader.parse(text)?;
        match reader.invalid {
            Some(error) => Err(error),
            None => Ok(reader
                .entries
                .iter()
                .map(|entry| entry.route().destination.to_string())
                .collect()),
        }
    }

    /// The error for a text of TOML if the whole of it is one document.
    fn whole_error(text: &str) -> String {
        let error = toml::from_str::<RouteFile>(text).unwrap_err();
        let error = RouteFileError::Toml {
            path: "FILE".into(),
            error: Box::new(error),
        };
        error.to_string()
    }

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
            let error = read_text(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(error.contains(" at line "), "{error}");
        }
    }

    #[test]
    fn tables_of_toml_are_read_one_by_one() {
        let two = ["10.0.0.0/8", "10.1.0.0/16"];
        for text in [
            "[[route]]\nprefix = '10.0.0.0/8'\ndev = 7\n[[route]]\nprefix = '10.1.0.0/16'\ndev = 7",
            "# [[route]]\n\n [[ route ]] # x\r\nprefix = '10.0.0.0/8'\r\ndev = 7\r\n\r\n[[route]]\r\n\
             prefix = '10.1.0.0/16'\r\ndev = 7\r\n",
            "[[\"route\"]]\nprefix = '10.0.0.0/8'\ndev = 7\n[['route']]\nprefix = '10.1.0.0/16'\ndev = 7",
            "route = [{prefix = '10.0.0.0/8', dev = 7},\n{prefix = '10.1.0.0/16', dev = 7}]",
        ] {
            assert_eq!(read_text(text).unwrap(), two, "{text}");
        }
        assert_eq!(read_text("# nothing\n").unwrap(), [""; 0]);
    }

    #[test]
    fn a_header_in_a_string_begins_no_route() {
        let text = "[[route]]\nprefix = '10.0.0.0/8'\ndev = \"\"\"\n[[route]]\n\"\"\"\n";
        let error = read_text(text).unwrap_err().to_string();
        assert!(error.starts_with("route 1 of FILE: "), "{error}");
    }

    #[test]
    fn an_error_of_a_table_is_that_of_the_whole_text() {
        let good = "[[route]]\nprefix = '10.0.0.0/8'\ndev = 7\n\n";
        for bad in [
            "[[route]]\nprefix = 5\n",
            "[[route]]\nprefix = '10.0.0.0/8'\nprefix = '10.0.0.0/8'\n",
            "[[route]]\ndev = 7\n",
            "[[route]]\nprefix = '10.0.0.0/8\n",
            "[[route.x]]\nprefix = '10.0.0.0/8'\n",
            "[route]\nprefix = '10.0.0.0/8'\n",
            "[other]\n",
            "[[route]\n",
            "metric 5\n",
        ] {
            for text in [
                format!("{good}{bad}"),
                format!("{good}{bad}{good}"),
                bad.to_owned(),
            ] {
                assert_eq!(
                    read_text(&text).unwrap_err().to_string(),
                    whole_error(&text),
                    "{text}"
                );
            }
        }
        for list in ["[{prefix = '10.0.0.0/8', dev = 7}]", "[]"] {
            let twice = format!("route = {list}\n{good}");
            assert_eq!(
                read_text(&twice).unwrap_err().to_string(),
                whole_error(&twice)
            );
        }
    }

    #[test]
    fn an_error_of_the_text_comes_before_an_invalid_route() {
        for text in [
            "[[route]]\nprefix = 'x'\n[[route]]\nprefix = 5\n",
            "[{\"prefix\": \"x\"}, {\"prefix\": 5}]",
            "{\"route\": [{\"prefix\": \"x\"}]",
        ] {
            let error = read_text(text).unwrap_err().to_string();
            assert!(
                error.starts_with("invalid file of routes FILE: "),
                "{error}"
            );
        }
        let error = read_text("[{\"prefix\": \"x\"}]").unwrap_err().to_string();
        assert!(error.starts_with("route 1 of FILE: "), "{error}");
    }

    #[test]
    fn an_object_of_json_has_the_list_once() {
        let list = "[{\"prefix\": \"10.0.0.0/8\", \"dev\": 7}]";
        let object = format!("{{\"route\": {list}}}");
        for text in [list, &object] {
            assert_eq!(read_text(text).unwrap(), ["10.0.0.0/8"]);
        }
        for (text, expected) in [
            (
                format!("{{\"route\": {list}, \"route\": []}}"),
                "duplicate field `route`",
            ),
            (
                format!("{{\"routes\": {list}}}"),
                "unknown field `routes`, expected `route`",
            ),
            (format!("{object} x"), "trailing characters at line 1"),
            (
                "{\"route\": 5}".to_owned(),
                "invalid type: integer `5`, expected a sequence",
            ),
        ] {
            let error = read_text(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
