//! The members of a route that a person may set, beside its keys.

use super::{Route, RouteFlags};

/// A member of a route and its value, in the words of `routectl route set`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMember {
    /// Its word.
    pub word: &'static str,
    /// Its value.
    pub value: String,
}

impl Route {
    /// The members that a person may set, beside the keys: always all of them, in the same order.
    ///
    /// ```
    /// use ipforward::{Interface, IpNet, Route};
    ///
    /// let destination: IpNet = "10.20.0.0/16".parse()?;
    /// let route = Route::new(destination, Interface::Index(7)).metric(5);
    /// let metric = &route.members()[0];
    /// assert_eq!((metric.word, metric.value.as_str()), ("metric", "5"));
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
        let flags = RouteFlags::WORDS.map(|(flag, word)| {
            let is_set = self.flags.contains(flag);
            (word, if is_set { "yes" } else { "no" }.to_owned())
        });
        numbers
            .into_iter()
            .chain(flags)
            .map(|(word, value)| RouteMember { word, value })
            .collect()
    }

    /// The members in which two routes differ: how each is here, and how it is there.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<(RouteMember, RouteMember)> {
        self.members()
            .into_iter()
            .zip(other.members())
            .filter(|(here, there)| here != there)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use ipnet::IpNet;

    use super::*;
    use crate::route::{Interface, Lifetime, RouteProtocol};

    #[test]
    fn only_what_differs_is_told() {
        let destination: IpNet = "10.20.0.0/16".parse().unwrap();
        let route = Route::new(destination, Interface::Index(7));
        assert_eq!(route.differences(&route), []);
        let other = route
            .metric(5)
            .protocol(RouteProtocol::OSPF)
            .lifetimes(Lifetime::Seconds(60), Lifetime::Seconds(30))
            .site_prefix_length(8)
            .flags(RouteFlags::IMMORTAL);
        let told: Vec<_> = route
            .differences(&other)
            .iter()
            .map(|(old, new)| format!("{} {} {}", old.word, old.value, new.value))
            .collect();
        assert_eq!(
            told,
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
