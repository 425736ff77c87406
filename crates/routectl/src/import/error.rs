//! Why a file cannot be imported.

use std::path::PathBuf;

use ipforward::Error;

use super::format::ImportFormat;
use super::line::RejectedLine;
use crate::input::FileError;
use crate::spec::NoInterface;

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    File(#[from] FileError),
    /// No line is of a known format.
    #[error(
        "unknown format of {}: no line is a route or a command for routes; expected one of the formats \
         of `routectl import --help`",
        .0.display()
    )]
    Unknown(PathBuf),
    /// A known format that cannot be imported.
    #[error("{} is {what}: {way}", path.display())]
    Unsupported {
        path: PathBuf,
        /// What the file is.
        what: &'static str,
        /// How to get a file that can be imported.
        way: &'static str,
    },
    /// No route and no command.
    #[error("no route in {}, read as {}: expected at least one", path.display(), format.name())]
    Empty { path: PathBuf, format: ImportFormat },
    #[error(
        "cannot import {} of {}; nothing was changed",
        if lines.len() == 1 { "a line".to_owned() } else { format!("{} lines", lines.len()) },
        path.display()
    )]
    Lines {
        path: PathBuf,
        lines: Vec<RejectedLine>,
    },
    /// An interface of `--map` or `--dev` does not exist.
    #[error("{error} (`{option}`)")]
    NoInterface {
        /// The option as the user gave it.
        option: String,
        error: NoInterface,
    },
    /// The local tables cannot be read.
    #[error(transparent)]
    Device(#[from] Error),
}
