//! Detecting the format of a file.

use std::net::Ipv4Addr;

use super::ImportFormat;
use super::address::is_address;
use super::{ip, ip_batch, route_commands};
use crate::spec::parse_prefix;

/// The format of the first line that has a known one. An empty file is an empty batch.
pub(super) fn detect(text: &str) -> Option<ImportFormat> {
    let mut is_empty = true;
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        if words.is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        is_empty = false;
        if let Some(format) = format_of(&words) {
            return Some(format);
        }
    }
    is_empty.then_some(ImportFormat::IpBatch)
}

fn format_of(words: &[&str]) -> Option<ImportFormat> {
    let (first, rest) = words.split_first()?;
    let is_ipv4 = |word: &str| word.parse::<Ipv4Addr>().is_ok();
    if first.starts_with("====") || is_ipv4(first) && rest.first().is_some_and(|word| is_ipv4(word))
    {
        Some(ImportFormat::RoutePrint)
    } else if route_commands::is_command(words) {
        Some(ImportFormat::RouteCommands)
    } else if ip_batch::is_command(words) {
        Some(ImportFormat::IpBatch)
    } else if parse_prefix(first).is_ok() && !rest.iter().all(|word| is_address(word))
        || ip::is_type(first)
    {
        Some(ImportFormat::IpRoute)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_line_decides_the_format() {
        for (text, expected) in [
            ("", Some(ImportFormat::IpBatch)),
            ("# nothing\n\n", Some(ImportFormat::IpBatch)),
            (
                "route add 10.0.0.0/8 via 192.0.2.1",
                Some(ImportFormat::IpBatch),
            ),
            (
                "# x\n  ip -6 route add ::/0 dev eth0",
                Some(ImportFormat::IpBatch),
            ),
            ("-6 route del default dev eth0", Some(ImportFormat::IpBatch)),
            (
                "default via 192.0.2.1 dev eth0",
                Some(ImportFormat::IpRoute),
            ),
            ("blackhole 10.0.0.0/8", Some(ImportFormat::IpRoute)),
            ("2001:db8::/32 dev eth0", Some(ImportFormat::IpRoute)),
            (
                "ROUTE ADD 10.0.0.0 MASK 255.0.0.0 192.0.2.1",
                Some(ImportFormat::RouteCommands),
            ),
            (
                "route -p add 10.0.0.0/8 192.0.2.1",
                Some(ImportFormat::RouteCommands),
            ),
            (
                "route delete 10.0.0.0 192.0.2.1",
                Some(ImportFormat::RouteCommands),
            ),
            (
                "@route add 10.0.0.0/8 192.0.2.1 if 7",
                Some(ImportFormat::RouteCommands),
            ),
            (
                "Liste\n==========\n 7...02 00",
                Some(ImportFormat::RoutePrint),
            ),
            (
                "  0.0.0.0  0.0.0.0  192.0.2.1  192.0.2.10  25",
                Some(ImportFormat::RoutePrint),
            ),
            ("[[route]]\nprefix = '::/0'", None),
        ] {
            assert_eq!(detect(text), expected, "{text}");
        }
    }
}
