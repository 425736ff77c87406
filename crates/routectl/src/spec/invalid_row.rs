//! Rows for `explain` that no [`Route`] can describe: without a family, or with a prefix that is
//! longer than its address.

use ipforward::Route;
use ipforward::abi::{IpAddressPrefix, MibIpForwardRow2, SockaddrInet};

use super::arguments::RouteArguments;
use super::error::SpecError;
use super::interface_names::InterfaceNames;
use super::keyword::Keyword;
use super::pairs::pairs;

/// The value for an address without a family.
const UNSPECIFIED: &str = "unspecified";

/// A row to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowSpec {
    /// The route of the row, or the closest valid route.
    pub(crate) route: Route,
    /// The row.
    pub(crate) row: MibIpForwardRow2,
    /// The text of the user, if the row is not a route.
    pub(crate) text: Option<String>,
}

/// The row of `explain`: the route of `route add`; also `unspecified` for the prefix or the next hop,
/// and any prefix length.
pub(crate) fn row(
    arguments: &RouteArguments,
    names: &InterfaceNames,
) -> Result<RowSpec, SpecError> {
    let mut spec = normalized(&arguments.spec);
    let no_next_hop = take_unspecified_next_hop(&mut spec);
    let no_prefix = spec.first().is_some_and(|prefix| prefix == UNSPECIFIED);
    if no_prefix {
        "default".clone_into(&mut spec[0]);
    }
    let length = spec.first_mut().and_then(take_excessive_length);
    let as_route = RouteArguments {
        spec,
        family: arguments.family,
    };
    let route = super::unchecked_route(&as_route, names)?;
    let mut row = MibIpForwardRow2::from(&route);
    if no_next_hop {
        row.next_hop = SockaddrInet::default();
    }
    if no_prefix {
        row.destination_prefix = IpAddressPrefix::default();
    }
    row.destination_prefix.prefix_length = length.unwrap_or(row.destination_prefix.prefix_length);
    let is_route = !no_next_hop && !no_prefix && length.is_none();
    Ok(RowSpec {
        route,
        row,
        text: (!is_route).then(|| arguments.spec.join(" ")),
    })
}

/// The arguments as a prefix and pairs of a keyword and its value.
fn normalized(spec: &[String]) -> Vec<String> {
    let (prefix, rest) = spec.split_at(1.min(spec.len()));
    let mut normalized = prefix.to_vec();
    normalized.extend(pairs(rest).concat());
    normalized
}

/// Removes `via unspecified`, if present.
fn take_unspecified_next_hop(spec: &mut Vec<String>) -> bool {
    let pair = [Keyword::Via.name(), UNSPECIFIED];
    let position = spec[1.min(spec.len())..]
        .chunks(2)
        .position(|chunk| chunk == pair);
    if let Some(position) = position {
        spec.drain(1 + 2 * position..3 + 2 * position);
    }
    position.is_some()
}

/// Removes the length from a prefix that is longer than its address.
fn take_excessive_length(prefix: &mut String) -> Option<u8> {
    let (address, length) = prefix.split_once('/')?;
    let length = length.parse().ok()?;
    let bits = match address.parse().ok()? {
        std::net::IpAddr::V4(_) => 32,
        std::net::IpAddr::V6(_) => 128,
    };
    let address = (length > bits).then(|| address.to_owned())?;
    *prefix = address;
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<RowSpec, SpecError> {
        let arguments = RouteArguments {
            spec: line.split_whitespace().map(str::to_owned).collect(),
            family: None,
        };
        row(&arguments, &InterfaceNames::default())
    }

    #[test]
    fn a_valid_route_is_its_row() {
        let spec = parse("10.20.0.0/16 via 192.0.2.254 dev 7").unwrap();
        assert_eq!(spec.row, MibIpForwardRow2::from(&spec.route));
        assert_eq!(spec.text, None);
    }

    #[test]
    fn an_invalid_route_is_a_row() {
        let line = "unspecified dev 7";
        let spec = parse(line).unwrap();
        assert_eq!(spec.row.destination_prefix, IpAddressPrefix::default());
        assert_eq!(spec.text.as_deref(), Some(line));
        let spec = parse("10.20.0.0/16 metric 5 via unspecified dev 7").unwrap();
        assert_eq!(spec.row.next_hop, SockaddrInet::default());
        assert_eq!(spec.route.metric, 5);
        for (prefix, length) in [("10.20.0.0/33", 33), ("2001:db8::/129", 129)] {
            let spec = parse(&format!("{prefix} dev 7")).unwrap();
            assert_eq!(spec.row.destination_prefix.prefix_length, length);
        }
    }

    #[test]
    fn other_errors_are_errors_here_too() {
        for line in ["10.20.0.0/256 dev 7", "unspecified", "10.0.0.0/8 via"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
