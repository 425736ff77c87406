//! Files with routes, in TOML.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ipforward::Entry;
use serde::Deserialize;

use crate::arguments::RouteArguments;
use crate::words::{self, Held, WordsError};

/// Why a file makes no routes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteFileError {
    #[error("cannot read {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} is no file with routes: {}", path.display(), error.to_string().trim_end())]
    Toml {
        path: PathBuf,
        error: Box<toml::de::Error>,
    },
    #[error("route {number} of {}: {error}", path.display())]
    Route {
        path: PathBuf,
        /// Its number in the file, from 1.
        number: usize,
        error: WordsError,
    },
    #[error(
        "route {number} of {} has `{word} = true`: a leased route goes when routectl ends, so \
         say with `--hold -- COMMAND` how long that is to be",
        path.display()
    )]
    Lease {
        path: PathBuf,
        number: usize,
        word: &'static str,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    route: Vec<Table>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    prefix: String,
    via: Option<String>,
    dev: Dev,
    metric: Option<u32>,
    #[serde(default)]
    lease: bool,
    #[serde(default)]
    guard: bool,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "`dev` is an index (7) or a LUID (\"luid:0x0006008001000000\")"
)]
enum Dev {
    Index(u32),
    Name(String),
}

/// The entries that a file describes; `-` is the standard input. Leases must be meant to be held.
pub(crate) fn read(path: &Path, hold: bool) -> Result<Vec<Entry>, RouteFileError> {
    let text = text_of(path).map_err(|error| RouteFileError::Unreadable {
        path: path.into(),
        error,
    })?;
    let file: File = toml::from_str(&text).map_err(|error| RouteFileError::Toml {
        path: path.into(),
        error: Box::new(error),
    })?;
    file.route
        .iter()
        .zip(1..)
        .map(|(table, number)| table.entry(path, number, hold))
        .collect()
}

fn text_of(path: &Path) -> io::Result<String> {
    if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(path)
}

impl Table {
    fn entry(&self, path: &Path, number: usize, hold: bool) -> Result<Entry, RouteFileError> {
        if !hold && (self.lease || self.guard) {
            return Err(RouteFileError::Lease {
                path: path.into(),
                number,
                word: if self.lease { "lease" } else { "guard" },
            });
        }
        let route = words::route(&self.as_words()).map_err(|error| RouteFileError::Route {
            path: path.into(),
            number,
            error,
        })?;
        Ok(if self.lease || self.guard {
            let wanted = Held {
                route,
                share: false,
                guard: self.guard,
            };
            wanted.entry()
        } else {
            Entry::upsert(&route)
        })
    }

    /// The same in the words of `route add`.
    fn as_words(&self) -> RouteArguments {
        let dev = match &self.dev {
            Dev::Index(index) => index.to_string(),
            Dev::Name(name) => name.clone(),
        };
        let mut words = vec![self.prefix.clone(), "dev".to_owned(), dev];
        if let Some(via) = &self.via {
            words.extend(["via".to_owned(), via.clone()]);
        }
        if let Some(metric) = self.metric {
            words.extend(["metric".to_owned(), metric.to_string()]);
        }
        RouteArguments {
            words,
            family: None,
        }
    }
}
