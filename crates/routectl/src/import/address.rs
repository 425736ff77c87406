//! Addresses, prefixes and numbers in the formats of other programs.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::{IpNet, NextHop};

use super::line::LineError;
use crate::spec::parse_prefix;

/// The largest metric of a route and of an interface.
pub(super) const METRIC_MAX: u32 = ipforward::Route::METRIC_MAX;

/// A prefix, or an address for a host route, without host bits.
pub(super) fn prefix(text: &str) -> Result<IpNet, LineError> {
    without_host_bits(any_prefix(text)?)
}

/// A prefix, or an address for a host route.
pub(super) fn any_prefix(text: &str) -> Result<IpNet, LineError> {
    parse_prefix(text).map_err(|_| {
        LineError::new(
            format!("invalid prefix `{text}`"),
            "ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), an address, or `default`",
        )
    })
}

/// The prefix of a list, if it is not one of IPv4 addresses in the form of IPv6: no packet with an
/// IPv4 address takes such a route.
pub(super) fn not_mapped(prefix: IpNet) -> Result<IpNet, LineError> {
    let mapped = match prefix {
        IpNet::V6(ipv6) if ipv6.prefix_len() >= 96 => ipv6.addr().to_ipv4_mapped(),
        _ => None,
    };
    match mapped {
        None => Ok(prefix),
        Some(address) => Err(LineError::new(
            format!("`{prefix}` is a prefix of IPv4 in the form of IPv6"),
            format!("{address}/{}", prefix.prefix_len() - 96),
        )),
    }
}

fn without_host_bits(prefix: IpNet) -> Result<IpNet, LineError> {
    let whole = prefix.trunc();
    if whole == prefix {
        return Ok(prefix);
    }
    Err(LineError::new(
        format!(
            "`{prefix}` has bits after the first {}",
            prefix.prefix_len()
        ),
        format!(
            "{whole}, or {} for a host route",
            IpNet::from(prefix.addr())
        ),
    ))
}

/// The prefix of an address and a mask.
pub(super) fn masked(address: Ipv4Addr, mask: &str) -> Result<IpNet, LineError> {
    let invalid = || {
        LineError::new(
            format!("invalid mask `{mask}`"),
            "ones followed by zeros (255.255.0.0)",
        )
    };
    let mask: Ipv4Addr = mask.parse().map_err(|_| invalid())?;
    let length = mask_length(mask).ok_or_else(invalid)?;
    let prefix = IpNet::new(address.into(), length).map_err(|_| invalid())?;
    without_host_bits(prefix).map_err(|_| {
        LineError::new(
            format!("`{address}` has bits outside the mask `{mask}`"),
            format!(
                "{} mask {mask}, or {address} mask 255.255.255.255",
                prefix.network()
            ),
        )
    })
}

/// The prefix length of a mask, if it is valid.
pub(super) fn mask_length(mask: Ipv4Addr) -> Option<u8> {
    let whole = IpNet::with_netmask(Ipv4Addr::UNSPECIFIED.into(), mask.into());
    whole.ok().map(|prefix| prefix.prefix_len())
}

/// The address of a next hop.
pub(super) fn next_hop(text: &str) -> Result<NextHop, LineError> {
    text.parse().map_err(|_| {
        LineError::new(
            format!("invalid next hop `{text}`"),
            "an address (192.0.2.1, fe80::1%7)",
        )
    })
}

/// The value of a keyword that takes a number.
pub(super) fn number(keyword: &str, value: &str) -> Result<u32, LineError> {
    parse_number(value).ok_or_else(|| {
        LineError::new(
            format!("invalid value `{value}` of `{keyword}`"),
            "a number from 0 to 4294967295",
        )
    })
}

/// A number in decimal digits, or in hexadecimal ones behind `0x`. None begins with a zero that some
/// programs take for the mark of octal digits.
pub(super) fn parse_number(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    if let Some(digits) = lower.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    let is_plain = lower == "0" || lower.starts_with(|letter| matches!(letter, '1'..='9'));
    is_plain.then(|| lower.parse().ok())?
}

/// The metric of a route.
pub(super) fn metric(value: &str) -> Result<u32, LineError> {
    let parsed = number("metric", value).ok();
    parsed
        .filter(|metric| *metric <= METRIC_MAX)
        .ok_or_else(|| {
            LineError::new(
                format!("invalid value `{value}` of `metric`"),
                format!("a number from 0 to {METRIC_MAX} (0x7FFFFFFF)"),
            )
        })
}

/// True if a text is an address, with or without a scope.
pub(super) fn is_address(text: &str) -> bool {
    let (address, _) = text.split_once('%').unwrap_or((text, ""));
    address.parse::<IpAddr>().is_ok()
}

/// True if a text is an IPv4 address.
pub(super) fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// True for four numbers with dots, valid or not.
pub(super) fn is_like_ipv4(word: &str) -> bool {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    word.split('.').count() == 4 && word.split('.').all(is_number)
}

/// True if a prefix is a host route.
pub(super) fn is_host(prefix: IpNet) -> bool {
    prefix.prefix_len() == prefix.max_prefix_len()
}
