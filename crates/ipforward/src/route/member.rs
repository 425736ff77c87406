//! The members of a route besides its key that a user can set.

use super::{Route, RouteFlags};

/// A member of a route and its value, as arguments of `routectl route set`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMember {
    /// The keyword.
    pub keyword: &'static str,
    /// The value.
    pub value: String,
}

impl Route {
    /// The members besides the key that a user can set: always all, in the same order.
    ///
    /// ```
    /// use ipforward::{Interface, IpNet, Route};
    ///
    /// let destination: IpNet = "10.20.0.0/16".parse()?;
    /// let route = Route::new(destination, Interface::Index(7)).metric(5);
    /// let metric = &route.members()[0];
    /// assert_eq!((metric.keyword, metric.value.as_str()), ("metric", "5"));
    /// # Ok::<(), ipnet::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn members(&self) -> Vec<RouteMember> {
        let numbers = [
            ("metric", self.metric.to_string()),
            ("protocol", self.protocol.to_string()),
            ("valid", self.valid_lifetime.to_string()),
            ("preferred", self.preferred_lifetime.to_string()),
            ("site", self.site_prefix_length.to_string()),
        ];
        let flags = RouteFlags::KEYWORDS.map(|(flag, keyword)| {
            let is_set = self.flags.contains(flag);
            (keyword, if is_set { "yes" } else { "no" }.to_owned())
        });
        numbers
            .into_iter()
            .chain(flags)
            .map(|(keyword, value)| RouteMember { keyword, value })
            .collect()
    }

    /// The members in which two routes differ: first of `self`, then of `other`.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<(RouteMember, RouteMember)> {
        self.members()
            .into_iter()
            .zip(other.members())
            .filter(|(one, other)| one != other)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use ipnet::IpNet;

    use super::*;
    use crate::route::{Interface, Lifetime, RouteProtocol};

    #[test]
    fn differences_are_the_members_that_differ() {
        let destination: IpNet = "10.20.0.0/16".parse().unwrap();
        let route = Route::new(destination, Interface::Index(7));
        assert_eq!(route.differences(&route), []);
        let other = route
            .metric(5)
            .protocol(RouteProtocol::OSPF)
            .lifetimes(Lifetime::Seconds(60), Lifetime::Seconds(30))
            .site_prefix_length(8)
            .flags(RouteFlags::IMMORTAL);
        let texts: Vec<_> = route
            .differences(&other)
            .iter()
            .map(|(old, new)| format!("{} {} {}", old.keyword, old.value, new.value))
            .collect();
        assert_eq!(
            texts,
            [
                "metric 256 5",
                "protocol NetMgmt Ospf",
                "valid forever 60",
                "preferred forever 30",
                "site 0 8",
                "loopback yes no",
                "autoconfigure yes no",
                "publish yes no",
            ]
        );
        assert_eq!(route.members().len(), other.members().len());
    }
}
