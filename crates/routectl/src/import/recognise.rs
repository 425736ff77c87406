//! Which format a file has.

use std::net::Ipv4Addr;

use super::address::is_address;
use super::{ip, ip_batch, route_commands};
use crate::arguments::Format;
use crate::words;

/// The format of the first line that is of one. A file without a word in it is an empty batch.
pub(super) fn format(text: &str) -> Option<Format> {
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
    is_empty.then_some(Format::IpBatch)
}

fn format_of(words: &[&str]) -> Option<Format> {
    let (first, rest) = words.split_first()?;
    let is_ipv4 = |word: &str| word.parse::<Ipv4Addr>().is_ok();
    if first.starts_with("====") || is_ipv4(first) && rest.first().is_some_and(|word| is_ipv4(word))
    {
        Some(Format::RoutePrint)
    } else if route_commands::is_command(words) {
        Some(Format::RouteCommands)
    } else if ip_batch::is_command(words) {
        Some(Format::IpBatch)
    } else if words::parse_prefix(first).is_ok() && !rest.iter().all(|word| is_address(word))
        || ip::is_type(first)
    {
        Some(Format::IpRoute)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_line_with_meaning_is() {
        for (text, expected) in [
            ("", Some(Format::IpBatch)),
            ("# nothing\n\n", Some(Format::IpBatch)),
            ("route add 10.0.0.0/8 via 192.0.2.1", Some(Format::IpBatch)),
            (
                "# x\n  ip -6 route add ::/0 dev eth0",
                Some(Format::IpBatch),
            ),
            ("-6 route del default dev eth0", Some(Format::IpBatch)),
            ("default via 192.0.2.1 dev eth0", Some(Format::IpRoute)),
            ("blackhole 10.0.0.0/8", Some(Format::IpRoute)),
            ("2001:db8::/32 dev eth0", Some(Format::IpRoute)),
            (
                "ROUTE ADD 10.0.0.0 MASK 255.0.0.0 192.0.2.1",
                Some(Format::RouteCommands),
            ),
            (
                "route -p add 10.0.0.0/8 192.0.2.1",
                Some(Format::RouteCommands),
            ),
            (
                "route delete 10.0.0.0 192.0.2.1",
                Some(Format::RouteCommands),
            ),
            (
                "@route add 10.0.0.0/8 192.0.2.1 if 7",
                Some(Format::RouteCommands),
            ),
            ("Liste\n==========\n 7...02 00", Some(Format::RoutePrint)),
            (
                "  0.0.0.0  0.0.0.0  192.0.2.1  192.0.2.10  25",
                Some(Format::RoutePrint),
            ),
            ("[[route]]\nprefix = '::/0'", None),
        ] {
            assert_eq!(format(text), expected, "{text}");
        }
    }
}
