//! The protocol that added a route.

use std::fmt;
use std::str::FromStr;

/// `NL_ROUTE_PROTOCOL`: the mechanism by which a route was added.
///
/// Any number is valid. A number that Windows names is printed by its name.
///
/// ```
/// use ipforward::RouteProtocol;
///
/// assert_eq!(RouteProtocol::NET_MGMT.to_string(), "NetMgmt");
/// assert_eq!(RouteProtocol(99).to_string(), "99");
/// assert_eq!("ospf".parse(), Ok(RouteProtocol::OSPF));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteProtocol(pub u32);

impl RouteProtocol {
    /// Other, not specified.
    pub const OTHER: Self = Self(1);
    /// A local interface: routes of the system for its own addresses.
    pub const LOCAL: Self = Self(2);
    /// Network management: routes added through the API.
    pub const NET_MGMT: Self = Self(abi::route::PROTOCOL_NET_MGMT);
    /// An ICMP redirect.
    pub const ICMP: Self = Self(4);
    /// RIP.
    pub const RIP: Self = Self(8);
    /// OSPF.
    pub const OSPF: Self = Self(13);
    /// BGP.
    pub const BGP: Self = Self(14);
    /// DHCP.
    pub const DHCP: Self = Self(19);
    /// The value of an initialized row, which the stack treats as "not specified".
    pub const UNSPECIFIED: Self = Self(abi::route::UNSPECIFIED);

    /// Each number that Windows names, with its name.
    pub const NAMES: &'static [(u32, &'static str)] = &[
        (1, "Other"),
        (2, "Local"),
        (3, "NetMgmt"),
        (4, "Icmp"),
        (5, "Egp"),
        (6, "Ggp"),
        (7, "Hello"),
        (8, "Rip"),
        (9, "IsIs"),
        (10, "EsIs"),
        (11, "Cisco"),
        (12, "Bbn"),
        (13, "Ospf"),
        (14, "Bgp"),
        (15, "Idpr"),
        (16, "Eigrp"),
        (17, "Dvmrp"),
        (18, "Rpl"),
        (19, "Dhcp"),
        (10_002, "AutoStatic"),
        (10_006, "Static"),
        (10_007, "StaticNonDod"),
        (abi::route::UNSPECIFIED, "Unspecified"),
    ];

    /// The name of the protocol, if Windows has one for it.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES
            .iter()
            .find(|(number, _)| *number == self.0)
            .map(|(_, name)| *name)
    }
}

impl fmt::Display for RouteProtocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.pad(name),
            None => self.0.fmt(formatter),
        }
    }
}

/// The text is neither the name of a protocol nor a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid protocol: expected a name (NetMgmt, Local, Ospf, Static) or a number (3)")]
pub struct InvalidProtocol;

impl FromStr for RouteProtocol {
    type Err = InvalidProtocol;

    /// A name in any case, or a number.
    fn from_str(text: &str) -> Result<Self, InvalidProtocol> {
        RouteProtocol::NAMES
            .iter()
            .find(|(_, name)| name.eq_ignore_ascii_case(text))
            .map(|(number, _)| *number)
            .or_else(|| text.parse().ok())
            .map(Self)
            .ok_or(InvalidProtocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_read_as_it_is_written() {
        for (number, _) in RouteProtocol::NAMES {
            let protocol = RouteProtocol(*number);
            assert_eq!(protocol.to_string().parse(), Ok(protocol));
            assert_eq!(number.to_string().parse(), Ok(protocol));
        }
        assert_eq!("bird".parse::<RouteProtocol>(), Err(InvalidProtocol));
    }
}
