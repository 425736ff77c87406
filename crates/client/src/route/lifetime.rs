//! How long a route stays.

use abi::route::INFINITE_LIFETIME;

/// A lifetime of a route.
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
