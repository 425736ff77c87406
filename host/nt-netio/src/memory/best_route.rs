//! `GetBestRoute2`: the longest prefix, then the lowest complete metric, on a strong host.

use std::cmp::Reverse;
use std::net::IpAddr;

use nt_types::{NtStatus, SockaddrInet};

use super::interface::{Interface, family_of};
use super::state::State;
use super::table::Route;
use crate::keys::Selector;
use crate::stack::{BestRoute, BestRouteQuery};

/// A question for the best route, checked.
pub struct Search {
    /// Where to.
    pub destination: IpAddr,
    /// The address to send from, if one is given.
    pub source: Option<IpAddr>,
    only: Option<u64>,
}

impl Search {
    /// True if a route through that interface can be the answer.
    #[must_use]
    pub fn may_lead_through(&self, interface: &Interface) -> bool {
        interface.connected
            && self.only.is_none_or(|luid| luid == interface.luid)
            && self.source.is_none_or(|source| interface.owns(source))
    }

    /// The address to send from, by a route with that next hop.
    #[must_use]
    pub fn source_by(&self, next_hop: IpAddr, interface: &Interface) -> Option<IpAddr> {
        let neighbour = if next_hop.is_unspecified() {
            self.destination
        } else {
            next_hop
        };
        self.source.or_else(|| interface.source_for(neighbour))
    }
}

impl State {
    pub(super) fn best_route(&self, query: &BestRouteQuery) -> Result<BestRoute, NtStatus> {
        let search = self.search(query)?;
        let (route, interface) = self
            .best(&search)
            .ok_or_else(|| self.behaviours.no_route())?;
        Ok(BestRoute {
            route: route.read(self.now),
            source: search.source_by(route.key.next_hop, interface),
        })
    }

    /// The parameters of a query, after all its checks.
    ///
    /// # Errors
    ///
    /// As [`NetworkStack::best_route`](crate::stack::NetworkStack::best_route).
    pub fn search(&self, query: &BestRouteQuery) -> Result<Search, NtStatus> {
        let destination = query
            .destination
            .address()
            .ok_or(NtStatus::INVALID_PARAMETER)?;
        self.require_stack(family_of(destination))?;
        let source = given_source(query.source.as_ref(), destination)?;
        let only = self.searched_interface(query)?;
        if let Some(source) = source
            && self.owner_of(source).is_none()
        {
            return Err(self.behaviours.no_route());
        }
        Ok(Search {
            destination,
            source,
            only,
        })
    }

    /// The LUID of the interface that the search is restricted to.
    fn searched_interface(&self, query: &BestRouteQuery) -> Result<Option<u64>, NtStatus> {
        match Selector::new(query.interface_luid, query.interface_index) {
            Some(selector) => self
                .find(selector)
                .map(|interface| Some(interface.luid))
                .ok_or_else(|| self.behaviours.unknown_interface()),
            None if self.behaviours.searches_all_interfaces() => Ok(None),
            None => Err(NtStatus::INVALID_PARAMETER),
        }
    }

    /// The best route through the interfaces that may lead there.
    fn best(&self, search: &Search) -> Option<(&Route, &Interface)> {
        let candidates = self.routes.covering(search.destination);
        candidates
            .filter_map(|route| Some((route, self.owner(route)?)))
            .filter(|(route, interface)| {
                search.may_lead_through(interface)
                    && (route.key.prefix.prefix_len() > 0
                        || interface.uses_default_routes(family_of(search.destination)))
            })
            .min_by_key(|(route, interface)| {
                let interface_metric = interface.metric(family_of(search.destination));
                (
                    Reverse(route.key.prefix.prefix_len()),
                    interface_metric + u64::from(route.row.metric),
                    // Ties are undocumented; these make the answer always the same.
                    route.row.metric,
                    route.key,
                )
            })
    }
}

