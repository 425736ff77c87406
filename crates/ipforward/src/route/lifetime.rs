//! Lifetimes of routes.

use std::fmt;
use std::str::FromStr;

use abi::route::INFINITE_LIFETIME;

/// The text form of an infinite lifetime.
const FOREVER: &str = "forever";

/// A lifetime of a route.
///
/// Its text form is a number of seconds or `forever`.
///
/// ```
/// use ipforward::Lifetime;
///
/// assert_eq!("1800".parse(), Ok(Lifetime::Seconds(1_800)));
/// assert_eq!(Lifetime::Infinite.to_string(), "forever");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lifetime {
    /// This many seconds from now. In a row, `0xFFFF_FFFF` seconds mean [`Infinite`].
    ///
    /// [`Infinite`]: Self::Infinite
    Seconds(u32),
    /// No end.
    Infinite,
}

impl Lifetime {
    /// The seconds; `None` if infinite.
    #[must_use]
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Infinite => None,
        }
    }
}

impl From<u32> for Lifetime {
    /// The lifetime for this value of a row.
    fn from(seconds: u32) -> Self {
        if seconds == INFINITE_LIFETIME {
            Self::Infinite
        } else {
            Self::Seconds(seconds)
        }
    }
}

impl From<Lifetime> for u32 {
    /// The value of this lifetime in a row.
    fn from(lifetime: Lifetime) -> Self {
        lifetime.seconds().unwrap_or(INFINITE_LIFETIME)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => seconds.fmt(formatter),
            Self::Infinite => formatter.pad(FOREVER),
        }
    }
}

/// The text is neither a number of seconds nor `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid lifetime: expected a number of seconds (3600) or `forever`")]
pub struct InvalidLifetime;

impl FromStr for Lifetime {
    type Err = InvalidLifetime;

    fn from_str(text: &str) -> Result<Self, InvalidLifetime> {
        if text == FOREVER {
            return Ok(Self::Infinite);
        }
        text.parse::<u32>()
            .map(Self::from)
            .map_err(|_| InvalidLifetime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_read_as_it_is_written() {
        for lifetime in [
            Lifetime::Seconds(0),
            Lifetime::Seconds(60),
            Lifetime::Infinite,
        ] {
            assert_eq!(lifetime.to_string().parse(), Ok(lifetime));
        }
        for text in ["", "-1", "1h", "4294967296"] {
            assert_eq!(text.parse::<Lifetime>(), Err(InvalidLifetime), "{text}");
        }
    }
}
