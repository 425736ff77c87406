//! Reading input files.

mod decode;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub(crate) use decode::TextEncoding;

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {error}", path.display())]
pub(crate) struct FileError {
    path: PathBuf,
    error: io::Error,
}

/// True if the path means the standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// The text of a file; `-` is the standard input. `encoding` is that of a file that is neither UTF-8
/// nor UTF-16.
pub(crate) fn text_of(path: &Path, encoding: Option<TextEncoding>) -> Result<String, FileError> {
    bytes_of(path)
        .map(|bytes| decode::text(bytes, encoding))
        .map_err(|error| FileError {
            path: path.into(),
            error,
        })
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    if is_standard_input(path) {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(path)
}
