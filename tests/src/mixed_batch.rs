//! A batch with entries of each kind, and the routes that exist before it.

use ipforward::{Batch, Entry, Interface, Route};
use ipnet::Ipv4Net;

/// The number of kinds.
const KINDS: u8 = 8;

/// A batch with `of_each` entries of each kind.
#[derive(Clone, Copy, Debug)]
pub struct MixedBatch {
    /// Entries of each kind.
    pub of_each: u8,
}

impl MixedBatch {
    /// Routes of another client, for the kinds that change a route.
    pub fn others_routes(self) -> impl Iterator<Item = Route> {
        self.of_kinds(2..6).map(|route| route.metric(77))
    }

    /// What the handle holds before the batch. Half of the leases displace a row.
    pub fn held_before(self) -> Batch {
        let (created, displacing) = (self.of_kinds(7..8), self.of_kinds(5..6));
        let entries = created.chain(displacing).map(|route| route.metric(9));
        entries.map(|route| Entry::upsert(&route).lease()).collect()
    }

    /// All kinds in turn.
    pub fn batch(self) -> Batch {
        let kinds = (0..self.of_each).flat_map(|number| (0..KINDS).map(move |kind| (kind, number)));
        kinds.map(|(kind, number)| entry(kind, number)).collect()
    }

    fn of_kinds(self, kinds: std::ops::Range<u8>) -> impl Iterator<Item = Route> {
        kinds.flat_map(move |kind| (0..self.of_each).map(move |number| route(kind, number)))
    }
}

/// True if a lease owns this route after the batch: then the row is restored when the handle closes.
#[must_use]
pub fn is_leased(route: &Route) -> bool {
    let kind = match route.destination.addr() {
        std::net::IpAddr::V4(address) => address.octets()[1],
        std::net::IpAddr::V6(_) => return false,
    };
    [1, 4, 5, 6, 7].contains(&kind)
}

/// The entry of a kind.
fn entry(kind: u8, number: u8) -> Entry {
    let route = route(kind, number);
    match kind {
        0 => Entry::create(&route),
        1 => Entry::create(&route).share(),
        2 => Entry::set(&route),
        3 => Entry::delete(&route.key()),
        4 => Entry::upsert(&route).guard(),
        // A lease that displaced a row ends, and puts the row back.
        5 => Entry::delete(&route.key()).lease(),
        6 => Entry::upsert(&route).lease(),
        _ => Entry::compare_and_set(&route.metric(9), &route),
    }
}

/// 10.KIND.N.0/24 via 192.0.2.254 at interface 7.
fn route(kind: u8, number: u8) -> Route {
    let prefix = Ipv4Net::new([10, kind, number, 0].into(), 24).expect("24 is a prefix length");
    Route::new(prefix.into(), Interface::Index(7))
        .via([192, 0, 2, 254])
        .metric(5)
}
