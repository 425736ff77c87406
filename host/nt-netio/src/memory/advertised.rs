//! Routes that the stack learns from a router or from DHCP, and refreshes.

use std::net::IpAddr;

use nt_types::route::{ORIGIN_DHCP, ORIGIN_ROUTER_ADVERTISEMENT, PROTOCOL_NET_MGMT};
use nt_types::{IpAddressPrefix, MibIpForwardRow2, NtStatus};

use super::state::State;
use super::table::{Route, RouteKey};
use crate::keys::Selector;
use crate::notify::Change;
use crate::stack::AdvertisedRoute;

/// The metric of a route that the stack has learnt.
const METRIC: u32 = 256;

impl State {
    /// A router or DHCP tells a route, or tells it again: then the stack refreshes the lifetimes of
    /// the row, also if a program has changed its other members.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_FOUND` for an unknown interface.
    pub fn advertise(&mut self, index: u32, told: AdvertisedRoute) -> Result<(), NtStatus> {
        let interface = self.find(Selector::Index(index));
        let luid = interface.ok_or(NtStatus::NOT_FOUND)?.luid;
        let key = RouteKey {
            prefix: told.prefix.trunc(),
            luid,
            next_hop: told.next_hop,
        };
        let (change, row) = match self.routes.get(&key) {
            Some(known) => (Change::Parameter, known.row),
            None => (Change::Add, learnt(&key, index)),
        };
        let row = MibIpForwardRow2 {
            valid_lifetime: told.seconds,
            preferred_lifetime: told.seconds,
            ..row
        };
        let since = self.now;
        self.put(change, Route { key, row, since });
        Ok(())
    }
}

fn learnt(key: &RouteKey, interface_index: u32) -> MibIpForwardRow2 {
    MibIpForwardRow2 {
        interface_luid: key.luid,
        interface_index,
        destination_prefix: IpAddressPrefix::new(key.prefix.addr(), key.prefix.prefix_len()),
        next_hop: key.next_hop.into(),
        metric: METRIC,
        protocol: PROTOCOL_NET_MGMT,
        origin: match key.next_hop {
            IpAddr::V4(_) => ORIGIN_DHCP,
            IpAddr::V6(_) => ORIGIN_ROUTER_ADVERTISEMENT,
        },
        ..MibIpForwardRow2::default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::behaviours::Behaviours;
    use crate::interfaces::NetworkDescription;
    use crate::notify::Notice;

    const INTERFACE: u32 = 7;

    fn state() -> State {
        let network = NetworkDescription::default();
        State::new(&network, Behaviours::documented(), Duration::ZERO)
    }

    fn told(seconds: u32) -> AdvertisedRoute {
        AdvertisedRoute {
            prefix: "2001:db8:20::/48".parse().unwrap(),
            next_hop: "fe80::1".parse().unwrap(),
            seconds,
        }
    }

    fn row(state: &State) -> MibIpForwardRow2 {
        let mut routes = state.routes.iter();
        let learnt = routes.find(|route| route.key.prefix == told(0).prefix);
        learnt.unwrap().read(state.now)
    }

    #[test]
    fn a_route_advertised_again_lasts_longer() {
        let mut state = state();
        state.advertise(INTERFACE, told(1_800)).unwrap();
        assert_eq!(row(&state).origin, ORIGIN_ROUTER_ADVERTISEMENT);
        state.now = Duration::from_mins(10);
        assert_eq!(row(&state).valid_lifetime, 1_200);
        state.advertise(INTERFACE, told(1_800)).unwrap();
        assert_eq!(row(&state).valid_lifetime, 1_800);
        let expected = [Change::Add, Change::Parameter];
        let expected = expected.map(|change| Notice::route(change, &row(&state)));
        let notices: Vec<_> = state.notices.iter().map(|(_, notice)| *notice).collect();
        assert_eq!(notices, expected);
    }

    #[test]
    fn a_refresh_changes_the_lifetimes_alone() {
        let mut state = state();
        state.advertise(INTERFACE, told(1_800)).unwrap();
        let changed = MibIpForwardRow2 {
            metric: 5,
            ..row(&state)
        };
        state.set_route(&changed).unwrap();
        state.advertise(INTERFACE, told(600)).unwrap();
        assert_eq!(row(&state).metric, 5);
        assert_eq!(row(&state).preferred_lifetime, 600);
    }

    #[test]
    fn an_unknown_interface_learns_nothing() {
        let answer = state().advertise(99, told(1_800));
        assert_eq!(answer, Err(NtStatus::NOT_FOUND));
    }
}
