//! Resolving a line to entries, with the local tables and the earlier lines of the file.

use ipforward::{AddressFamily, Entry, IpNet, Lifetime, NextHop, Route, RouteFlags};

use super::address::METRIC_MAX;
use super::line::LineError;
use super::line_change::{LineChange, Metric, SystemRouteIf, Verb};
use super::line_kind::LeftOut;
use super::local_tables::LocalTables;
use super::options::PlaceOptions;

/// What a line becomes.
#[derive(Debug)]
pub(super) enum Resolved {
    /// Entries, and notes about them.
    Entries(Vec<Entry>, Vec<String>),
    LeftOut(LeftOut),
}

/// Resolves the change of a line, and adds its result to the tables for the lines after it.
pub(super) fn entries(
    tables: &mut LocalTables,
    options: &PlaceOptions,
    change: &LineChange,
) -> Result<Resolved, LineError> {
    let resolved = match change.verb {
        Verb::Delete => deletion(tables, options, change)?,
        Verb::DeleteAddress => deletions(tables, options, change)?,
        _ => route_entry(tables, options, change)?,
    };
    if let Resolved::Entries(entries, _) = &resolved {
        for entry in entries {
            tables.apply(entry);
        }
    }
    Ok(resolved)
}

fn route_entry(
    tables: &LocalTables,
    options: &PlaceOptions,
    change: &LineChange,
) -> Result<Resolved, LineError> {
    let mut notes = Vec::new();
    let place = options.place_of(tables, change, &mut notes)?;
    let key = Route::new(change.prefix, place.interface).via(place.next_hop);
    if is_of_system(tables, change, &key) {
        return Ok(Resolved::LeftOut(LeftOut::SystemRoute));
    }
    let metric = match place.metric.or(change.metric) {
        Some(Metric::Complete(complete)) => {
            let of_interface = tables.interface_metric(place.interface, family(change.prefix));
            if complete < of_interface {
                notes.push(format!(
                    "the metric {complete} is less than {of_interface}, the metric of interface \
                     {}: imported with metric 0",
                    place.interface
                ));
            }
            Some(complete.saturating_sub(of_interface))
        }
        Some(Metric::Own(own)) => Some(own),
        None => None,
    };
    if metric.is_some_and(|metric| metric > METRIC_MAX) {
        return Err(LineError::new(
            "the metric is too large",
            format!("a number from 0 to {METRIC_MAX} (0x7FFFFFFF)"),
        ));
    }
    let present = match change.verb {
        Verb::Replace | Verb::Change => tables.route(&key),
        _ => None,
    };
    // The members that the line does not give stay.
    let mut route = present.unwrap_or(key);
    route.age = key.age;
    route.origin = key.origin;
    route.metric = metric.unwrap_or(route.metric);
    route.protocol = change.protocol.unwrap_or(route.protocol);
    if let Some(seconds) = change.expires {
        let lifetime = Lifetime::from(seconds);
        route = route.lifetimes(lifetime, lifetime);
        let is_endless = lifetime == Lifetime::Infinite;
        route.flags.set(RouteFlags::IMMORTAL, is_endless);
    }
    if let Some(seconds) = change.preferred {
        route.preferred_lifetime = Lifetime::from(seconds);
    }
    route.site_prefix_length = change.site.unwrap_or(route.site_prefix_length);
    if let Some(publish) = change.publish {
        route.flags.set(RouteFlags::PUBLISH, publish);
    }
    let entry = match change.verb {
        Verb::Change => Entry::set(&route),
        Verb::Replace => Entry::upsert(&route),
        _ => Entry::create(&route),
    };
    Ok(Resolved::Entries(vec![entry], notes))
}

/// True if the system adds the route of a row by itself, as far as this computer shows it.
fn is_of_system(tables: &LocalTables, change: &LineChange, key: &Route) -> bool {
    let is_256 = || {
        let of_interface = tables.interface_metric(key.interface, family(change.prefix));
        let complete = of_interface.checked_add(Route::METRIC_DEFAULT);
        complete.is_some_and(|complete| change.metric == Some(Metric::Complete(complete)))
    };
    let is_own = || tables.may_be_own(key.destination, key.interface);
    match change.system_route_if {
        None => false,
        Some(SystemRouteIf::Metric) => is_256(),
        Some(SystemRouteIf::OwnPrefix) => is_own(),
        Some(SystemRouteIf::MetricAndOwnPrefix) => is_256() && is_own(),
        Some(SystemRouteIf::Present) => tables.is_system_route(key),
    }
}

/// The deletion of the only local route that matches.
fn deletion(
    tables: &LocalTables,
    options: &PlaceOptions,
    change: &LineChange,
) -> Result<Resolved, LineError> {
    let found = matches(tables, options, change, tables.routes(change.prefix))?;
    match found[..] {
        [route] => Ok(delete(&[route])),
        [] => absent(options, change),
        [one, other, ..] => Err(LineError::new(
            format!(
                "{} routes match, for example {one} and {other}",
                found.len()
            ),
            "the next hop and the interface of one of them",
        )),
    }
}

/// The deletion of all local routes to an address: `route delete` without a mask.
fn deletions(
    tables: &LocalTables,
    options: &PlaceOptions,
    change: &LineChange,
) -> Result<Resolved, LineError> {
    let to_address = tables.routes_to_address(change.prefix.addr());
    match matches(tables, options, change, to_address)?[..] {
        [] => absent(options, change),
        ref found => Ok(delete(found)),
    }
}

fn delete(routes: &[&Route]) -> Resolved {
    let entry = |route: &&Route| Entry::delete(&route.key());
    Resolved::Entries(routes.iter().map(entry).collect(), Vec::new())
}

fn absent(options: &PlaceOptions, change: &LineChange) -> Result<Resolved, LineError> {
    if options.absent_ok {
        return Ok(Resolved::LeftOut(LeftOut::Absent));
    }
    Err(LineError::new(
        format!("no matching route to {}", change.prefix),
        "a route that `routectl route show` lists, or --absent-ok yes",
    ))
}

/// The routes that have the next hop, the interface and the metric of a deletion, as far as given.
fn matches<'a>(
    tables: &LocalTables,
    options: &PlaceOptions,
    change: &LineChange,
    routes: impl IntoIterator<Item = &'a Route>,
) -> Result<Vec<&'a Route>, LineError> {
    let interface = match &change.dev {
        Some(dev) => match tables.interface(dev) {
            Ok(interface) => Some(interface),
            // Without its interface, a route does not exist either.
            Err(_) if options.absent_ok && tables.routes(change.prefix).is_empty() => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        },
        None => None,
    };
    let next_hop = change.next_hop.map(|hop| tables.effective(hop, interface));
    let matches = |route: &&Route| {
        next_hop.is_none_or(|hop| {
            hop == route.next_hop || (is_on_link(hop) && is_on_link(route.next_hop))
        }) && interface.is_none_or(|interface| interface.is_same(route.interface))
            && change
                .metric
                .is_none_or(|metric| metric == Metric::Own(route.metric))
    };
    Ok(routes.into_iter().filter(matches).collect())
}

fn is_on_link(next_hop: NextHop) -> bool {
    next_hop == NextHop::OnLink
}

pub(super) const fn family(prefix: IpNet) -> AddressFamily {
    match prefix {
        IpNet::V4(_) => AddressFamily::IPV4,
        IpNet::V6(_) => AddressFamily::IPV6,
    }
}
