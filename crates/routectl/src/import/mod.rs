//! Importing files of routes in the formats of other programs.
//!
//! A file goes through four steps: its bytes become text ([`crate::input`]), the whole text decides
//! the format ([`recognize`]), the module of the format parses every line without the local system,
//! and [`mod@resolve`] finds interfaces and routes with the local tables. If a line fails in one of the
//! last two steps, the errors name every such line, and nothing is changed unless the user leaves
//! these lines out.

mod address;
mod config;
mod copied;
mod error;
mod format;
mod json;
mod line;
mod line_change;
mod line_kind;
mod linux;
mod list;
mod local_tables;
mod log_prefix;
mod options;
mod parsed;
mod plan;
mod prompt;
mod quoted;
mod recognize;
mod resolve;
mod score;
mod system_routes;
mod unsupported;
mod windows;

use std::path::{Path, PathBuf};

use crate::input::{TextEncoding, text_of};
use parsed::Parsed;

pub(crate) use error::ImportError;
pub(crate) use format::ImportFormat;
pub(crate) use line::{Line, LineKind, Note, RejectedLine, write_lines};
pub(crate) use plan::{ImportOptions, Resolution, resolve};

/// A parsed file, before interfaces and routes are looked up.
#[derive(Debug)]
pub(crate) struct ParsedFile {
    path: PathBuf,
    parsed: Parsed,
}

/// Reads and parses a file of the given or recognized format.
pub(crate) fn read(
    path: &Path,
    format: Option<ImportFormat>,
    encoding: Option<TextEncoding>,
) -> Result<ParsedFile, ImportError> {
    let text = text_of(path, encoding)?;
    Ok(ParsedFile {
        path: path.into(),
        parsed: parse(path, &text, format)?,
    })
}

fn parse(path: &Path, text: &str, format: Option<ImportFormat>) -> Result<Parsed, ImportError> {
    let text = &log_prefix::without(&copied::cleaned(text));
    let format = match format {
        Some(format) => format,
        None => recognize::recognize(text).map_err(|error| error.of_file(path))?,
    };
    let parsed = format.parse(text);
    if parsed.is_empty() {
        return Err(ImportError::Empty {
            path: path.into(),
            format,
        });
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests;