/// The source address, if one is given: an unspecified one restricts nothing.
fn given_source(
    source: Option<&SockaddrInet>,
    destination: IpAddr,
) -> Result<Option<IpAddr>, NtStatus> {
    let Some(source) = source.filter(|source| **source != SockaddrInet::default()) else {
        return Ok(None);
    };
    match source.address() {
        Some(address) if family_of(address) == family_of(destination) => {
            Ok(Some(address).filter(|address| !address.is_unspecified()))
        }
        _ => Err(NtStatus::INVALID_PARAMETER),
    }
}

#[cfg(test)]
mod tests {
    use ipnet::{IpNet, Ipv4Net};
    use nt_types::{AddressFamily, IpAddressPrefix, MibIpForwardRow2};

    use crate::stack::{BestRouteQuery, NetworkStack};
    use crate::{Behaviours, Memory, NetworkDescription, initial};

    /// Numbers without an order that are the same in every run (xorshift).
    struct Numbers(u32);

    impl Numbers {
        fn next(&mut self) -> u32 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 17;
            self.0 ^= self.0 << 5;
            self.0
        }
    }

    /// A route to a prefix in 10.0.0.0/12, where many cover each other.
    fn any_route(numbers: &mut Numbers) -> MibIpForwardRow2 {
        let length = 12 + u8::try_from(numbers.next() % 21).unwrap();
        let prefix = Ipv4Net::new_assert(any_address(numbers), length).trunc();
        let (interface_index, next_hop) = match numbers.next() % 2 {
            0 => (7, [192, 0, 2, 1]),
            _ => (9, [198, 51, 100, 1]),
        };
        MibIpForwardRow2 {
            interface_index,
            destination_prefix: IpAddressPrefix::new(prefix.addr().into(), length),
            next_hop: std::net::IpAddr::from(next_hop).into(),
            site_prefix_length: 0,
            metric: numbers.next() % 50,
            ..initial::route()
        }
    }

    fn any_address(numbers: &mut Numbers) -> std::net::Ipv4Addr {
        (0x0A00_0000 | numbers.next() & 0x000F_FFFF).into()
    }

    /// The length of the longest prefix that holds the address, and the lowest complete metric
    /// among the routes of that length, found by looking at every route.
    fn by_hand(routes: &[MibIpForwardRow2], address: std::net::Ipv4Addr) -> Option<(u8, u32)> {
        routes
            .iter()
            .filter(|route| {
                let prefix = &route.destination_prefix;
                let network = prefix.prefix.address().unwrap();
                let prefix = IpNet::new(network, prefix.prefix_length).unwrap();
                prefix.contains(&std::net::IpAddr::V4(address))
            })
            .map(complete)
            .min_by_key(|&(length, metric)| (u8::MAX - length, metric))
    }

    fn complete(route: &MibIpForwardRow2) -> (u8, u32) {
        let interface_metric = match route.interface_index {
            7 => 25,
            9 => 10,
            _ => 75,
        };
        let length = route.destination_prefix.prefix_length;
        (length, route.metric + interface_metric)
    }

    #[test]
    fn the_best_route_is_the_one_that_looking_at_every_route_finds() {
        let stack = Memory::new(&NetworkDescription::default(), Behaviours::default());
        let mut numbers = Numbers(1);
        for _ in 0..3_000 {
            // A duplicate now and then does not matter.
            let _ = stack.create_route(&any_route(&mut numbers));
        }
        let routes = stack.routes(AddressFamily::IPV4).unwrap();
        let mut found = 0;
        for _ in 0..2_000 {
            let address = any_address(&mut numbers);
            let query = BestRouteQuery {
                destination: std::net::IpAddr::V4(address).into(),
                ..BestRouteQuery::default()
            };
            let best = stack.best_route(&query).ok();
            let best = best.map(|best| complete(&best.route));
            assert_eq!(best, by_hand(&routes, address), "to {address}");
            found += u32::from(best.is_some());
        }
        assert!(found > 1_000, "most addresses have a route: {found}");
    }
}
