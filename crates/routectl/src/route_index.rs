//! Finding a route among many by its key.

use std::net::IpAddr;

use ipforward::{IpNet, RouteKey};

/// Places of routes in a list, in the order of their destinations and next hops.
///
/// A route names its interface by an index, a LUID or both, so interfaces have no order and no hash that
/// all names of one share: routes that differ in nothing else are compared one by one.
pub(crate) struct RouteIndex<Key> {
    key: Key,
    order: Vec<u32>,
}

impl<Key: Fn(usize) -> RouteKey> RouteIndex<Key> {
    /// The index of so many routes, the keys of which `key` knows.
    pub(crate) fn new(count: usize, key: Key) -> Self {
        let mut order: Vec<_> = (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
        order.sort_by_key(|place| sort_key(&key(*place as usize)));
        Self { key, order }
    }

    /// The places of routes with the same destination and next hop, in groups of two and more, each in
    /// the order of the list.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[u32]> {
        let sort_key = |place: &u32| sort_key(&(self.key)(*place as usize));
        let groups = self
            .order
            .chunk_by(move |one, next| sort_key(one) == sort_key(next));
        groups.filter(|group| group.len() > 1)
    }

    /// True if a route of the list has this key.
    pub(crate) fn contains(&self, key: &RouteKey) -> bool {
        let wanted = sort_key(key);
        let key_at = |place: &u32| (self.key)(*place as usize);
        let start = self
            .order
            .partition_point(|place| sort_key(&key_at(place)) < wanted);
        let mut keys = self.order[start..].iter().map(key_at);
        let mut same = keys.by_ref().take_while(|known| sort_key(known) == wanted);
        same.any(|known| known.is_same(key))
    }
}

fn sort_key(key: &RouteKey) -> (IpNet, Option<IpAddr>) {
    (key.destination, key.next_hop.address())
}

#[cfg(test)]
mod tests {
    use ipforward::Interface;

    use super::*;

    #[test]
    fn a_route_is_found_by_each_name_of_its_interface() {
        let key =
            |destination: &str, interface| RouteKey::new(destination.parse().unwrap(), interface);
        let (luid, index) = (6 << 48, 7);
        let keys = [
            key("10.1.0.0/16", Interface::Known { luid, index }),
            key("10.0.0.0/8", Interface::Index(8)),
            key("10.0.0.0/8", Interface::Index(7)).via([192, 0, 2, 1]),
            key("10.0.0.0/8", Interface::Luid(luid)),
        ];
        let routes = RouteIndex::new(keys.len(), |place| keys[place]);
        for found in keys.into_iter().chain([
            key("10.1.0.0/16", Interface::Index(index)),
            key("10.0.0.0/8", Interface::Known { luid, index: 9 }),
        ]) {
            assert!(routes.contains(&found), "{found}");
        }
        for missing in [
            key("10.0.0.0/8", Interface::Index(9)),
            key("10.0.0.0/8", Interface::Index(8)).via([192, 0, 2, 1]),
            key("11.0.0.0/8", Interface::Index(8)),
        ] {
            assert!(!routes.contains(&missing), "{missing}");
        }
        assert_eq!(routes.groups().collect::<Vec<_>>(), [[1, 3]]);
    }
}
