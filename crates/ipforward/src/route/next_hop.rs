//! The next hop of a route.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The text form of [`NextHop::OnLink`].
const ON_LINK: &str = "on-link";

/// The next hop of a route.
///
/// The unspecified address (`0.0.0.0`, `::`) means on-link, as in the Windows API.
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use ipforward::NextHop;
///
/// assert_eq!(NextHop::from(Ipv4Addr::UNSPECIFIED), NextHop::OnLink);
/// assert_eq!("fe80::1%7".parse::<NextHop>()?.to_string(), "fe80::1%7");
/// assert_eq!("on-link".parse(), Ok(NextHop::OnLink));
/// # Ok::<(), ipforward::InvalidNextHop>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextHop {
    /// None: the destination is on the interface's link.
    OnLink,
    /// A gateway.
    Gateway {
        /// The gateway's address.
        address: IpAddr,
        /// `sin6_scope_id` for IPv6, where 0 means the route's interface; 0 for IPv4.
        scope_id: u32,
    },
}

impl NextHop {
    /// The gateway's address; `None` if the route is on-link.
    #[must_use]
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::OnLink => None,
            Self::Gateway { address, .. } => Some(address),
        }
    }
}

impl From<IpAddr> for NextHop {
    fn from(address: IpAddr) -> Self {
        if address.is_unspecified() {
            Self::OnLink
        } else {
            Self::Gateway {
                address,
                scope_id: 0,
            }
        }
    }
}

impl From<Ipv4Addr> for NextHop {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::V4(address).into()
    }
}

impl From<Ipv6Addr> for NextHop {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::V6(address).into()
    }
}

impl From<[u8; 4]> for NextHop {
    fn from(octets: [u8; 4]) -> Self {
        IpAddr::from(octets).into()
    }
}

impl fmt::Display for NextHop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnLink => formatter.pad(ON_LINK),
            Self::Gateway {
                address,
                scope_id: 0,
            } => address.fmt(formatter),
            Self::Gateway { address, scope_id } => write!(formatter, "{address}%{scope_id}"),
        }
    }
}

/// The text is not an address, or has a scope that is not a number or not for IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid next hop: expected an address (192.0.2.254, 2001:db8::1, fe80::1%7) or `on-link`")]
pub struct InvalidNextHop;

impl FromStr for NextHop {
    type Err = InvalidNextHop;

    fn from_str(text: &str) -> Result<Self, InvalidNextHop> {
        if text.eq_ignore_ascii_case(ON_LINK) {
            return Ok(Self::OnLink);
        }
        let Some((address, scope)) = text.split_once('%') else {
            return text
                .parse::<IpAddr>()
                .map(Self::from)
                .map_err(|_| InvalidNextHop);
        };
        match (address.parse::<Ipv6Addr>(), scope.parse()) {
            (Ok(address), Ok(scope_id)) => Ok(Self::Gateway {
                address: IpAddr::V6(address),
                scope_id,
            }),
            _ => Err(InvalidNextHop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_belongs_to_ipv6() {
        assert_eq!("192.0.2.1%7".parse::<NextHop>(), Err(InvalidNextHop));
        assert_eq!("fe80::1%eth0".parse::<NextHop>(), Err(InvalidNextHop));
    }

    #[test]
    fn an_unspecified_address_is_on_link() {
        assert_eq!("0.0.0.0".parse(), Ok(NextHop::OnLink));
        assert_eq!("::".parse(), Ok(NextHop::OnLink));
    }
}
