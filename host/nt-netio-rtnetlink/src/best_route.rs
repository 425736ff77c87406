//! `GetBestRoute2`: the kernel looks its routes up, through each interface that may lead there.
//!
//! One look-up an interface, since Linux also takes routes through interfaces without a cable,
//! and Windows does not.

use std::cmp::Reverse;
use std::net::IpAddr;

use netlink_packet_route::RouteNetlinkMessage;
use nt_netio::stack::{BestRoute, BestRouteQuery};
use nt_types::NtStatus;

use crate::entry::{self, Entry, Path};
use crate::fib_snapshot::FibSnapshot;

impl FibSnapshot {
    pub(crate) fn best_route(&mut self, query: &BestRouteQuery) -> Result<BestRoute, NtStatus> {
        let search = self.state.search(query)?;
        let interfaces: Vec<u32> = self
            .state
            .visible()
            .filter(|interface| search.may_lead_through(interface))
            .map(|interface| interface.index)
            .collect();
        let answers: Vec<(Path, Entry)> = interfaces
            .into_iter()
            .filter_map(|interface| self.look_up(search.destination, interface))
            .collect();
        let found = answers
            .into_iter()
            .filter_map(|(path, entry)| {
                let route = self.state.routes.get(&self.key(&path)?)?;
                Some((*route, entry))
            })
            .min_by_key(|(route, entry)| {
                let length = route.key.prefix.prefix_len();
                // The tie-breaks are those of the stack in memory.
                (Reverse(length), entry.priority, route.row.metric, route.key)
            });
        let (route, entry) = found.ok_or_else(|| self.state.behaviours.no_route())?;
        let by_interface = self
            .interface(route.key.luid)
            .and_then(|interface| search.source_by(route.key.next_hop, interface));
        Ok(BestRoute {
            route: route.read(self.state.now),
            source: search.source.or(entry.source).or(by_interface),
        })
    }

    /// The route that the kernel finds; it answers the lack of one with one of several errors.
    fn look_up(&mut self, destination: IpAddr, interface: u32) -> Option<(Path, Entry)> {
        let question = entry::question(destination, interface);
        let answers = self
            .requests
            .request(RouteNetlinkMessage::GetRoute(question), 0)
            .ok()?;
        answers.iter().find_map(|answer| match answer {
            RouteNetlinkMessage::NewRoute(route) => entry::read(route)
                .into_iter()
                .find(|(path, _)| path.interface == interface),
            _ => None,
        })
    }
}
