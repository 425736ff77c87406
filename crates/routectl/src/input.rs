//! Files that commands read.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {error}", path.display())]
pub(crate) struct Unreadable {
    path: PathBuf,
    error: io::Error,
}

/// Whether the path stands for the standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// The text of a file; `-` is the standard input. Windows' own programs write UTF-16 into a file,
/// and other bytes in the code page of the machine: of those only what is ASCII matters.
pub(crate) fn text_of(path: &Path) -> Result<String, Unreadable> {
    bytes_of(path)
        .map(|bytes| decoded(&bytes))
        .map_err(|error| Unreadable {
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
    fn a_text_is_read_as_unix_and_windows_write_it() {
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
