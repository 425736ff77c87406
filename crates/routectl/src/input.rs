//! Reading input files.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

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

/// The text of a file; `-` is the standard input. Reads UTF-8 and, as some Windows programs write it,
/// UTF-16 with a byte order mark. Bytes of another code page become U+FFFD; routes are in ASCII.
pub(crate) fn text_of(path: &Path) -> Result<String, FileError> {
    bytes_of(path)
        .map(|bytes| decoded(&bytes))
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

fn decoded(bytes: &[u8]) -> String {
    let (decode, rest): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (u16::from_le_bytes, rest),
        [0xFE, 0xFF, rest @ ..] => (u16::from_be_bytes, rest),
        _ => {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            return String::from_utf8_lossy(bytes).into_owned();
        }
    };
    let units: Vec<_> = rest
        .chunks_exact(2)
        .map(|pair| decode([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_and_utf16_are_decoded() {
        let little: Vec<u8> = "\u{FEFF}été"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = "\u{FEFF}été"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        for bytes in ["été".as_bytes(), "\u{FEFF}été".as_bytes(), &little, &big] {
            assert_eq!(decoded(bytes), "été");
        }
        assert_eq!(decoded(b"10.0.0.0 \xE9"), "10.0.0.0 \u{FFFD}");
    }
}
