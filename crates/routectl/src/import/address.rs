//! Addresses, prefixes and numbers as other programs write them.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::{IpNet, NextHop};

use super::line::Wrong;
use crate::words;

/// A prefix, or an address for a host route.
pub(super) fn prefix(word: &str) -> Result<IpNet, Wrong> {
    words::parse_prefix(word).map_err(|_| {
        Wrong::new(
            format!("`{word}` is no prefix"),
            "ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), an address, or `default`",
        )
    })
}

/// The prefix of an address and a mask.
pub(super) fn masked(address: Ipv4Addr, mask: &str) -> Result<IpNet, Wrong> {
    let wrong = || {
        Wrong::new(
            format!("`{mask}` is no mask"),
            "ones and then zeros (255.255.0.0)",
        )
    };
    let mask: Ipv4Addr = mask.parse().map_err(|_| wrong())?;
    let length = length_of(mask).ok_or_else(wrong)?;
    IpNet::new(address.into(), length).map_err(|_| wrong())
}

/// The length of the prefix that a mask leaves, if it is one.
pub(super) fn length_of(mask: Ipv4Addr) -> Option<u8> {
    let whole = IpNet::with_netmask(Ipv4Addr::UNSPECIFIED.into(), mask.into());
    whole.ok().map(|prefix| prefix.prefix_len())
}

/// The address of a next hop.
pub(super) fn next_hop(word: &str) -> Result<NextHop, Wrong> {
    word.parse().map_err(|_| {
        Wrong::new(
            format!("`{word}` is no address of a next hop"),
            "an address (192.0.2.1, fe80::1%7)",
        )
    })
}

/// The value of a word that is a number.
pub(super) fn number(word: &str, value: &str) -> Result<u32, Wrong> {
    let parsed = match value.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => value.parse(),
    };
    parsed.map_err(|_| {
        Wrong::new(
            format!("`{word} {value}` is no number"),
            format!("`{word}` and a number from 0 to 4294967295"),
        )
    })
}

/// Whether a word is an address, with its scope or without.
pub(super) fn is_address(word: &str) -> bool {
    let (address, _) = word.split_once('%').unwrap_or((word, ""));
    address.parse::<IpAddr>().is_ok()
}
