//! How long a route stays.

use std::fmt;
use std::str::FromStr;

use abi::route::INFINITE_LIFETIME;

/// How for ever is written.
const FOREVER: &str = "forever";

/// A lifetime of a route.
///
/// Written as its seconds or as `forever`, and read from either.
///
/// ```
/// use ipforward::Lifetime;
///
/// assert_eq!("1800".parse(), Ok(Lifetime::Seconds(1_800)));
/// assert_eq!(Lifetime::Infinite.to_string(), "forever");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lifetime {
    /// This many seconds from now. `0xFFFF_FFFF` seconds cannot be told from [`Infinite`].
    ///
    /// [`Infinite`]: Self::Infinite
    Seconds(u32),
    /// For ever.
    Infinite,
}

impl Lifetime {
    /// The seconds, or `None` for ever.
    #[must_use]
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Infinite => None,
        }
    }
}

impl From<u32> for Lifetime {
    /// The lifetime that a row writes as this number.
    fn from(seconds: u32) -> Self {
        if seconds == INFINITE_LIFETIME {
            Self::Infinite
        } else {
            Self::Seconds(seconds)
        }
    }
}

impl From<Lifetime> for u32 {
    /// The number that a row writes for this lifetime.
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

/// A text is neither a number of seconds nor `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a lifetime is a number of seconds (3600) or `forever`")]
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
