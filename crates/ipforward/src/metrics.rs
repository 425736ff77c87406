//! The complete metric of a route: its own plus that of its interface.

use std::cmp::Ordering;
use std::collections::HashMap;

use abi::AddressFamily;

use crate::interface::IpInterface;
use crate::route::{Interface, Route};

/// The "not specified" value of a metric, for routes and interfaces.
const UNSPECIFIED: u32 = Route::METRIC_UNSPECIFIED;

/// A route with the metric of its interface, so that routes can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RouteWithMetric {
    /// The route.
    pub route: Route,
    /// The metric of the route's family on its interface; `None` if it is unknown, for example
    /// because the interface went away after the route was read.
    pub interface_metric: Option<u32>,
}

impl RouteWithMetric {
    /// A route on an interface with this metric.
    #[must_use]
    pub fn new(route: Route, interface_metric: Option<u32>) -> Self {
        Self {
            route,
            interface_metric: interface_metric.filter(|metric| *metric != UNSPECIFIED),
        }
    }

    /// The complete metric: of two routes to the same prefix, the one with the lower wins. `None`
    /// if a part of it is unknown.
    ///
    /// ```
    /// use ipforward::{Interface, IpNet, Route, RouteWithMetric};
    ///
    /// let default: IpNet = "::/0".parse()?;
    /// let route = Route::new(default, Interface::Index(7)).metric(5);
    /// assert_eq!(RouteWithMetric::new(route, Some(25)).complete_metric(), Some(30));
    /// assert_eq!(RouteWithMetric::new(route, None).complete_metric(), None);
    /// # Ok::<(), ipnet::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn complete_metric(&self) -> Option<u64> {
        let route = Some(self.route.metric).filter(|metric| *metric != UNSPECIFIED)?;
        Some(u64::from(route) + u64::from(self.interface_metric?))
    }

    /// Compares two routes for a packet that matches both: the better one is `Less`. The longer
    /// prefix is better, then the lower complete metric, then a known metric.
    #[must_use]
    pub fn preference(&self, other: &Self) -> Ordering {
        let length = |entry: &Self| entry.route.destination.prefix_len();
        let metric = |entry: &Self| entry.complete_metric().unwrap_or(u64::MAX);
        length(other)
            .cmp(&length(self))
            .then(metric(self).cmp(&metric(other)))
    }
}

/// The metrics of a table of interfaces, by interface and family.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    by_luid: HashMap<(u64, u16), u32>,
    by_index: HashMap<(u32, u16), u32>,
}

impl Metrics {
    /// The metric of a family on an interface; `None` if the table does not have it. Looks up the
    /// LUID; the index only if the LUID is unknown. The table does not have aliases.
    #[must_use]
    pub fn of_interface(&self, interface: Interface, family: AddressFamily) -> Option<u32> {
        match interface {
            Interface::Luid(luid) | Interface::Known { luid, .. } => {
                self.by_luid.get(&(luid, family.0)).copied()
            }
            Interface::Index(index) => self.by_index.get(&(index, family.0)).copied(),
            Interface::Alias(_) => None,
        }
    }

    /// The route with the metric of its interface.
    #[must_use]
    pub fn with_metric(&self, route: Route) -> RouteWithMetric {
        RouteWithMetric::new(route, self.of_interface(route.interface, route.family()))
    }
}

impl<'a> FromIterator<&'a IpInterface> for Metrics {
    fn from_iter<T: IntoIterator<Item = &'a IpInterface>>(interfaces: T) -> Self {
        let mut metrics = Self::default();
        for row in interfaces {
            let family = row.family.0;
            if let Some(luid) = row.interface.luid() {
                metrics.by_luid.insert((luid, family), row.metric);
            }
            if let Some(index) = row.interface.index() {
                metrics.by_index.insert((index, family), row.metric);
            }
        }
        metrics
    }
}

#[cfg(test)]
mod tests {
    use abi::MibIpInterfaceRow;
    use ipnet::IpNet;
    use proptest::prelude::*;

