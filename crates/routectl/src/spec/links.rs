//! The link that an address is on.

use std::net::IpAddr;

use ipforward::{Interface, NextHop, Route};

/// On-link routes with a shorter prefix send packets into a tunnel; they say nothing about neighbors.
const LENGTH_MIN: u8 = 2;

/// The interfaces on whose link an address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    None,
    One(Interface),
    Several(Vec<Interface>),
}

/// The interfaces with the longest on-link prefix that contains the address.
pub(super) fn link_of(address: IpAddr, routes: &[Route]) -> Link {
    let holds = |route: &&Route| {
        route.next_hop == NextHop::OnLink
            && route.destination.prefix_len() >= LENGTH_MIN
            && !route.destination.addr().is_multicast()
            && route.destination.contains(&address)
    };
    let length = |route: &Route| route.destination.prefix_len();
    let Some(longest) = routes.iter().filter(holds).map(length).max() else {
        return Link::None;
    };
    let mut interfaces = Vec::<Interface>::new();
    for route in routes.iter().filter(holds) {
        let is_known = interfaces
            .iter()
            .any(|known| known.is_same(route.interface));
        if length(route) == longest && !is_known {
            interfaces.push(route.interface);
        }
    }
    match interfaces.as_slice() {
        [interface] => Link::One(*interface),
        _ => Link::Several(interfaces),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIFI: Interface = Interface::Index(5);
    const ETHERNET: Interface = Interface::Index(7);

    fn link(address: &str, routes: &[(&str, Interface)]) -> Link {
        let routes: Vec<_> = routes
            .iter()
            .map(|(prefix, interface)| {
                Route::new(prefix.parse::<ipforward::IpNet>().unwrap(), *interface)
            })
            .collect();
        link_of(address.parse().unwrap(), &routes)
    }

    #[test]
    fn the_longest_on_link_prefix_names_the_interface() {
        let routes = [
            ("192.0.2.0/24", WIFI),
            ("192.0.2.128/25", ETHERNET),
            ("198.51.100.0/24", WIFI),
        ];
        assert_eq!(link("192.0.2.254", &routes), Link::One(ETHERNET));
        assert_eq!(link("192.0.2.1", &routes), Link::One(WIFI));
        assert_eq!(link("203.0.113.1", &routes), Link::None);
    }

    #[test]
    fn two_interfaces_with_one_prefix_are_ambiguous() {
        let routes = [("fe80::/64", WIFI), ("fe80::/64", ETHERNET)];
        assert_eq!(
            link("fe80::1", &routes),
            Link::Several(vec![WIFI, ETHERNET])
        );
    }

    #[test]
    fn a_tunnel_for_all_addresses_is_no_link() {
        let routes = [("0.0.0.0/1", WIFI), ("128.0.0.0/1", WIFI), ("::/0", WIFI)];
        assert_eq!(link("192.0.2.1", &routes), Link::None);
        assert_eq!(link("2001:db8::1", &routes), Link::None);
    }
}
