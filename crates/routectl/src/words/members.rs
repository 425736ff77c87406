//! The members of a route that words can set, beside its keys.

use std::str::FromStr;

use ipforward::{Lifetime, Route, RouteFlags, RouteProtocol};

use super::WordsError;
use super::word::{self, Word};

/// What words say of a route beside its keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    metric: Option<u32>,
    protocol: Option<RouteProtocol>,
    valid: Option<Lifetime>,
    preferred: Option<Lifetime>,
    site: Option<u8>,
    flags: [Option<YesNo>; RouteFlags::KEYWORDS.len()],
}

/// `yes` or `no`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct YesNo(bool);

impl FromStr for YesNo {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "yes" => Ok(Self(true)),
            "no" => Ok(Self(false)),
            _ => Err(()),
        }
    }
}

impl Members {
    /// Takes the value of a word; of one that is about no member, nothing.
    pub(super) fn set(&mut self, word: Word, value: &str) -> Result<(), WordsError> {
        match word {
            Word::Metric => word::set(&mut self.metric, word, value),
            Word::Protocol => word::set(&mut self.protocol, word, value),
            Word::Valid => word::set(&mut self.valid, word, value),
            Word::Preferred => word::set(&mut self.preferred, word, value),
            Word::Site => word::set(&mut self.site, word, value),
            _ => RouteFlags::KEYWORDS
                .iter()
                .zip(&mut self.flags)
                .filter(|((_, name), _)| *name == word.name())
                .try_for_each(|(_, flag)| word::set(flag, word, value)),
        }
    }

    /// The route with these members; what is not said stays.
    ///
    /// A route that is to end says so once: a finite lifetime makes it mortal, and the preferred
    /// lifetime is no longer than the valid one, unless it is said otherwise.
    pub(crate) fn put_on(&self, route: Route) -> Route {
        let mut route = route;
        route.metric = self.metric.unwrap_or(route.metric);
        route.protocol = self.protocol.unwrap_or(route.protocol);
        route.site_prefix_length = self.site.unwrap_or(route.site_prefix_length);
        if let Some(valid) = self.valid {
            route = route.valid_for(valid);
        }
        route.preferred_lifetime = self.preferred.unwrap_or(route.preferred_lifetime);
        for ((flag, _), said) in RouteFlags::KEYWORDS.iter().zip(self.flags) {
            if let Some(YesNo(is_set)) = said {
                route.flags.set(*flag, is_set);
            }
        }
        route
    }
}
