//! Errors in the description of a route.

use std::fmt;
use std::net::Ipv4Addr;

use ipforward::{Error, IpNet, NextHop};

use super::keyword::{Keyword, MEMBERS, list};
use super::no_interface::NoInterface;

/// An invalid description of a route. Names the wrong argument and what is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpecError {
    #[error(
        "invalid prefix `{text}`: {}expected ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), \
         ADDRESS/MASK, an address, or `default`",
        DidYouMean(meant.as_deref())
    )]
    Prefix {
        text: String,
        /// A valid prefix that the user may have meant.
        meant: Option<String>,
    },
    #[error(
        "invalid mask `{0}`: expected a mask without gaps (255.255.0.0) or a length from 0 to 32"
    )]
    Mask(Ipv4Addr),
    #[error("invalid prefix length in `{prefix}`: expected 0 to {bits} for {family}")]
    Length {
        prefix: String,
        family: &'static str,
        bits: u8,
    },
    #[error(
        "unknown keyword `{word}`: {}expected {}",
        DidYouMean(meant.as_deref()),
        list(allowed)
    )]
    Unknown {
        word: String,
        allowed: &'static [Keyword],
        /// The words that the user may have meant.
        meant: Option<String>,
    },
    #[error("`{name}` given twice", name = .0.name())]
    Twice(Keyword),
    #[error("`{name}` needs a value: expected {expected}", name = .0.name(), expected = .0.expected())]
    ValueMissing(Keyword),
    #[error(
        "invalid value `{value}` of `{}`: {}expected {}",
        keyword.name(),
        DidYouMean(meant.as_deref()),
        keyword.expected()
    )]
    Value {
        keyword: Keyword,
        value: String,
        /// A valid value that the user may have meant.
        meant: Option<String>,
    },
    #[error(
        "missing `dev`: expected an interface by its index (dev 7), its alias (dev Ethernet) or its \
         LUID (dev luid:0x0006008001000000)"
    )]
    DevMissing,
    #[error(
        "missing `dev`: {next_hop} is not on the link of an interface; expected an interface (dev 7) \
         or a next hop on a link"
    )]
    NoLink { next_hop: NextHop },
    #[error(
        "missing `dev`: {next_hop} is on the links of several interfaces; expected one of {}",
        candidates.join(", ")
    )]
    SeveralLinks {
        next_hop: NextHop,
        /// The interfaces, as values of `dev`.
        candidates: Vec<String>,
    },
    #[error(
        "the prefix {destination} and the next hop {next_hop} are of different families: expected two \
         IPv4 or two IPv6 addresses"
    )]
    Families {
        destination: IpNet,
        next_hop: NextHop,
    },
    #[error("nothing to change: expected at least one of {}", list(MEMBERS))]
    NothingToChange,
    #[error(transparent)]
    NoInterface(NoInterface),
    /// The interfaces or routes of the system cannot be read.
    #[error(transparent)]
    Device(#[from] Error),
}

impl SpecError {
    /// An invalid value, with the nearest of the valid words.
    pub(super) fn value<'a>(
        keyword: Keyword,
        value: &str,
        words: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::Value {
            keyword,
            value: value.to_owned(),
            meant: super::near::nearest(value, words).map(str::to_owned),
        }
    }
}

/// Formats a suggestion, or nothing.
struct DidYouMean<'a>(Option<&'a str>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(meant) => write!(formatter, "did you mean `{meant}`? "),
            None => Ok(()),
        }
    }
}
