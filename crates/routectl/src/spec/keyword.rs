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

/// Other spellings of keywords: those of routectl's JSON, and those of other programs.
const SYNONYMS: [(&str, Keyword); 14] = [
    ("next_hop", Keyword::Via),
    ("nexthop", Keyword::Via),
    ("gateway", Keyword::Via),
    ("gw", Keyword::Via),
    ("interface", Keyword::Dev),
    ("if", Keyword::Dev),
    ("oif", Keyword::Dev),
    ("source", Keyword::From),
    ("src", Keyword::From),
    ("proto", Keyword::Protocol),
    ("valid_lifetime", Keyword::Valid),
    ("preferred_lifetime", Keyword::Preferred),
    ("site_prefix_length", Keyword::Site),
    ("autoconfigure_address", Keyword::Autoconfigure),
];

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

    /// The one of `allowed` with this name, in any case, or with a synonym of it.
    pub(crate) fn find(word: &str, allowed: &[Self]) -> Option<Self> {
        let named = allowed
            .iter()
            .copied()
            .find(|keyword| keyword.name().eq_ignore_ascii_case(word));
        named.or_else(|| {
            let is_synonym = |(synonym, keyword): &&(&str, Self)| {
                synonym.eq_ignore_ascii_case(word) && allowed.contains(keyword)
            };
            SYNONYMS
                .iter()
                .find(is_synonym)
                .map(|(_, keyword)| *keyword)
        })
    }

    /// The expected value.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::Via => {
                "the address of the next hop (via 192.0.2.254, via fe80::1%7) or `on-link`"
            }
            Self::From => "the source address (from 192.0.2.10)",
            Self::Dev => {
                "an interface from `routectl interface show`: its index (dev 7), its alias \
                 (dev Ethernet) or its LUID (dev luid:0x0006008001000000)"
            }
            Self::Metric => "a number from 0 to 2147483647 (metric 5)",
            Self::Protocol => "a name (protocol NetMgmt, protocol Ospf) or a number (protocol 3)",
            Self::Valid => "a time (valid 3600, valid 1h30m) or `forever`",
            Self::Preferred => "a time (preferred 1800, preferred 30m) or `forever`",
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
