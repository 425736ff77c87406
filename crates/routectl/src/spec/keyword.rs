//! The keywords of a route, each followed by a value.

/// A keyword; the next argument is its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Via,
    From,
    Dev,
    Metric,
    Protocol,
    Valid,
    Preferred,
    Site,
    Loopback,
    Autoconfigure,
    Publish,
    Immortal,
}

/// The keywords of a route's key.
pub(crate) const KEY: &[Keyword] = &[Keyword::Via, Keyword::Dev];

/// The keywords of a packet.
pub(crate) const PACKET: &[Keyword] = &[Keyword::From, Keyword::Dev];

/// The keywords of the members that can be changed.
pub(super) const MEMBERS: &[Keyword] = &[
    Keyword::Metric,
    Keyword::Protocol,
    Keyword::Valid,
    Keyword::Preferred,
    Keyword::Site,
    Keyword::Loopback,
    Keyword::Autoconfigure,
    Keyword::Publish,
    Keyword::Immortal,
];

/// The keywords of a whole route.
pub(crate) const ROUTE: &[Keyword] = &[
    Keyword::Via,
    Keyword::Dev,
    Keyword::Metric,
    Keyword::Protocol,
    Keyword::Valid,
    Keyword::Preferred,
    Keyword::Site,
    Keyword::Loopback,
    Keyword::Autoconfigure,
    Keyword::Publish,
    Keyword::Immortal,
];

impl Keyword {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Via => "via",
            Self::From => "from",
            Self::Dev => "dev",
            Self::Metric => "metric",
            Self::Protocol => "protocol",
            Self::Valid => "valid",
            Self::Preferred => "preferred",
            Self::Site => "site",
            Self::Loopback => "loopback",
            Self::Autoconfigure => "autoconfigure",
            Self::Publish => "publish",
            Self::Immortal => "immortal",
        }
    }

    /// The expected value.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::Via => "the address of the next hop (via 192.0.2.254, via fe80::1%7)",
            Self::From => "the source address (from 192.0.2.10)",
            Self::Dev => {
                "an interface from `routectl interface show`: its index (dev 7), its alias \
                 (dev Ethernet) or its LUID (dev luid:0x0006008001000000)"
            }
            Self::Metric => "a number from 0 to 4294967295 (metric 5)",
            Self::Protocol => "a name (protocol NetMgmt, protocol Ospf) or a number (protocol 3)",
            Self::Valid => "a number of seconds (valid 3600) or `forever`",
            Self::Preferred => "a number of seconds (preferred 1800) or `forever`",
            Self::Site => "a number of bits from 0 to 255 (site 48)",
            Self::Loopback => "yes or no (loopback no)",
            Self::Autoconfigure => "yes or no (autoconfigure no)",
            Self::Publish => "yes or no (publish no)",
            Self::Immortal => "yes or no (immortal no)",
        }
    }
}

/// The names of keywords as a list.
pub(super) fn list(keywords: &[Keyword]) -> String {
    let names: Vec<_> = keywords.iter().map(|keyword| keyword.name()).collect();
    names.join(", ")
}
