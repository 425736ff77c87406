//! Files with routes, in TOML.

use std::fmt;
use std::path::{Path, PathBuf};

use ipforward::Entry;
use serde::Deserialize;

use super::arguments::RouteArguments;
use super::error::SpecError;
use super::held_route::HeldRoute;
use super::interface_names::InterfaceNames;
use super::keyword::Keyword;
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteFile {
    #[serde(default)]
    route: Vec<RouteEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteEntry {
    prefix: String,
    via: Option<String>,
    dev: NumberOrText,
    metric: Option<u32>,
    protocol: Option<NumberOrText>,
    valid: Option<NumberOrText>,
    preferred: Option<NumberOrText>,
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

/// A number or a text: `7` or `"Ethernet"`, `60` or `"forever"`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a number or a text")]
enum NumberOrText {
    Number(u32),
    Text(String),
}

impl fmt::Display for NumberOrText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}

/// The entries of a file; `-` is the standard input. Leases need `hold`.
pub(crate) fn read(
    path: &Path,
    hold: bool,
    names: &InterfaceNames,
) -> Result<Vec<Entry>, RouteFileError> {
    let text = text_of(path, None)?;
    let file: RouteFile = toml::from_str(&text).map_err(|error| RouteFileError::Toml {
        path: path.into(),
        error: Box::new(error),
    })?;
    file.route
        .iter()
        .zip(1..)
        .map(|(route, number)| route.entry(path, number, hold, names))
        .collect()
}

impl RouteEntry {
    fn entry(
        &self,
        path: &Path,
        number: usize,
        hold: bool,
        names: &InterfaceNames,
    ) -> Result<Entry, RouteFileError> {
        if !hold && (self.lease || self.guard) {
            return Err(RouteFileError::Lease {
                path: path.into(),
                number,
                key: if self.lease { "lease" } else { "guard" },
            });
        }
        let route = super::route(&self.as_arguments(), names);
        let route = route.map_err(|error| RouteFileError::Route {
            path: path.into(),
            number,
            error,
        })?;
        Ok(if self.lease || self.guard {
            let leased = HeldRoute {
                route,
                share: false,
                guard: self.guard,
            };
            leased.entry()
        } else {
            Entry::upsert(&route)
        })
    }

    /// The arguments of `route add` for this route.
    fn as_arguments(&self) -> RouteArguments {
        let text = |value: &Option<NumberOrText>| value.as_ref().map(NumberOrText::to_string);
        let flag = |value: Option<bool>| value.map(|yes| if yes { "yes" } else { "no" }.to_owned());
        let pairs = [
            (Keyword::Dev, Some(self.dev.to_string())),
            (Keyword::Via, self.via.clone()),
            (
                Keyword::Metric,
                self.metric.map(|metric| metric.to_string()),
            ),
            (Keyword::Protocol, text(&self.protocol)),
            (Keyword::Valid, text(&self.valid)),
            (Keyword::Preferred, text(&self.preferred)),
            (Keyword::Site, self.site.map(|bits| bits.to_string())),
            (Keyword::Loopback, flag(self.loopback)),
            (Keyword::Autoconfigure, flag(self.autoconfigure)),
            (Keyword::Publish, flag(self.publish)),
            (Keyword::Immortal, flag(self.immortal)),
        ];
        let mut spec = vec![self.prefix.clone()];
        for (keyword, value) in pairs {
            if let Some(value) = value {
                spec.extend([keyword.name().to_owned(), value]);
            }
        }
        RouteArguments { spec, family: None }
    }
}
