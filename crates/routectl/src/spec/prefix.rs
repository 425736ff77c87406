//! Parsing prefixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipforward::IpNet;

use super::error::SpecError;
use super::near;

/// The keyword for the prefix of all addresses.
pub(super) const DEFAULT: &str = "default";

/// Parses a prefix: an address with a length or, for IPv4, with a mask. IPv4 addresses with a length
/// can be short (`10.20/16`). Keeps host bits: the network stack checks them. `default` is IPv4, as
/// for `ip route`.
pub(crate) fn parse_prefix(text: &str) -> Result<IpNet, SpecError> {
    if is_default(text) {
        return Ok(IpNet::new_assert(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
    }
    let Some((address, length)) = text.split_once('/') else {
        return text
            .parse::<IpAddr>()
            .map(IpNet::from)
            .map_err(|_| invalid(text));
    };
    let address = full_address(address).ok_or_else(|| invalid(text))?;
    if let (Ok(mask), IpAddr::V4(_)) = (length.parse::<Ipv4Addr>(), address) {
        return IpNet::with_netmask(address, mask.into()).map_err(|_| SpecError::Mask(mask));
    }
    let length: u32 = length.parse().map_err(|_| invalid(text))?;
    u8::try_from(length)
        .ok()
        .and_then(|length| IpNet::new(address, length).ok())
        .ok_or_else(|| excessive(text, address))
}

/// True for `default` in any case.
pub(super) fn is_default(text: &str) -> bool {
    text.eq_ignore_ascii_case(DEFAULT)
}

/// The prefix of all IPv6 addresses.
pub(super) fn ipv6_default() -> IpNet {
    IpNet::new_assert(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0)
}

/// An address, or the first numbers of an IPv4 address.
fn full_address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| {
        let numbers: Result<Vec<u8>, _> = text.split('.').map(str::parse::<u8>).collect();
        let numbers = numbers.ok().filter(|numbers| numbers.len() < 4)?;
        let mut octets = [0; 4];
        octets[..numbers.len()].copy_from_slice(&numbers);
        Some(octets.into())
    })
}

fn excessive(text: &str, address: IpAddr) -> SpecError {
    let (family, bits) = match address {
        IpAddr::V4(_) => ("IPv4", 32),
        IpAddr::V6(_) => ("IPv6", 128),
    };
    SpecError::Length {
        prefix: text.to_owned(),
        family,
        bits,
    }
}

fn invalid(text: &str) -> SpecError {
    SpecError::Prefix {
        text: text.to_owned(),
        meant: meant(text),
    }
}

/// A valid prefix that differs from `text` by a common mistake.
fn meant(text: &str) -> Option<String> {
    let corrected = text
        .trim_matches(|character: char| character.is_whitespace() || ",;.".contains(character))
        .replace('\\', "/");
    let corrected = without_leading_zeros(&corrected);
    let short = corrected.split('.').count();
    let with_length = format!("{corrected}/{}", 8 * short);
    let candidates = [corrected, with_length];
    candidates
        .iter()
        .find(|candidate| *candidate != text && parse_exactly(candidate))
        .and_then(|candidate| parse_prefix(candidate).ok())
        .map(|prefix| prefix.to_string())
        .or_else(|| near::nearest(text, [DEFAULT]).map(str::to_owned))
}

/// True for a valid prefix; stops `meant` from calling itself for an invalid one.
fn parse_exactly(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (full_address(address), Some(length)),
        None => (text.parse().ok(), None),
    };
    let bits = address.map_or(0, |address| if address.is_ipv4() { 32 } else { 128 });
    let is_length = |length: &str| length.parse::<u8>().is_ok_and(|length| length <= bits);
    address.is_some() && length.is_none_or(is_length)
}

/// The text without the zeros that some programs write before the numbers of an IPv4 address.
fn without_leading_zeros(text: &str) -> String {
    if text.contains(':') {
        return text.to_owned();
    }
    let number = |number: &str| match number.trim_start_matches('0') {
        "" if !number.is_empty() => "0".to_owned(),
        stripped if stripped.starts_with('/') => format!("0{stripped}"),
        stripped => stripped.to_owned(),
    };
    text.split('.').map(number).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        parse_prefix(text).unwrap().to_string()
    }

    fn error(text: &str) -> String {
        parse_prefix(text).unwrap_err().to_string()
    }

    #[test]
    fn masks_short_addresses_and_default_are_understood() {
        for (text, expected) in [
            ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
            ("192.0.2.77/255.255.255.255", "192.0.2.77/32"),
            ("0.0.0.0/0.0.0.0", "0.0.0.0/0"),
            ("10.20/16", "10.20.0.0/16"),
            ("10/255.0.0.0", "10.0.0.0/8"),
            ("0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("default", "0.0.0.0/0"),
            ("Default", "0.0.0.0/0"),
            ("10.20.0.1/16", "10.20.0.1/16"),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn a_near_miss_is_suggested() {
        for (text, meant) in [
            ("10.20.0.0\\16", "10.20.0.0/16"),
            ("10.20.0.0/16,", "10.20.0.0/16"),
            ("010.020.000.000/16", "10.20.0.0/16"),
            ("10.20", "10.20.0.0/16"),
            ("10", "10.0.0.0/8"),
            ("defualt", "default"),
        ] {
            let error = error(text);
            assert!(
                error.contains(&format!("did you mean `{meant}`?")),
                "{text}: {error}"
            );
        }
        assert!(!error("eth0").contains("did you mean"));
    }

    #[test]
    fn a_mask_with_a_gap_is_refused() {
        let error = error("10.0.0.0/255.0.255.0");
        assert!(error.starts_with("invalid mask `255.0.255.0`"), "{error}");
        assert!(parse_prefix("::/255.0.0.0").is_err());
    }
}
