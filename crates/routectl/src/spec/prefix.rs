//! Parsing prefixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipforward::IpNet;

use super::error::SpecError;

/// The keyword for the prefix of all addresses.
pub(super) const DEFAULT: &str = "default";

/// Parses a prefix. Keeps host bits: the network stack checks them. `default` is IPv4, as for
/// `ip route`.
pub(crate) fn parse_prefix(text: &str) -> Result<IpNet, SpecError> {
    if text == DEFAULT {
        return Ok(IpNet::new_assert(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
    }
    let invalid = || SpecError::Prefix(text.to_owned());
    let Some((address, length)) = text.split_once('/') else {
        return text
            .parse::<IpAddr>()
            .map(IpNet::from)
            .map_err(|_| invalid());
    };
    let address = address.parse::<IpAddr>().map_err(|_| invalid())?;
    let (family, bits) = match address {
        IpAddr::V4(_) => ("IPv4", 32),
        IpAddr::V6(_) => ("IPv6", 128),
    };
    length
        .parse()
        .ok()
        .and_then(|length| IpNet::new(address, length).ok())
        .ok_or_else(|| SpecError::Length {
            prefix: text.to_owned(),
            family,
            bits,
        })
}

/// The prefix of all IPv6 addresses.
pub(super) fn ipv6_default() -> IpNet {
    IpNet::new_assert(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0)
}
