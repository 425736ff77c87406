//! How the text of an INF file is encoded: as UTF-8 or as UTF-16, which Microsoft's tools write.

use anyhow::{Context, Result, bail};

/// The mark at the beginning of a text.
const MARK: char = '\u{FEFF}';

/// An encoding that Windows reads INF files in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InfEncoding {
    /// Without a mark.
    Utf8,
    /// With a mark.
    Utf8WithMark,
    /// Little-endian, with its mark.
    Utf16Le,
    /// Big-endian, with its mark.
    Utf16Be,
}

impl InfEncoding {
    /// Reads a text, whose mark tells its encoding.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Self, String)> {
        match bytes {
            [0xFF, 0xFE, rest @ ..] => Ok((Self::Utf16Le, utf16(rest, u16::from_le_bytes)?)),
            [0xFE, 0xFF, rest @ ..] => Ok((Self::Utf16Be, utf16(rest, u16::from_be_bytes)?)),
            _ => {
                let text = str::from_utf8(bytes).context(
                    "the INF source is neither UTF-8 nor UTF-16 with a byte order mark: save it as \
                     one of them",
                )?;
                Ok(match text.strip_prefix(MARK) {
                    Some(text) => (Self::Utf8WithMark, text.to_owned()),
                    None => (Self::Utf8, text.to_owned()),
                })
            }
        }
    }

    /// Writes a text, with the mark of the encoding.
    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        let units = || {
            std::iter::once(MARK)
                .chain(text.chars())
                .collect::<String>()
        };
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8WithMark => units().into_bytes(),
            Self::Utf16Le => units().encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => units().encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        bail!("the INF source is UTF-16 with half a character at its end");
    }
    let units: Vec<u16> = pairs.iter().map(|&pair| unit(pair)).collect();
    String::from_utf16(&units).context("the INF source is no valid UTF-16")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_is_found_by_its_mark_and_kept() {
        for encoding in [
            InfEncoding::Utf8,
            InfEncoding::Utf8WithMark,
            InfEncoding::Utf16Le,
            InfEncoding::Utf16Be,
        ] {
            let bytes = encoding.encode("[Version]\r\n; Straße\r\n");
            let (found, text) = InfEncoding::decode(&bytes).unwrap();
            assert_eq!(found, encoding);
            assert_eq!(text, "[Version]\r\n; Straße\r\n");
        }
    }

    #[test]
    fn utf16_begins_with_its_mark_in_its_byte_order() {
        assert_eq!(InfEncoding::Utf16Le.encode("A"), [0xFF, 0xFE, 0x41, 0]);
        assert_eq!(InfEncoding::Utf16Be.encode("A"), [0xFE, 0xFF, 0, 0x41]);
    }

    #[test]
    fn what_is_in_no_such_encoding_is_an_error() {
        for (bytes, says) in [
            (&[0xFF, 0xFE, 0x41][..], "half a character"),
            (&[0xFF, 0xFE, 0, 0xD8], "no valid UTF-16"),
            (&[0x53, 0xDF], "neither UTF-8 nor UTF-16"),
        ] {
            let error = InfEncoding::decode(bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
