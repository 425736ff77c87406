//! The words that each command takes for a route.

use crate::spec::{self, Keyword};

/// The words that a command takes for a route.
pub(super) struct RouteWords {
    pub(super) keywords: &'static [Keyword],
    /// The words without a value, with their help.
    pub(super) flags: &'static [(&'static str, &'static str)],
    /// True if the route exists.
    pub(super) exists: bool,
}

impl RouteWords {
    /// True for a word that stands alone.
    pub(super) fn is_flag(&self, word: &str) -> bool {
        self.flags.iter().any(|(flag, _)| *flag == word)
    }
}

/// The words of a route that does not exist yet.
pub(super) const NEW_ROUTE: RouteWords = RouteWords {
    keywords: spec::ROUTE,
    flags: &[],
    exists: false,
};

/// The words of a route to be leased.
pub(super) const HELD_ROUTE: RouteWords = RouteWords {
    flags: &[
        (spec::SHARE, "allow other programs to lease the route too"),
        (
            spec::GUARD,
            "restore the route when another program changes it",
        ),
    ],
    ..NEW_ROUTE
};

/// The words of a route to be changed.
pub(super) const EXISTING_ROUTE: RouteWords = RouteWords {
    exists: true,
    ..NEW_ROUTE
};

/// The words of the key of a route.
pub(super) const EXISTING_KEY: RouteWords = RouteWords {
    keywords: spec::KEY,
    ..EXISTING_ROUTE
};

/// The words of the key of a route, and those of a packet.
pub(super) const KEY_OR_PACKET: RouteWords = RouteWords {
    keywords: &[Keyword::Via, Keyword::Dev, Keyword::From],
    ..EXISTING_ROUTE
};
