//! The members of a route besides its key.

use std::str::FromStr;

use ipforward::{Route, RouteFlags, RouteProtocol};

use super::error::SpecError;
use super::keyword::Keyword;
use super::seconds::{FOREVER, Seconds};
use super::value::{parse_into, parse_near};

/// Changes of a route's members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemberChanges {
    metric: Option<u32>,
    protocol: Option<RouteProtocol>,
    valid: Option<Seconds>,
    preferred: Option<Seconds>,
    site: Option<u8>,
    flags: [Option<YesNo>; RouteFlags::KEYWORDS.len()],
}

/// `yes` or `no`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct YesNo(bool);

impl FromStr for YesNo {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "on" => Ok(Self(true)),
            "no" | "false" | "off" => Ok(Self(false)),
            _ => Err(()),
        }
    }
}

impl MemberChanges {
    /// The new metric, if there is one.
    pub(super) const fn metric(&self) -> Option<u32> {
        self.metric
    }

    /// Parses the value of a member's keyword; ignores other keywords.
    pub(super) fn set(&mut self, keyword: Keyword, value: &str) -> Result<(), SpecError> {
        match keyword {
            Keyword::Metric => parse_into(&mut self.metric, keyword, value),
            Keyword::Protocol => {
                let names = RouteProtocol::NAMES.iter().map(|(_, name)| *name);
                parse_near(&mut self.protocol, keyword, value, names)
            }
            Keyword::Valid => parse_near(&mut self.valid, keyword, value, [FOREVER]),
            Keyword::Preferred => parse_near(&mut self.preferred, keyword, value, [FOREVER]),
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
        if let Some(Seconds(valid)) = self.valid {
            route = route.valid_for(valid);
        }
        if let Some(Seconds(preferred)) = self.preferred {
            route.preferred_lifetime = preferred;
        }
        for ((flag, _), change) in RouteFlags::KEYWORDS.iter().zip(self.flags) {
            if let Some(YesNo(is_set)) = change {
                route.flags.set(*flag, is_set);
            }
        }
        route
    }
}
