//! The members of a route besides its key.

use std::str::FromStr;

use ipforward::{Lifetime, Route, RouteFlags, RouteProtocol};

use super::error::SpecError;
use super::keyword::Keyword;
use super::value::parse_into;

/// Changes of a route's members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemberChanges {
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

impl MemberChanges {
    /// Parses the value of a member's keyword; ignores other keywords.
    pub(super) fn set(&mut self, keyword: Keyword, value: &str) -> Result<(), SpecError> {
        match keyword {
            Keyword::Metric => parse_into(&mut self.metric, keyword, value),
            Keyword::Protocol => parse_into(&mut self.protocol, keyword, value),
            Keyword::Valid => parse_into(&mut self.valid, keyword, value),
            Keyword::Preferred => parse_into(&mut self.preferred, keyword, value),
            Keyword::Site => parse_into(&mut self.site, keyword, value),
            _ => RouteFlags::KEYWORDS
                .iter()
                .zip(&mut self.flags)
                .filter(|((_, name), _)| *name == keyword.name())
                .try_for_each(|(_, flag)| parse_into(flag, keyword, value)),
        }
    }

    /// The route with these changes; other members keep their values.
    ///
    /// A finite valid lifetime also clears `immortal` and limits the preferred lifetime, unless the
    /// user gives these explicitly.
    pub(crate) fn apply_to(&self, route: Route) -> Route {
        let mut route = route;
        route.metric = self.metric.unwrap_or(route.metric);
        route.protocol = self.protocol.unwrap_or(route.protocol);
        route.site_prefix_length = self.site.unwrap_or(route.site_prefix_length);
        if let Some(valid) = self.valid {
            route = route.valid_for(valid);
        }
        route.preferred_lifetime = self.preferred.unwrap_or(route.preferred_lifetime);
        for ((flag, _), change) in RouteFlags::KEYWORDS.iter().zip(self.flags) {
            if let Some(YesNo(is_set)) = change {
                route.flags.set(*flag, is_set);
            }
        }
        route
    }
}
