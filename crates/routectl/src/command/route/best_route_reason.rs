//! Why a route is the best one for a packet.

use std::cmp::Ordering;
use std::fmt;

use ipforward::{Destination, IpInterface, Metrics, Route, RouteWithMetric};

use super::route_use::Unused;

/// Why a route is the best one, from the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BestRouteReason {
    /// The route that the stack chose.
    pub(crate) chosen: RouteWithMetric,
    /// Routes that match and are in use, including the chosen one.
    pub(crate) matching: usize,
    /// Routes that match and are not in use: their interface is not connected.
    pub(crate) disconnected: usize,
    /// Default routes that match and are not in use: their interface ignores them.
    pub(crate) ignored_defaults: usize,
    /// The best of the others.
    pub(crate) next: Option<RouteWithMetric>,
    /// The difference between it and the chosen one.
    pub(crate) decided_by: DecidedBy,
}

/// The difference between the best route and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecidedBy {
    /// There is no other route.
    NoOther,
    /// The next route has a shorter prefix.
    PrefixLength,
    /// The next route has a higher complete metric.
    Metric,
    /// Prefix length and metric are equal; the documentation names no other criterion.
    Tie,
    /// A metric is unknown.
    UnknownMetric,
    /// By prefix and metric the next route would be better.
    Nothing,
}

impl DecidedBy {
    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NoOther => "no_other",
            Self::PrefixLength => "prefix_length",
            Self::Metric => "metric",
            Self::Tie => "tie",
            Self::UnknownMetric => "unknown_metric",
            Self::Nothing => "nothing",
        }
    }
}

impl BestRouteReason {
    /// Why `best` is the route to `to`, from these tables of its family.
    pub(crate) fn new(
        best: &Route,
        to: &Destination,
        routes: &[Route],
        interfaces: &[IpInterface],
    ) -> Self {
        let metrics: Metrics = interfaces.iter().collect();
        let chosen = metrics.with_metric(*best);
        // A source address limits the search to its interface, which is that of the best route.
        let only = to.source.map(|_| best.interface).or(to.interface);
        let (used, unused): (Vec<_>, Vec<_>) = routes
            .iter()
            .filter(|route| route.destination.contains(&to.address))
            .filter(|route| only.is_none_or(|interface| interface.is_same(route.interface)))
            .filter(|route| !is_same(route, best))
            .map(|route| metrics.with_metric(*route))
            .partition(|other| is_used(&other.route, interfaces));
        let is_ignored = |other: &&RouteWithMetric| {
            let unused = Unused::of_interface(&other.route, interfaces);
            unused == Some(Unused::DefaultRoutesDisabled)
        };
        let ignored_defaults = unused.iter().filter(is_ignored).count();
        let next = used.iter().copied().min_by(RouteWithMetric::preference);
        Self {
            chosen,
            matching: used.len() + 1,
            disconnected: unused.len() - ignored_defaults,
            ignored_defaults,
            decided_by: decided_by(&chosen, next.as_ref()),
            next,
        }
    }
}

fn is_same(one: &Route, other: &Route) -> bool {
    (one.destination, one.next_hop) == (other.destination, other.next_hop)
        && one.interface.is_same(other.interface)
}

/// True if the stack uses the route. If no interface is known, assumes that it does.
fn is_used(route: &Route, interfaces: &[IpInterface]) -> bool {
    let is_known =
        |row: &IpInterface| row.family == route.family() && row.interface.is_same(route.interface);
    let is_assumed = interfaces.is_empty();
    is_assumed
        || interfaces.iter().any(is_known) && Unused::of_interface(route, interfaces).is_none()
}

fn decided_by(chosen: &RouteWithMetric, next: Option<&RouteWithMetric>) -> DecidedBy {
    let Some(next) = next else {
        return DecidedBy::NoOther;
    };
    let length = |entry: &RouteWithMetric| entry.route.destination.prefix_len();
    match length(chosen).cmp(&length(next)) {
        Ordering::Greater => return DecidedBy::PrefixLength,
        Ordering::Less => return DecidedBy::Nothing,
        Ordering::Equal => {}
    }
    match chosen.complete_metric().zip(next.complete_metric()) {
        None => DecidedBy::UnknownMetric,
        Some((own, other)) => match own.cmp(&other) {
            Ordering::Less => DecidedBy::Metric,
            Ordering::Equal => DecidedBy::Tie,
            Ordering::Greater => DecidedBy::Nothing,
        },
    }
}

impl fmt::Display for BestRouteReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.chosen.route.destination;
        match (self.decided_by, self.matching) {
            (DecidedBy::NoOther, _) => write!(formatter, "{prefix} is the only match")?,
            (DecidedBy::Nothing, matching) => {
                write!(formatter, "the stack chose {prefix} of {matching} matching")?;
            }
            (_, matching) => write!(formatter, "longest prefix {prefix} of {matching} matching")?,
        }
        write!(formatter, "; metric {}", MetricSum(&self.chosen))?;
        if let Some(next) = &self.next {
            write!(formatter, "; next candidate {}", next.route.key())?;
            match (self.decided_by, next.complete_metric()) {
                (DecidedBy::PrefixLength, _) => formatter.write_str(", a shorter prefix")?,
                (DecidedBy::Tie, Some(metric)) => write!(formatter, " metric {metric} too")?,
                (_, Some(metric)) => write!(formatter, " metric {metric}")?,
                (_, None) => formatter.write_str(" metric unknown")?,
            }
        }
        if self.decided_by == DecidedBy::Nothing {
            formatter.write_str(", which looks better: the tables may have changed in between")?;
        }
        for (count, reason) in [
            (self.disconnected, "interface not connected"),
            (self.ignored_defaults, "interface ignores default routes"),
        ] {
            if count > 0 {
                write!(formatter, "; {count} more not in use: {reason}")?;
            }
        }
        Ok(())
    }
}

/// Formats a complete metric with its two parts.
struct MetricSum<'a>(&'a RouteWithMetric);

impl fmt::Display for MetricSum<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = self.0.route.metric;
        match (self.0.complete_metric(), self.0.interface_metric) {
            (Some(sum), Some(interface)) => {
                write!(formatter, "{sum} = route {route} + interface {interface}")
            }
            (None, Some(interface)) => {
                write!(
                    formatter,
                    "unknown = route unspecified + interface {interface}"
                )
            }
            _ => write!(formatter, "unknown = route {route} + interface unknown"),
        }
    }
}

#[cfg(test)]
mod tests;
