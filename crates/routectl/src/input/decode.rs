//! Decoding the bytes of a file: UTF-8, UTF-16 with or without a byte order mark, and code pages.

use std::str::FromStr;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use oem_cp::code_table::DECODING_TABLE_CP_MAP;

/// The encoding of a file, by its name or by the number of its code page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextEncoding {
    /// One of the encodings of web pages.
    Web(&'static Encoding),
    /// The number of a code page of consoles.
    Console(u16),
}

/// No encoding has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown encoding: expected a name (utf-8, utf-16le, windows-1251, ibm866, gbk, shift_jis) or \
     the number of a code page (850, 866, 1251, 936)"
)]
pub(crate) struct UnknownEncoding;

impl FromStr for TextEncoding {
    type Err = UnknownEncoding;

    fn from_str(text: &str) -> Result<Self, UnknownEncoding> {
        let lower = text.to_ascii_lowercase();
        let number = lower.strip_prefix("cp").unwrap_or(&lower);
        let label = match number {
            "866" => "ibm866",
            "874" => "windows-874",
            "932" => "shift_jis",
            "936" => "gbk",
            "949" => "euc-kr",
            "950" => "big5",
            "1200" => "utf-16le",
            "1201" => "utf-16be",
            "20866" => "koi8-r",
            "28591" => "iso-8859-1",
            "54936" => "gb18030",
            "65001" => "utf-8",
            _ => {
                let label = match number.parse() {
                    Ok(1250..=1258_u16) => format!("windows-{number}"),
                    Ok(page) if DECODING_TABLE_CP_MAP.contains_key(&page) => {
                        return Ok(Self::Console(page));
                    }
                    _ => lower,
                };
                return Self::of_label(&label);
            }
        };
        Self::of_label(label)
    }
}

impl TextEncoding {
    fn of_label(label: &str) -> Result<Self, UnknownEncoding> {
        let encoding = Encoding::for_label(label.as_bytes());
        encoding.map(Self::Web).ok_or(UnknownEncoding)
    }

    fn decoded(self, bytes: &[u8]) -> String {
        match self {
            Self::Web(encoding) => decoded(encoding, bytes),
            Self::Console(page) => match DECODING_TABLE_CP_MAP.get(&page) {
                Some(table) => table.decode_string_lossy(bytes),
                None => String::from_utf8_lossy(bytes).into_owned(),
            },
        }
    }
}

/// The text of a file. A byte order mark decides, then `encoding`, then the bytes themselves, then a
/// `chcp` command in the file. Other bytes become U+FFFD; the numbers of routes are ASCII in every
/// code page.
pub(super) fn text(bytes: Vec<u8>, encoding: Option<TextEncoding>) -> String {
    if let Some((marked, length)) = Encoding::for_bom(&bytes) {
        return decoded(marked, &bytes[length..]);
    }
    if let Some(encoding) = encoding {
        return encoding.decoded(&bytes);
    }
    if let Some(encoding) = utf16_without_mark(&bytes) {
        return decoded(encoding, &bytes);
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => match code_page_of_commands(error.as_bytes()) {
            Some(encoding) => encoding.decoded(error.as_bytes()),
            None => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        },
    }
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    text.into_owned()
}

/// The byte order of UTF-16 without a mark: a file of routes is mostly ASCII, so every other byte is
/// mostly zero. UTF-8 has no zero bytes.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros = |start: usize| {
        let places = bytes.iter().skip(start).step_by(2);
        places.filter(|byte| **byte == 0).count()
    };
    let (high_first, low_first) = (zeros(0), zeros(1));
    let enough = bytes.len() / 4;
    if low_first > 0 && low_first >= enough && low_first > high_first {
        Some(UTF_16LE)
    } else if high_first > 0 && high_first >= enough {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The code page that a `chcp` command of the file chooses.
fn code_page_of_commands(bytes: &[u8]) -> Option<TextEncoding> {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let (_, rest) = text.split_once("chcp")?;
    let digits = |letter: char| !letter.is_ascii_digit();
    let number = rest.trim_start().split(digits).next()?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn utf8_and_utf16_are_decoded_with_and_without_a_mark() {
        let line = "route add 10.0.0.0 été";
        for marked in [line.to_owned(), format!("\u{FEFF}{line}")] {
            for bytes in [
                marked.clone().into_bytes(),
                utf16(&marked, u16::to_le_bytes),
                utf16(&marked, u16::to_be_bytes),
            ] {
                assert_eq!(text(bytes.clone(), None), line, "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_code_page_is_given_or_chosen_by_the_file() {
        let name = b"if \x80\x81";
        let cp866 = "cp866".parse().unwrap();
        assert_eq!(text(name.to_vec(), Some(cp866)), "if АБ");
        assert_eq!(text(name.to_vec(), None), "if \u{FFFD}\u{FFFD}");
        let file = [b"chcp 866 > nul\n".as_slice(), name].concat();
        assert_eq!(text(file, None), "chcp 866 > nul\nif АБ");
        assert_eq!("klingon".parse::<TextEncoding>(), Err(UnknownEncoding));
        let umlaut = b"netsh interface ipv4 add route 10.1.0.0/16 B\x81ro";
        for page in ["437", "cp850", "858"] {
            let page = page.parse().ok();
            assert!(text(umlaut.to_vec(), page).ends_with("Büro"), "{page:?}");
        }
        for name in ["1251", "CP936", "windows-1252", "utf-16le", "65001", "852"] {
            assert!(name.parse::<TextEncoding>().is_ok(), "{name}");
        }
    }
}
