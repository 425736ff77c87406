//! The search of a fake stack for the best route.

use core::cmp::Reverse;

use abi::{BestRoute, IpAddressPrefix, MibIpForwardRow2, NtStatus, SockaddrInet};

use super::stack::FakeStackOver;
use super::tables::TablesLock;
use crate::network_stack::RouteLookup;
use crate::route_key::RouteKey;

impl<Tables: TablesLock> FakeStackOver<Tables> {
    /// `GetBestRoute2`.
    pub(super) fn find_best_route(&self, lookup: &RouteLookup) -> Result<BestRoute, NtStatus> {
        let (luid, index) = (lookup.luid, lookup.index);
        let to = lookup.destination.address();
        let needs_interface = self.needs_interface_for_best_route();
        if to.is_none() || (needs_interface && luid.is_none() && index.is_none()) {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let target = MibIpForwardRow2 {
            destination_prefix: IpAddressPrefix {
                prefix: lookup.destination,
                prefix_length: if to.is_some_and(|to| to.is_ipv4()) {
                    32
                } else {
                    128
                },
                reserved: [0; 3],
            },
            ..MibIpForwardRow2::default()
        };
        let target = RouteKey::of(&target);
        let cost = |row: &MibIpForwardRow2| {
            let interface = self.interface_of(row).ok()?;
            let is_named = match (luid, index) {
                (Some(luid), _) => interface.interface_luid == luid,
                (None, Some(index)) => interface.interface_index == index,
                (None, None) => true,
            };
            let leads_there = target.lies_in(&row.destination_prefix);
            (is_named && leads_there && interface.connected != 0).then_some((
                Reverse(row.destination_prefix.prefix_length),
                u64::from(interface.metric).saturating_add(row.metric.into()),
            ))
        };
        let rows = self.visible_routes();
        let candidates = rows.into_iter().filter_map(|row| Some((cost(&row)?, row)));
        let best = candidates.min_by_key(|(cost, _)| *cost);
        let (_, route) = best.ok_or(NtStatus::NETWORK_UNREACHABLE)?;
        Ok(BestRoute {
            route,
            source: match lookup.source {
                Some(source) => source,
                None if to.is_some_and(|to| to.is_ipv6()) => SockaddrInet::default(),
                None => Self::SOURCE,
            },
            reserved: 0,
        })
    }
}