    use super::*;

    fn interface(luid: u64, index: u32, family: AddressFamily, metric: u32) -> IpInterface {
        IpInterface::try_from(&MibIpInterfaceRow {
            family: family.0,
            interface_luid: luid,
            interface_index: index,
            metric,
            ..MibIpInterfaceRow::default()
        })
        .unwrap()
    }

    fn route(prefix: &str, interface: Interface, metric: u32) -> Route {
        let destination: IpNet = prefix.parse().unwrap();
        Route::new(destination, interface).metric(metric)
    }

    proptest! {
        #[test]
        fn a_complete_metric_is_the_sum_and_never_overflows(own: u32, interface: u32) {
            let route = route("::/0", Interface::Index(7), own);
            let complete = RouteWithMetric::new(route, Some(interface)).complete_metric();
            let unknown = own == u32::MAX || interface == u32::MAX;
            let sum = u128::from(own) + u128::from(interface);
            prop_assert_eq!(complete.map(u128::from), (!unknown).then_some(sum));
        }

        #[test]
        fn metrics_of_a_table_are_looked_up(
            rows in prop::collection::hash_map((1..u64::MAX, any::<bool>()), any::<u32>(), 0..20),
            own in 0..u32::MAX,
        ) {
            let family = |ipv6| if ipv6 { AddressFamily::IPV6 } else { AddressFamily::IPV4 };
            let table: Vec<_> = rows
                .iter()
                .map(|((luid, ipv6), metric)| interface(*luid, 0, family(*ipv6), *metric))
                .collect();
            let metrics: Metrics = table.iter().collect();
            for ((luid, ipv6), metric) in rows {
                let prefix = if ipv6 { "::/0" } else { "0.0.0.0/0" };
                let route_with_metric = metrics.with_metric(route(prefix, Interface::Luid(luid), own));
                let expected = (metric != u32::MAX).then(|| u64::from(own) + u64::from(metric));
                prop_assert_eq!(route_with_metric.complete_metric(), expected);
            }
        }
    }

    #[test]
    fn longer_prefix_wins_then_lower_metric_then_known_metric() {
        let candidate = |prefix, own, interface| {
            RouteWithMetric::new(route(prefix, Interface::Index(7), own), interface)
        };
        let falling = [
            candidate("10.20.0.0/16", 500, Some(500)),
            candidate("10.0.0.0/8", 1, Some(25)),
            candidate("10.0.0.0/8", 2, Some(25)),
            candidate("10.0.0.0/8", 0, None),
            candidate("0.0.0.0/0", 0, Some(0)),
        ];
        assert!(falling.is_sorted_by(|better, worse| better.preference(worse).is_lt()));
    }

    #[test]
    fn the_largest_metrics_do_not_wrap() {
        let route = route("::/0", Interface::Index(7), u32::MAX - 1);
        let route_with_metric = RouteWithMetric::new(route, Some(u32::MAX - 1));
        assert_eq!(route_with_metric.complete_metric(), Some(0x1_FFFF_FFFC));
    }

    #[test]
    fn the_luid_decides_and_the_family_counts() {
        let table = [
            interface(1, 7, AddressFamily::IPV4, 25),
            interface(1, 7, AddressFamily::IPV6, 50),
        ];
        let metrics: Metrics = table.iter().collect();
        let of = |interface, prefix| {
            metrics
                .with_metric(route(prefix, interface, 5))
                .complete_metric()
        };
        let known = Interface::Known { luid: 1, index: 7 };
        assert_eq!(of(known, "0.0.0.0/0"), Some(30));
        assert_eq!(of(known, "::/0"), Some(55));
        assert_eq!(of(Interface::Index(7), "::/0"), Some(55));
        // The index was given to another interface.
        let gone = Interface::Known { luid: 2, index: 7 };
        assert_eq!(of(gone, "::/0"), None);
    }
}
