//! A prefix in words.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipforward::IpNet;

use super::WordsError;

/// The prefix of all addresses.
pub(super) const DEFAULT: &str = "default";

/// The prefix as it is written: host bits stay, for the network stack to judge. `default` is
/// IPv4 until something says otherwise, as it is for `ip route`.
pub(crate) fn parse_prefix(word: &str) -> Result<IpNet, WordsError> {
    if word == DEFAULT {
        return Ok(IpNet::new_assert(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
    }
    let wrong = || WordsError::Prefix(word.to_owned());
    let Some((address, length)) = word.split_once('/') else {
        return word.parse::<IpAddr>().map(IpNet::from).map_err(|_| wrong());
    };
    let address = address.parse::<IpAddr>().map_err(|_| wrong())?;
    let (family, bits) = match address {
        IpAddr::V4(_) => ("IPv4", 32),
        IpAddr::V6(_) => ("IPv6", 128),
    };
    length
        .parse()
        .ok()
        .and_then(|length| IpNet::new(address, length).ok())
        .ok_or_else(|| WordsError::Length {
            word: word.to_owned(),
            family,
            bits,
        })
}

/// All IPv6 addresses.
pub(super) fn whole_ipv6() -> IpNet {
    IpNet::new_assert(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0)
}
