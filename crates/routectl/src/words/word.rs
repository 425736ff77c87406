//! The words that say what the next one is.

use std::str::FromStr;

use super::WordsError;

/// A word that says what the next one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
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

/// Those of a route's key.
pub(crate) const KEY: &[Word] = &[Word::Via, Word::Dev];

/// Those that say where a packet comes from.
pub(crate) const PACKET: &[Word] = &[Word::From, Word::Dev];

/// Those of the members that can be changed.
pub(super) const MEMBERS: &[Word] = &[
    Word::Metric,
    Word::Protocol,
    Word::Valid,
    Word::Preferred,
    Word::Site,
    Word::Loopback,
    Word::Autoconfigure,
    Word::Publish,
    Word::Immortal,
];

/// Those of a whole route.
pub(crate) const ROUTE: &[Word] = &[
    Word::Via,
    Word::Dev,
    Word::Metric,
    Word::Protocol,
    Word::Valid,
    Word::Preferred,
    Word::Site,
    Word::Loopback,
    Word::Autoconfigure,
    Word::Publish,
    Word::Immortal,
];

impl Word {
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

    /// What its value may be.
    pub(crate) const fn right(self) -> &'static str {
        match self {
            Self::Via => "the address of the next hop (via 192.0.2.254, via fe80::1%7)",
            Self::From => "the source address (from 192.0.2.10)",
            Self::Dev => {
                "an interface of `routectl interface show`: its index (dev 7), its alias \
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

/// The names of words, for people.
pub(super) fn names(words: &[Word]) -> String {
    let names: Vec<_> = words.iter().map(|word| word.name()).collect();
    names.join(", ")
}

/// Puts the value of a word where it belongs, once.
pub(super) fn set<T: FromStr>(
    slot: &mut Option<T>,
    word: Word,
    value: &str,
) -> Result<(), WordsError> {
    let parsed = value
        .parse()
        .map_err(|_| WordsError::Value(word, value.to_owned()))?;
    put(slot, word, parsed)
}

/// The same with a value that has been read.
pub(super) fn put<T>(slot: &mut Option<T>, word: Word, value: T) -> Result<(), WordsError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(WordsError::Twice(word)),
    }
}
