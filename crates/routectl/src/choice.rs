//! Why the stack sends a packet by one route and not by another.

use std::cmp::Ordering;
use std::fmt;

use ipforward::{Destination, InterfaceFlags, IpInterface, Metrics, Route, RouteWithMetric};

/// Why a route is the best one, as far as the tables tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The route that the stack chose.
    pub(crate) chosen: RouteWithMetric,
    /// Routes that match and are in use, the chosen one among them.
    pub(crate) matching: usize,
    /// Routes that match and are not in use, since their interface is not connected or takes no
    /// default routes.
    pub(crate) idle: usize,
    /// The best of the others.
    pub(crate) next: Option<RouteWithMetric>,
    /// What decided between it and the chosen one.
    pub(crate) decided_by: DecidedBy,
}

/// What decides between the best route and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecidedBy {
    /// There is no other.
    NoOther,
    /// The next one's prefix is shorter.
    PrefixLength,
    /// The next one's complete metric is higher.
    Metric,
    /// Nothing that the documentation names: prefix and metric are the same.
    Tie,
    /// A metric that is not known here.
    UnknownMetric,
    /// Nothing: by prefix and metric the next one would be better.
    Nothing,
}

impl DecidedBy {
    /// The name, for programs.
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

impl Choice {
    /// Why `best` is the route for `to`, by these tables of its family.
    pub(crate) fn explain(
        best: &Route,
        to: &Destination,
        routes: &[Route],
        interfaces: &[IpInterface],
    ) -> Self {
        let metrics: Metrics = interfaces.iter().collect();
        let chosen = metrics.with_metric(*best);
        // With a source, only the routes of the interface that has it count: that of the answer.
        let only = to.source.map(|_| best.interface).or(to.interface);
        let (used, idle): (Vec<_>, Vec<_>) = routes
            .iter()
            .filter(|route| route.destination.contains(&to.address))
            .filter(|route| only.is_none_or(|interface| interface.is_same(route.interface)))
            .filter(|route| !is_same(route, best))
            .map(|route| metrics.with_metric(*route))
            .partition(|other| is_used(&other.route, interfaces));
        let next = used.iter().copied().min_by(RouteWithMetric::preference);
        Self {
            chosen,
            matching: used.len() + 1,
            idle: idle.len(),
            decided_by: decided_by(&chosen, next.as_ref()),
            next,
        }
    }
}

fn is_same(one: &Route, other: &Route) -> bool {
    (one.destination, one.next_hop) == (other.destination, other.next_hop)
        && one.interface.is_same(other.interface)
}

/// Whether the routes of its interface take part. If no interface is known, all do.
fn is_used(route: &Route, interfaces: &[IpInterface]) -> bool {
    let own = interfaces
        .iter()
        .find(|row| row.family == route.family() && row.interface.is_same(route.interface));
    match own {
        Some(row) => {
            let no_defaults = row.flags.contains(InterfaceFlags::DISABLE_DEFAULT_ROUTES);
            row.is_connected() && !(no_defaults && route.destination.prefix_len() == 0)
        }
        None => interfaces.is_empty(),
    }
}

fn decided_by(chosen: &RouteWithMetric, next: Option<&RouteWithMetric>) -> DecidedBy {
    let Some(next) = next else {
        return DecidedBy::NoOther;
    };
    let length =
        |route_with_metric: &RouteWithMetric| route_with_metric.route.destination.prefix_len();
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

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.chosen.route.destination;
        match (self.decided_by, self.matching) {
            (DecidedBy::NoOther, _) => write!(formatter, "{prefix} is the only match")?,
            (DecidedBy::Nothing, matching) => {
                write!(formatter, "the stack chose {prefix} of {matching} matching")?;
            }
            (_, matching) => write!(formatter, "longest prefix {prefix} of {matching} matching")?,
        }
        write!(formatter, "; metric {}", Sum(&self.chosen))?;
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
            formatter.write_str(", which looks better: the tables may have changed meanwhile")?;
        }
        match self.idle {
            0 => Ok(()),
            idle => write!(
                formatter,
                "; {idle} more not in use, as the interface is not connected"
            ),
        }
    }
}

/// A complete metric as the sum that it is.
struct Sum<'a>(&'a RouteWithMetric);

impl fmt::Display for Sum<'_> {
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
