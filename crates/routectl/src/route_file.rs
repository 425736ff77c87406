//! Files with routes, in TOML.

use std::fmt;
use std::path::{Path, PathBuf};

use ipforward::Entry;
use serde::Deserialize;

use crate::arguments::RouteArguments;
use crate::input::{Unreadable, text_of};
use crate::names::Names;
use crate::words::{self, Held, Word, WordsError};

/// Why a file makes no routes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteFileError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
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
        "{count} routes are more than the {max} of one call, so they cannot be atomic: leave \
         --atomic out, or split the file",
        max = ipforward::Batch::ENTRIES_MAX
    )]
    NotAtomic { count: usize },
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
    dev: Value,
    metric: Option<u32>,
    protocol: Option<Value>,
    valid: Option<Value>,
    preferred: Option<Value>,
    site: Option<u8>,
    loopback: Option<bool>,
    autoconfigure: Option<bool>,
    publish: Option<bool>,
    immortal: Option<bool>,
    #[serde(default)]
    lease: bool,
    #[serde(default)]
    guard: bool,
}

/// A value that is a number or a word: `7` or `"Ethernet"`, `60` or `"forever"`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a number or a text")]
enum Value {
    Number(u32),
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}

/// The entries that a file describes; `-` is the standard input. Leases must be meant to be held.
pub(crate) fn read(path: &Path, hold: bool, names: &Names) -> Result<Vec<Entry>, RouteFileError> {
    let text = text_of(path)?;
    let file: File = toml::from_str(&text).map_err(|error| RouteFileError::Toml {
        path: path.into(),
        error: Box::new(error),
    })?;
    file.route
        .iter()
        .zip(1..)
        .map(|(table, number)| table.entry(path, number, hold, names))
        .collect()
}

impl Table {
    fn entry(
        &self,
        path: &Path,
        number: usize,
        hold: bool,
        names: &Names,
    ) -> Result<Entry, RouteFileError> {
        if !hold && (self.lease || self.guard) {
            return Err(RouteFileError::Lease {
                path: path.into(),
                number,
                word: if self.lease { "lease" } else { "guard" },
            });
        }
        let route = words::route(&self.as_words(), names);
        let route = route.map_err(|error| RouteFileError::Route {
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
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
        let flag = |said: Option<bool>| said.map(|yes| if yes { "yes" } else { "no" }.to_owned());
        let pairs = [
            (Word::Dev, Some(self.dev.to_string())),
            (Word::Via, self.via.clone()),
            (Word::Metric, self.metric.map(|metric| metric.to_string())),
            (Word::Protocol, text(&self.protocol)),
            (Word::Valid, text(&self.valid)),
            (Word::Preferred, text(&self.preferred)),
            (Word::Site, self.site.map(|bits| bits.to_string())),
            (Word::Loopback, flag(self.loopback)),
            (Word::Autoconfigure, flag(self.autoconfigure)),
            (Word::Publish, flag(self.publish)),
            (Word::Immortal, flag(self.immortal)),
        ];
        let mut words = vec![self.prefix.clone()];
        for (word, value) in pairs {
            if let Some(value) = value {
                words.extend([word.name().to_owned(), value]);
            }
        }
        RouteArguments {
            words,
            family: None,
        }
    }
}
