//! Rows that no route can be, for `explain`: without a family, or with a prefix longer than its
//! address.

use ipforward::Route;
use ipforward::abi::{IpAddressPrefix, MibIpForwardRow2, SockaddrInet};

use super::{Word, WordsError};
use crate::arguments::RouteArguments;
use crate::names::Names;

/// What has no address family.
const UNSPECIFIED: &str = "unspecified";

/// A row to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The route that the row is, or the nearest there is.
    pub(crate) route: Route,
    /// The row itself.
    pub(crate) row: MibIpForwardRow2,
    /// The same as it was said, if it is no route.
    pub(crate) said: Option<String>,
}

/// The row of `explain`: the route of `route add`, and `unspecified` for the prefix or the next hop,
/// and any length.
pub(crate) fn asked(arguments: &RouteArguments, names: &Names) -> Result<Asked, WordsError> {
    let mut words = arguments.words.clone();
    let no_next_hop = take_unspecified_next_hop(&mut words);
    let no_prefix = words.first().is_some_and(|prefix| prefix == UNSPECIFIED);
    if no_prefix {
        "default".clone_into(&mut words[0]);
    }
    let length = words.first_mut().and_then(take_excessive_length);
    let as_route = RouteArguments {
        words,
        family: arguments.family,
    };
    let route = super::route(&as_route, names)?;
    let mut row = MibIpForwardRow2::from(&route);
    if no_next_hop {
        row.next_hop = SockaddrInet::default();
    }
    if no_prefix {
        row.destination_prefix = IpAddressPrefix::default();
    }
    row.destination_prefix.prefix_length = length.unwrap_or(row.destination_prefix.prefix_length);
    let is_route = !no_next_hop && !no_prefix && length.is_none();
    Ok(Asked {
        route,
        row,
        said: (!is_route).then(|| arguments.words.join(" ")),
    })
}

/// Takes `via unspecified` out of the words, if it is there.
fn take_unspecified_next_hop(words: &mut Vec<String>) -> bool {
    let pair = [Word::Via.name(), UNSPECIFIED];
    let place = words
        .iter()
        .skip(1)
        .step_by(2)
        .zip(words.iter().skip(2).step_by(2))
        .position(|(word, value)| [word.as_str(), value.as_str()] == pair);
    if let Some(place) = place {
        words.drain(1 + 2 * place..3 + 2 * place);
    }
    place.is_some()
}

/// Takes the length out of a prefix that is longer than its address.
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

    fn said(line: &str) -> Result<Asked, WordsError> {
        let arguments = RouteArguments {
            words: line.split_whitespace().map(str::to_owned).collect(),
            family: None,
        };
        asked(&arguments, &Names::default())
    }

    #[test]
    fn a_sound_route_is_its_row() {
        let asked = said("10.20.0.0/16 via 192.0.2.254 dev 7").unwrap();
        assert_eq!(asked.row, MibIpForwardRow2::from(&asked.route));
        assert_eq!(asked.said, None);
    }

    #[test]
    fn what_no_route_can_be_is_a_row() {
        let line = "unspecified dev 7";
        let asked = said(line).unwrap();
        assert_eq!(asked.row.destination_prefix, IpAddressPrefix::default());
        assert_eq!(asked.said.as_deref(), Some(line));
        let asked = said("10.20.0.0/16 metric 5 via unspecified dev 7").unwrap();
        assert_eq!(asked.row.next_hop, SockaddrInet::default());
        assert_eq!(asked.route.metric, 5);
        for (prefix, length) in [("10.20.0.0/33", 33), ("2001:db8::/129", 129)] {
            let asked = said(&format!("{prefix} dev 7")).unwrap();
            assert_eq!(asked.row.destination_prefix.prefix_length, length);
        }
    }

    #[test]
    fn other_words_are_as_wrong_as_elsewhere() {
        for line in ["10.20.0.0/256 dev 7", "unspecified", "10.0.0.0/8 via"] {
            assert!(said(line).is_err(), "{line}");
        }
    }
}
