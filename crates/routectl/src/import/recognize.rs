//! Recognizing the format of a file by all of its lines.

use std::path::Path;

use clap::ValueEnum;
use serde::de::IgnoredAny;

use super::error::ImportError;
use super::format::ImportFormat;
use super::json::has_objects_with;
use super::score::Score;
use super::{config, unsupported, windows};

/// Why no format was recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unrecognized {
    /// No line is of a known format.
    Unknown,
    /// What the file is, and how to convert it.
    Unsupported {
        what: &'static str,
        way: &'static str,
    },
}

impl Unrecognized {
    pub(super) fn of_file(self, path: &Path) -> ImportError {
        match self {
            Self::Unknown => ImportError::Unknown(path.into()),
            Self::Unsupported { what, way } => ImportError::Unsupported {
                path: path.into(),
                what,
                way,
            },
        }
    }
}

/// The format with the highest score over all lines. Of equal ones, the first of the list.
pub(super) fn recognize(text: &str) -> Result<ImportFormat, Unrecognized> {
    if let Some(format) = document(text) {
        return Ok(format);
    }
    let (format, score) = best(text);
    match unsupported::find(text) {
        Some(found) if found.score > score => Err(Unrecognized::Unsupported {
            what: found.what,
            way: found.way,
        }),
        _ if score == Score::NONE => Err(Unrecognized::Unknown),
        _ => Ok(format),
    }
}

fn best(text: &str) -> (ImportFormat, Score) {
    let mut best = (ImportFormat::IpBatch, Score::NONE);
    for format in ImportFormat::value_variants() {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let score = Score(lines.map(|line| format.score(line).0).sum());
        if score > best.1 {
            best = (*format, score);
        }
    }
    best
}

/// The format of a document that is not made of lines.
fn document(text: &str) -> Option<ImportFormat> {
    let start = text.trim_start();
    if start.starts_with(['[', '{']) && !start.starts_with("[[") {
        let formats = [
            ("DestinationPrefix", ImportFormat::GetNetrouteJson),
            ("dst", ImportFormat::IpJson),
        ];
        let whole = formats
            .into_iter()
            .find(|(key, _)| has_objects_with(text, key));
        // The parser of the format names the line of a mistake.
        let named = |(key, _): &(&str, _)| text.contains(&format!("\"{key}\""));
        let found = whole.or_else(|| match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => None,
            Err(_) => formats.into_iter().find(named),
        });
        // `ip -json route` of an empty table is an empty array.
        let is_empty = serde_json::from_str::<[IgnoredAny; 0]>(text).is_ok();
        return found
            .map(|(_, format)| format)
            .or(is_empty.then_some(ImportFormat::IpJson));
    }
    let title = text
        .lines()
        .find(|line| !windows::get_net_route::is_before_title(line));
    if title.is_some_and(windows::get_net_route::is_csv_title) {
        return Some(ImportFormat::GetNetrouteCsv);
    }
    config::netplan::is_document(text).then_some(ImportFormat::Netplan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_decide_the_format() {
        for (text, expected) in [
            ("route add 10.0.0.0/8 via 192.0.2.1", ImportFormat::IpBatch),
            (
                "# x\n  ip -6 route add ::/0 dev eth0",
                ImportFormat::IpBatch,
            ),
            ("-6 route del default dev eth0", ImportFormat::IpBatch),
            ("default via 192.0.2.1 dev eth0", ImportFormat::IpRoute),
            ("blackhole 10.0.0.0/8", ImportFormat::IpRoute),
            ("2001:db8::/32 dev eth0", ImportFormat::IpRoute),
            (
                "root@host:~# ip route\ndefault via 192.0.2.1 dev eth0",
                ImportFormat::IpRoute,
            ),
            (
                "ROUTE ADD 10.0.0.0 MASK 255.0.0.0 192.0.2.1",
                ImportFormat::RouteCommands,
            ),
            (
                "route -p add 10.0.0.0/8 192.0.2.1",
                ImportFormat::RouteCommands,
            ),
            (
                "route delete 10.0.0.0 192.0.2.1",
                ImportFormat::RouteCommands,
            ),
            (
                "route -f\nroute add 10.0.0.0/8 192.0.2.1",
                ImportFormat::RouteCommands,
            ),
            (
                ":: x\n@route add 10.0.0.0/8 192.0.2.1 if 7",
                ImportFormat::RouteCommands,
            ),
            (
                "route delete 10.0.0.0\nroute add 10.0.0.0/8 via 192.0.2.1",
                ImportFormat::IpBatch,
            ),
            ("Liste\n==========\n 7...02 00", ImportFormat::RoutePrint),
            (
                "  0.0.0.0  0.0.0.0  192.0.2.1  192.0.2.10  25",
                ImportFormat::RoutePrint,
            ),
            ("[{\"dst\":\"default\"}]", ImportFormat::IpJson),
            (
                "{\"DestinationPrefix\":\"::/0\"}",
                ImportFormat::GetNetrouteJson,
            ),
            ("10.0.0.0/8\n", ImportFormat::CidrList),
            ("10.0.0.0 255.0.0.0\n", ImportFormat::MaskList),
        ] {
            assert_eq!(recognize(text), Ok(expected), "{text}");
        }
        for text in ["", "# nothing\n\n", "Dear all,\n"] {
            assert_eq!(recognize(text), Err(Unrecognized::Unknown), "{text}");
        }
    }
}
