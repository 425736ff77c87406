//! What a line says, as a change of this machine's table.

use ipforward::{AddressFamily, Entry, IpNet, Lifetime, NextHop, Route, RouteFlags};

use super::line::Wrong;
use super::machine::Machine;
use super::said::{Metric, Said, Verb};

/// The change that a line says.
pub(super) fn entry(machine: &Machine, said: &Said) -> Result<Entry, Wrong> {
    let is_whole = said.next_hop.is_some() && said.dev.is_some();
    if said.verb == Verb::Delete && !is_whole {
        return the_only(machine, said).map(|route| Entry::delete(&route.key()));
    }
    let route = route(machine, said)?;
    Ok(match said.verb {
        Verb::Add => Entry::create(&route),
        Verb::Change => Entry::set(&route),
        Verb::Replace => Entry::upsert(&route),
        Verb::Delete => Entry::delete(&route.key()),
    })
}

fn route(machine: &Machine, said: &Said) -> Result<Route, Wrong> {
    let next_hop = said.next_hop.unwrap_or(NextHop::OnLink);
    let interface = match &said.dev {
        Some(dev) => machine.interface(dev)?,
        None => machine.link_of(next_hop).ok_or_else(|| no_link(next_hop))?,
    };
    let mut route = Route::new(said.prefix, interface).via(next_hop);
    let family = family(said.prefix);
    match said.metric {
        Some(Metric::Own(metric)) => route.metric = metric,
        Some(Metric::Complete(metric)) => {
            let of_interface = machine.interface_metric(interface, family);
            route.metric = metric.saturating_sub(of_interface);
        }
        None => {}
    }
    route.protocol = said.protocol.unwrap_or(route.protocol);
    if let Some(seconds) = said.expires {
        let lifetime = Lifetime::from(seconds);
        route = route.lifetimes(lifetime, lifetime);
        route.flags.remove(RouteFlags::IMMORTAL);
    }
    Ok(route)
}

/// The only route of this machine that is as a deletion says.
fn the_only<'a>(machine: &'a Machine, said: &Said) -> Result<&'a Route, Wrong> {
    let interface = match &said.dev {
        Some(dev) => Some(machine.interface(dev)?),
        None => None,
    };
    let is_meant = |route: &&Route| {
        said.next_hop
            .is_none_or(|next_hop| next_hop == route.next_hop)
            && interface.is_none_or(|interface| interface.is_same(route.interface))
            && said
                .metric
                .is_none_or(|metric| metric == Metric::Own(route.metric))
    };
    let meant: Vec<_> = machine
        .routes(said.prefix)
        .iter()
        .filter(is_meant)
        .collect();
    match meant[..] {
        [route] => Ok(route),
        [] => Err(Wrong::new(
            format!("there is no such route to {}", said.prefix),
            "one that `routectl route show` lists, or no such line",
        )),
        [one, other, ..] => Err(Wrong::new(
            format!(
                "{} routes are meant, among them {one} and {other}",
                meant.len()
            ),
            "the next hop and the interface of one of them",
        )),
    }
}

fn no_link(next_hop: NextHop) -> Wrong {
    match next_hop {
        NextHop::OnLink => Wrong::new(
            "neither a next hop nor an interface is said",
            "one of them, or both",
        ),
        NextHop::Gateway { .. } => Wrong::new(
            format!("the next hop {next_hop} is on no interface of this machine"),
            "the interface too (dev eth0, if 7)",
        ),
    }
}

const fn family(prefix: IpNet) -> AddressFamily {
    match prefix {
        IpNet::V4(_) => AddressFamily::IPV4,
        IpNet::V6(_) => AddressFamily::IPV6,
    }
}
