//! Errors in the description of a route.

use ipforward::Error;

use super::keyword::{Keyword, MEMBERS, list};

/// An invalid description of a route. Names the wrong argument and what is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpecError {
    #[error(
        "invalid prefix `{0}`: expected ADDRESS/LENGTH (10.20.0.0/16, 2001:db8::/32), an address, \
         or `default`"
    )]
    Prefix(String),
    #[error("invalid prefix length in `{prefix}`: expected 0 to {bits} for {family}")]
    Length {
        prefix: String,
        family: &'static str,
        bits: u8,
    },
    #[error("unknown keyword `{0}`: expected {expected}", expected = list(.1))]
    Unknown(String, &'static [Keyword]),
    #[error("`{name}` given twice", name = .0.name())]
    Twice(Keyword),
    #[error("`{name}` needs a value: expected {expected}", name = .0.name(), expected = .0.expected())]
    ValueMissing(Keyword),
    #[error("invalid value `{1}` of `{name}`: expected {expected}", name = .0.name(), expected = .0.expected())]
    Value(Keyword, String),
    #[error(
        "missing `dev`: expected an interface by its index (dev 7), its alias (dev Ethernet) or its \
         LUID (dev luid:0x0006008001000000)"
    )]
    DevMissing,
    #[error("nothing to change: expected at least one of {}", list(MEMBERS))]
    NothingToChange,
    /// The aliases of interfaces cannot be read.
    #[error(transparent)]
    Device(#[from] Error),
}
