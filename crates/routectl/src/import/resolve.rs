//! Resolving a line to an entry, with the local tables.

use ipforward::{AddressFamily, Entry, IpNet, Lifetime, NextHop, Route, RouteFlags};

use super::line::LineError;
use super::line_change::{LineChange, Metric, Verb};
use super::local_tables::LocalTables;

/// The entry for the change of a line.
pub(super) fn entry(tables: &LocalTables, change: &LineChange) -> Result<Entry, LineError> {
    let is_complete = change.next_hop.is_some() && change.dev.is_some();
    if change.verb == Verb::Delete && !is_complete {
        return only_match(tables, change).map(|route| Entry::delete(&route.key()));
    }
    let route = route(tables, change)?;
    Ok(match change.verb {
        Verb::Add => Entry::create(&route),
        Verb::Change => Entry::set(&route),
        Verb::Replace => Entry::upsert(&route),
        Verb::Delete => Entry::delete(&route.key()),
    })
}

fn route(tables: &LocalTables, change: &LineChange) -> Result<Route, LineError> {
    let next_hop = change.next_hop.unwrap_or(NextHop::OnLink);
    let interface = match &change.dev {
        Some(dev) => tables.interface(dev)?,
        None => tables
            .link_of(next_hop)
            .ok_or_else(|| no_interface(next_hop))?,
    };
    let mut route = Route::new(change.prefix, interface).via(next_hop);
    let family = family(change.prefix);
    match change.metric {
        Some(Metric::Own(metric)) => route.metric = metric,
        Some(Metric::Complete(metric)) => {
            let of_interface = tables.interface_metric(interface, family);
            route.metric = metric.saturating_sub(of_interface);
        }
        None => {}
    }
    route.protocol = change.protocol.unwrap_or(route.protocol);
    if let Some(seconds) = change.expires {
        let lifetime = Lifetime::from(seconds);
        route = route.lifetimes(lifetime, lifetime);
        route.flags.remove(RouteFlags::IMMORTAL);
    }
    Ok(route)
}

/// The only local route that matches a deletion.
fn only_match<'a>(tables: &'a LocalTables, change: &LineChange) -> Result<&'a Route, LineError> {
    let interface = match &change.dev {
        Some(dev) => Some(tables.interface(dev)?),
        None => None,
    };
    let matches = |route: &&Route| {
        change
            .next_hop
            .is_none_or(|next_hop| next_hop == route.next_hop)
            && interface.is_none_or(|interface| interface.is_same(route.interface))
            && change
                .metric
                .is_none_or(|metric| metric == Metric::Own(route.metric))
    };
    let found: Vec<_> = tables
        .routes(change.prefix)
        .iter()
        .filter(matches)
        .collect();
    match found[..] {
        [route] => Ok(route),
        [] => Err(LineError::new(
            format!("no matching route to {}", change.prefix),
            "a route that `routectl route show` lists",
        )),
        [one, other, ..] => Err(LineError::new(
            format!(
                "{} routes match, for example {one} and {other}",
                found.len()
            ),
            "the next hop and the interface of one of them",
        )),
    }
}

fn no_interface(next_hop: NextHop) -> LineError {
    match next_hop {
        NextHop::OnLink => LineError::new("missing next hop and interface", "one of them, or both"),
        NextHop::Gateway { .. } => LineError::new(
            format!("the next hop {next_hop} is not on the link of a local interface"),
            "an interface as well (dev eth0, if 7)",
        ),
    }
}

const fn family(prefix: IpNet) -> AddressFamily {
    match prefix {
        IpNet::V4(_) => AddressFamily::IPV4,
        IpNet::V6(_) => AddressFamily::IPV6,
    }
}
