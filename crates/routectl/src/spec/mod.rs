//! Routes as the user writes them: a prefix, then `via`, `dev` and other keywords in any order, as
//! in iproute2; and files of routes.

mod arguments;
mod error;
mod held_route;
mod interface_names;
mod invalid_row;
mod keyword;
mod links;
mod members;
mod near;
mod no_interface;
mod pairs;
mod partial_key;
mod prefix;
mod route_entry;
mod route_file;
mod route_list;
mod seconds;
mod value;

use std::net::IpAddr;

use ipforward::{Destination, Interface, IpNet, NextHop, Route, RouteKey};

use value::parse_into;

pub(crate) use arguments::{IpFamily, RouteArguments, family_or_both};
pub(crate) use error::SpecError;
pub(crate) use held_route::{GUARD, SHARE, held_route};
pub(crate) use interface_names::InterfaceNames;
pub(crate) use invalid_row::{RowSpec, row};
pub(crate) use keyword::{KEY, Keyword, PACKET, ROUTE};
pub(crate) use members::MemberChanges;
pub(crate) use no_interface::NoInterface;
pub(crate) use pairs::is_on_link;
pub(crate) use partial_key::PartialKey;
pub(crate) use prefix::parse_prefix;
pub(crate) use route_file::{RouteFileError, read as read_route_file};

/// The route of `route add`.
pub(crate) fn route(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<Route, SpecError> {
    let route = unchecked_route(arguments, names)?;
    check_metric(route.metric)?;
    Ok(route)
}

/// An error for the metric that the stack would replace by one of its own: the route would not be as
/// given. The driver refuses other metrics that are too large, and explains why.
fn check_metric(metric: u32) -> Result<(), SpecError> {
    if metric == Route::METRIC_UNSPECIFIED {
        return Err(SpecError::value(Keyword::Metric, &metric.to_string(), []));
    }
    Ok(())
}

/// The route of `explain`, which can break a rule.
fn unchecked_route(arguments: &RouteArguments, names: &InterfaceNames) -> Result<Route, SpecError> {
    let spec = RouteSpec::parse(arguments, ROUTE, names)?;
    let key = spec.key(names)?;
    let route = Route::new(key.destination, key.interface).via(key.next_hop);
    Ok(spec.members.apply_to(route))
}

/// The key of the route of `route set`, as far as it is given, and the changes of its members.
pub(crate) fn change(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<(PartialKey, MemberChanges), SpecError> {
    let spec = RouteSpec::parse(arguments, ROUTE, names)?;
    if spec.members == MemberChanges::default() {
        return Err(SpecError::NothingToChange);
    }
    check_metric(spec.members.metric().unwrap_or(0))?;
    Ok((spec.partial_key(), spec.members))
}

/// The key of the route of `route delete`, as far as it is given; takes no members.
pub(crate) fn key(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<PartialKey, SpecError> {
    RouteSpec::parse(arguments, KEY, names).map(|spec| spec.partial_key())
}

/// The argument of `route get`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GetTarget {
    /// The route with this key.
    Route(PartialKey),
    /// The route that a packet to this destination would take.
    Best(Destination),
}

/// The argument of `route get`: an address without a length is the destination of a packet.
pub(crate) fn get_target(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<GetTarget, SpecError> {
    let first = arguments.spec.first().map(String::as_str);
    let Some(address) = first.and_then(|first| first.parse::<IpAddr>().ok()) else {
        return key(arguments, names).map(GetTarget::Route);
    };
    let spec = RouteSpec::parse(arguments, PACKET, names)?;
    let mut destination = Destination::new(address);
    destination.interface = spec.interface;
    destination.source = spec.source;
    Ok(GetTarget::Best(destination))
}

/// A parsed description of a route.
struct RouteSpec {
    destination: IpNet,
    next_hop: Option<NextHop>,
    source: Option<IpAddr>,
    interface: Option<Interface>,
    members: MemberChanges,
}

impl RouteSpec {
    fn parse(
        arguments: &RouteArguments,
        allowed: &'static [Keyword],
        names: &InterfaceNames,
    ) -> Result<Self, SpecError> {
        let (prefix, rest) = arguments
            .spec
            .split_first()
            .ok_or_else(|| pairs::missing_prefix(""))?;
        let mut via_family = None;
        let mut spec = Self {
            destination: parse_prefix(prefix)?,
            next_hop: None,
            source: None,
            interface: None,
            members: MemberChanges::default(),
        };
        for pair in pairs::pairs(rest) {
            let keyword = Keyword::find(&pair[0], allowed)
                .ok_or_else(|| pairs::unknown(prefix, &pair, allowed))?;
            let value = pair.get(1).ok_or(SpecError::ValueMissing(keyword))?;
            match keyword {
                Keyword::Via => {
                    parse_into(&mut spec.next_hop, keyword, value)?;
                    via_family = family_of(value);
                }
                Keyword::From => parse_into(&mut spec.source, keyword, value)?,
                Keyword::Dev => value::set(&mut spec.interface, keyword, names.dev(value)?)?,
                _ => spec.members.set(keyword, value)?,
            }
        }
        let family = arguments.family.or(via_family);
        if prefix::is_default(prefix) && family == Some(IpFamily::Ipv6) {
            spec.destination = prefix::ipv6_default();
        }
        Ok(spec)
    }

    /// The whole key. Without `dev`, the interface is the one on whose link the next hop is.
    fn key(&self, names: &InterfaceNames) -> Result<RouteKey, SpecError> {
        let next_hop = self.next_hop.unwrap_or(NextHop::OnLink);
        let interface = if let Some(interface) = self.interface {
            interface
        } else {
            check_family(self.destination, next_hop)?;
            names.dev_of(next_hop)?
        };
        Ok(RouteKey::new(self.destination, interface).via(next_hop))
    }

    const fn partial_key(&self) -> PartialKey {
        PartialKey {
            destination: self.destination,
            next_hop: self.next_hop,
            interface: self.interface,
        }
    }
}

/// An error for a next hop that no interface can have for the prefix. With an interface, the driver finds
/// it.
fn check_family(destination: IpNet, next_hop: NextHop) -> Result<(), SpecError> {
    match next_hop.address() {
        Some(address) if address.is_ipv6() != destination.addr().is_ipv6() => {
            Err(SpecError::Families {
                destination,
                next_hop,
            })
        }
        _ => Ok(()),
    }
}

/// The family of a next hop that a user gave; `None` if it has none.
fn family_of(next_hop: &str) -> Option<IpFamily> {
    if next_hop.contains(':') {
        Some(IpFamily::Ipv6)
    } else {
        next_hop.contains('.').then_some(IpFamily::Ipv4)
    }
}

#[cfg(test)]
mod tests;
