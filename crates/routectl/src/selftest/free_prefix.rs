//! The prefixes of documentation, of which a self-test takes one that no route leads to.

use ipforward::{AddressFamily, IpNet, Route};

/// A prefix that a self-test may use, within the range that its family has for documentation.
const CANDIDATES: [(AddressFamily, &str); 6] = [
    // RFC 5737.
    (AddressFamily::IPV4, "203.0.113.0/24"),
    (AddressFamily::IPV4, "198.51.100.0/24"),
    (AddressFamily::IPV4, "192.0.2.0/24"),
    // Parts of 2001:db8::/32, RFC 3849.
    (AddressFamily::IPV6, "2001:db8:f000::/48"),
    (AddressFamily::IPV6, "2001:db8:f001::/48"),
    (AddressFamily::IPV6, "2001:db8:f002::/48"),
];

/// The range of IPv6 for documentation.
const IPV6_RANGE: &str = "2001:db8::/32";

/// A prefix of the family that no route leads to, or those that were tried.
pub(super) fn free_prefix(family: AddressFamily, routes: &[Route]) -> Result<IpNet, String> {
    let of_family = CANDIDATES.iter().filter(|(of, _)| *of == family);
    let candidates: Vec<IpNet> = of_family
        .filter_map(|(_, text)| text.parse().ok())
        .collect();
    let free = candidates
        .iter()
        .find(|prefix| !routes.iter().any(|route| leads_into(route, prefix)));
    free.copied().ok_or_else(|| {
        let tried: Vec<_> = candidates.iter().map(IpNet::to_string).collect();
        format!("routes lead to {}", tried.join(", "))
    })
}

/// True if a route leads to the prefix as such. A default route, or a larger part of the Internet, does
/// not: it leads to the prefix only because it leads to everything.
fn leads_into(route: &Route, prefix: &IpNet) -> bool {
    let to = route.destination;
    let range = match prefix {
        IpNet::V4(_) => Some(*prefix),
        IpNet::V6(_) => IPV6_RANGE.parse().ok(),
    };
    let is_for_documentation = range.is_some_and(|range: IpNet| range.contains(&to));
    is_for_documentation && (prefix.contains(&to) || to.contains(prefix))
}

#[cfg(test)]
mod tests {
    use ipforward::Interface;

    use super::*;

    fn routes(prefixes: &[&str]) -> Vec<Route> {
        let route = |prefix: &&str| Route::new(prefix.parse().unwrap(), Interface::Index(7));
        prefixes.iter().map(route).collect()
    }

    #[test]
    fn a_prefix_that_a_route_leads_to_is_not_taken() {
        let free = |prefixes: &[&str]| free_prefix(AddressFamily::IPV4, &routes(prefixes));
        let [first, second, third] = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"];
        for everything in ["0.0.0.0/0", "128.0.0.0/1", "203.0.0.0/8", "203.0.112.0/24"] {
            assert_eq!(free(&[everything]), Ok(first.parse().unwrap()));
        }
        for taken in [first, "203.0.113.7/32", "203.0.113.128/25"] {
            assert_eq!(free(&[taken]), Ok(second.parse().unwrap()));
        }
        assert_eq!(free(&[first, second]), Ok(third.parse().unwrap()));
        let none = free(&[first, second, third]).unwrap_err();
        assert_eq!(
            none,
            "routes lead to 203.0.113.0/24, 198.51.100.0/24, 192.0.2.0/24"
        );
    }

    #[test]
    fn a_route_to_all_documentation_of_ipv6_takes_it() {
        let free = |prefixes: &[&str]| free_prefix(AddressFamily::IPV6, &routes(prefixes));
        let first = "2001:db8:f000::/48".parse().unwrap();
        for elsewhere in ["::/0", "2000::/3", "2001::/16", "2001:db8::/64"] {
            assert_eq!(free(&[elsewhere]), Ok(first), "{elsewhere}");
        }
        assert!(free(&["2001:db8::/32"]).is_err());
        let second = "2001:db8:f001::/48".parse().unwrap();
        assert_eq!(free(&["2001:db8:f000::1/128"]), Ok(second));
    }

    #[test]
    fn every_candidate_is_a_prefix_of_its_family() {
        for (family, text) in CANDIDATES {
            let prefix: IpNet = text.parse().unwrap();
            assert_eq!(Route::new(prefix, Interface::Index(1)).family(), family);
        }
    }
}
