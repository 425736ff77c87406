//! Routes as the user writes them: a prefix, then `via`, `dev` and other keywords in any order, as
//! in iproute2; and files of routes.

mod arguments;
mod error;
mod held_route;
mod interface_names;
mod invalid_row;
mod keyword;
mod members;
mod prefix;
mod route_file;
mod value;

use std::net::IpAddr;

use ipforward::{Destination, Interface, IpNet, NextHop, Route, RouteKey};

use value::parse_into;

pub(crate) use arguments::{IpFamily, RouteArguments, family_or_both};
pub(crate) use error::SpecError;
pub(crate) use held_route::held_route;
pub(crate) use interface_names::InterfaceNames;
pub(crate) use invalid_row::{RowSpec, row};
pub(crate) use keyword::{KEY, Keyword, PACKET, ROUTE};
pub(crate) use members::MemberChanges;
pub(crate) use prefix::parse_prefix;
pub(crate) use route_file::{RouteFileError, read as read_route_file};

/// The route of `route add`.
pub(crate) fn route(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<Route, SpecError> {
    let spec = RouteSpec::parse(arguments, ROUTE, names)?;
    let key = spec.key()?;
    let route = Route::new(key.destination, key.interface).via(key.next_hop);
    Ok(spec.members.apply_to(route))
}

/// The key of the route of `route set`, and the changes of its members.
pub(crate) fn change(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<(RouteKey, MemberChanges), SpecError> {
    let spec = RouteSpec::parse(arguments, ROUTE, names)?;
    if spec.members == MemberChanges::default() {
        return Err(SpecError::NothingToChange);
    }
    Ok((spec.key()?, spec.members))
}

/// The key of the route of `route delete`, which takes no members.
pub(crate) fn key(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<RouteKey, SpecError> {
    RouteSpec::parse(arguments, KEY, names)?.key()
}

/// The argument of `route get`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GetTarget {
    /// The route with this key.
    Route(RouteKey),
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
            .ok_or_else(|| SpecError::Prefix(String::new()))?;
        let mut via_family = None;
        let mut spec = Self {
            destination: parse_prefix(prefix)?,
            next_hop: None,
            source: None,
            interface: None,
            members: MemberChanges::default(),
        };
        for pair in rest.chunks(2) {
            let keyword = allowed
                .iter()
                .copied()
                .find(|keyword| keyword.name() == pair[0])
                .ok_or_else(|| SpecError::Unknown(pair[0].clone(), allowed))?;
            let value = pair.get(1).ok_or(SpecError::ValueMissing(keyword))?;
            match keyword {
                Keyword::Via => {
                    parse_into(&mut spec.next_hop, keyword, value)?;
                    via_family = Some(if value.contains(':') {
                        IpFamily::Ipv6
                    } else {
                        IpFamily::Ipv4
                    });
                }
                Keyword::From => parse_into(&mut spec.source, keyword, value)?,
                Keyword::Dev => value::set(&mut spec.interface, keyword, names.dev(value)?)?,
                _ => spec.members.set(keyword, value)?,
            }
        }
        if prefix == prefix::DEFAULT && arguments.family.or(via_family) == Some(IpFamily::Ipv6) {
            spec.destination = prefix::ipv6_default();
        }
        Ok(spec)
    }

    fn key(&self) -> Result<RouteKey, SpecError> {
        let interface = self.interface.ok_or(SpecError::DevMissing)?;
        let key = RouteKey::new(self.destination, interface);
        Ok(match self.next_hop {
            Some(next_hop) => key.via(next_hop),
            None => key,
        })
    }
}

#[cfg(test)]
mod tests;
