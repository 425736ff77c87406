//! The interface of a route.

use std::fmt;
use std::str::FromStr;

/// The name of an interface: its index, its LUID or both.
///
/// Its text form is the index (`7`) or the LUID (`luid:0x0006008001000000`).
///
/// ```
/// use ipforward::Interface;
///
/// let interface: Interface = "luid:0x0006008001000000".parse()?;
/// assert_eq!(interface, Interface::Luid(0x0006_0080_0100_0000));
/// assert_eq!("7".parse(), Ok(Interface::Index(7)));
/// # Ok::<(), ipforward::InvalidInterface>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// Its LUID, a `NET_LUID`: stays the same for as long as the interface exists.
    Luid(u64),
    /// Its index, which the system may give to another interface after a restart.
    Index(u32),
    /// Both, as the stack reports it. The LUID identifies the interface.
    Known {
        /// The LUID, not 0.
        luid: u64,
        /// The index.
        index: u32,
    },
}

impl Interface {
    /// The interface of a row with both members, where 0 means "not specified".
    pub(crate) const fn of_row(luid: u64, index: u32) -> Self {
        match (luid, index) {
            (0, index) => Self::Index(index),
            (luid, 0) => Self::Luid(luid),
            (luid, index) => Self::Known { luid, index },
        }
    }

    /// The LUID, if it is known.
    #[must_use]
    pub const fn luid(self) -> Option<u64> {
        match self {
            Self::Luid(luid) | Self::Known { luid, .. } => Some(luid),
            Self::Index(_) => None,
        }
    }

    /// The index, if it is known.
    #[must_use]
    pub const fn index(self) -> Option<u32> {
        match self {
            Self::Index(index) | Self::Known { index, .. } => Some(index),
            Self::Luid(_) => None,
        }
    }

    /// True if both name the same interface: compares LUIDs if both have one, else indices.
    ///
    /// ```
    /// use ipforward::Interface;
    ///
    /// let seven = Interface::Known { luid: 1, index: 7 };
    /// assert!(seven.is_same(Interface::Index(7)));
    /// assert!(!seven.is_same(Interface::Known { luid: 2, index: 7 }));
    /// ```
    #[must_use]
    pub fn is_same(self, other: Self) -> bool {
        match (
            self.luid().zip(other.luid()),
            self.index().zip(other.index()),
        ) {
            (Some((one, another)), _) => one == another,
            (None, Some((one, another))) => one == another,
            (None, None) => false,
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Luid(luid) => write!(formatter, "luid:0x{luid:016x}"),
            Self::Index(index) | Self::Known { index, .. } => index.fmt(formatter),
        }
    }
}

/// The text is neither an interface index nor `luid:` with a hexadecimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid interface: expected an index (7) or a LUID (luid:0x0006008001000000)")]
pub struct InvalidInterface;

impl FromStr for Interface {
    type Err = InvalidInterface;

    fn from_str(text: &str) -> Result<Self, InvalidInterface> {
        let Some(luid) = text.strip_prefix("luid:") else {
            return text.parse().map(Self::Index).map_err(|_| InvalidInterface);
        };
        luid.strip_prefix("0x")
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self::Luid)
            .ok_or(InvalidInterface)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_read_as_it_is_written() {
        for interface in [Interface::Index(7), Interface::Luid(0x0006_0080_0100_0000)] {
            assert_eq!(interface.to_string().parse(), Ok(interface));
        }
    }

    #[test]
    fn other_text_is_not_an_interface() {
        for text in [
            "",
            "eth0",
            "-1",
            "luid:7",
            "luid:0x",
            "luid:0x+7",
            "4294967296",
        ] {
            assert_eq!(text.parse::<Interface>(), Err(InvalidInterface), "{text}");
        }
    }
}
