//! The interface of a route.

use std::fmt;
use std::str::FromStr;

use super::InterfaceAlias;

/// The name of an interface: its index, its LUID or both, or its alias.
///
/// Its text form is the index (`7`), the LUID (`luid:0x0006008001000000`) or the alias (`Ethernet`);
/// `alias:7` is the alias `7`.
///
/// ```
/// use ipforward::Interface;
///
/// let interface: Interface = "luid:0x0006008001000000".parse()?;
/// assert_eq!(interface, Interface::Luid(0x0006_0080_0100_0000));
/// assert_eq!("7".parse(), Ok(Interface::Index(7)));
/// assert_eq!("Ethernet".parse(), Ok(Interface::alias("Ethernet")));
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
    /// Its alias in any case, or the GUID of its adapter in braces. A [`Device`](crate::Device) finds
    /// the interface each time that it sends the name: see
    /// [`Device::interface_named`](crate::Device::interface_named).
    Alias(InterfaceAlias),
}

impl Interface {
    /// The interface with this alias, or whose adapter has this GUID (`{…}`).
    #[must_use]
    pub fn alias(text: &str) -> Self {
        Self::Alias(InterfaceAlias::new(text))
    }

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
            Self::Index(_) | Self::Alias(_) => None,
        }
    }

    /// The index, if it is known.
    #[must_use]
    pub const fn index(self) -> Option<u32> {
        match self {
            Self::Index(index) | Self::Known { index, .. } => Some(index),
            Self::Luid(_) | Self::Alias(_) => None,
        }
    }

    /// True if both name the same interface: compares LUIDs if both have one, else indices. An alias
    /// is compared with another alias only.
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
        if let (Self::Alias(alias), Self::Alias(other)) = (self, other) {
            return alias.is_same(other);
        }
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
            Self::Alias(alias) if is_alias_only(alias.as_str()) => alias.fmt(formatter),
            Self::Alias(alias) => write!(formatter, "{ALIAS}{alias}"),
        }
    }
}

/// Before an alias that would be read as another name.
const ALIAS: &str = "alias:";
/// Before a LUID.
const LUID: &str = "luid:";

/// True if the text can be an alias only.
fn is_alias_only(text: &str) -> bool {
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = number.bytes().all(|digit| digit.is_ascii_digit());
    !is_number && !text.starts_with(LUID) && !text.starts_with(ALIAS)
}

/// The text is not the name of an interface: empty, a number that is no index, or no LUID after
/// `luid:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid interface: expected an index (7), an alias (Ethernet) or a LUID \
     (luid:0x0006008001000000)"
)]
pub struct InvalidInterface;

impl FromStr for Interface {
    type Err = InvalidInterface;

    fn from_str(text: &str) -> Result<Self, InvalidInterface> {
        if let Some(alias) = text.strip_prefix(ALIAS) {
            return Ok(Self::alias(alias));
        }
        if is_alias_only(text) {
            return Ok(Self::alias(text));
        }
        let Some(luid) = text.strip_prefix(LUID) else {
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
        let aliases =
            ["Ethernet 2", "7", "-1", "", "luid:7", "alias:7", "{x}"].map(Interface::alias);
        let others = [Interface::Index(7), Interface::Luid(0x0006_0080_0100_0000)];
        for interface in others.into_iter().chain(aliases) {
            assert_eq!(interface.to_string().parse(), Ok(interface));
        }
        assert_eq!(aliases[0].to_string(), "Ethernet 2");
        assert_eq!(aliases[1].to_string(), "alias:7");
    }

    #[test]
    fn an_alias_is_the_same_in_any_case() {
        let alias = Interface::alias("Ethernet");
        assert!(alias.is_same(Interface::alias("ETHERNET")));
        assert!(!alias.is_same(Interface::alias("Ethernet 2")));
        assert!(!alias.is_same(Interface::Index(7)));
        assert_eq!((alias.luid(), alias.index()), (None, None));
    }

    #[test]
    fn other_text_is_not_an_interface() {
        for text in ["", "-1", "luid:7", "luid:0x", "luid:0x+7", "4294967296"] {
            assert_eq!(text.parse::<Interface>(), Err(InvalidInterface), "{text}");
        }
    }
}
