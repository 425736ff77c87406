//! The output of `show ip route` of `FRRouting`.

use ipforward::{NextHop, RouteProtocol};

use super::protocol::of_linux;
use crate::import::address::{is_address, metric, next_hop, prefix};
use crate::import::line::{Line, LineError, LineKind};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::score::Score;

/// The protocol for the letter of a route.
fn protocol(letter: char) -> Option<RouteProtocol> {
    let name = match letter {
        'S' => "static",
        'R' => "rip",
        'O' => "ospf",
        'I' | 'i' => "isis",
        'B' => "bgp",
        'E' | 'D' => "eigrp",
        'N' | 'T' | 'v' | 'V' | 'A' | 'F' | 'f' | 'P' | 't' => "other",
        _ => return None,
    };
    Some(of_linux(name))
}

/// The letters, the prefix and the rest of a line with a route.
fn route_line(line: &str) -> Option<(&str, &str, &str)> {
    let letters = line.split_whitespace().next()?;
    let first = letters.chars().next()?;
    let is_code = first.is_ascii_alphabetic()
        && letters.len() <= 4
        && letters[1..]
            .chars()
            .all(|letter| ">*oqrbt!fr ".contains(letter));
    let rest = line.trim_start().strip_prefix(letters)?.trim_start();
    // The mark of a selected route can stand apart.
    let (letters, rest) = match rest.strip_prefix(['>', '*']) {
        Some(_) => {
            let end = rest.find(' ')?;
            (
                &line.trim_start()[..letters.len()],
                rest[end..].trim_start(),
            )
        }
        None => (letters, rest),
    };
    let prefix = rest.split([' ', ',']).next()?;
    let has_shape = prefix.contains('/') && prefix.parse::<ipforward::IpNet>().is_ok();
    let attributes = rest[prefix.len()..].trim_start();
    // Older versions print no distance of connected routes and of those of the kernel.
    let is_route = attributes.starts_with('[')
        || attributes.starts_with("via ")
        || attributes.contains("directly connected");
    (is_code && has_shape && is_route).then_some((letters, prefix, attributes))
}

/// How surely a line is of the table.
pub(in crate::import) fn score(line: &str) -> Score {
    if route_line(line).is_some() || line.starts_with("Codes: K - kernel") {
        Score::SURE
    } else if is_next_hop(line.trim()) {
        Score::LIKELY
    } else {
        Score::NONE
    }
}

/// True for the title of a VRF or of another table, false for that of the main table.
fn is_other_table(title: &str) -> Option<bool> {
    let (before, name) = title.split_once("VRF ")?;
    let is_title = title.ends_with(':') && before.split_whitespace().count() <= 2;
    is_title.then_some(!matches!(name, "default:" | "default table 254:"))
}

fn is_next_hop(text: &str) -> bool {
    let text = text.trim_start_matches(['*', ' ', 'b', 'q']);
    text.starts_with("via ") && text.contains(',') || text.starts_with("is directly connected,")
}

/// A route that waits for its next hops.
struct OpenRoute {
    letters: String,
    prefix: ipforward::IpNet,
    metric: Option<Metric>,
}

/// Parses all routes; leaves out those that are not selected.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut open: Option<OpenRoute> = None;
    let mut is_vrf = false;
    let mut routes = text.lines().filter_map(route_line).peekable();
    let is_marked = routes.peek().is_none() || routes.any(|(letters, ..)| letters.contains('>'));
    for (text, number) in text.lines().zip(1..) {
        let line = Line::new(number, text);
        if let Some(is_other) = is_other_table(&line.text) {
            is_vrf = is_other;
        }
        let found = route_line(&line.text);
        if is_vrf && (found.is_some() || is_next_hop(&line.text)) {
            let error = LineError::new(
                "a route of a VRF",
                "a route of the default VRF; Windows has one table",
            );
            parsed.reject(&line, error.of_kind(LineKind::OtherTable));
        } else if !is_marked && found.is_some() {
            let error = "the table does not show which routes are used (`>`), as that of Cisco IOS";
            let expected =
                "`show ip route` of FRRouting; else `route add ADDRESS mask MASK GATEWAY`";
            parsed.reject(&line, LineError::unsupported(error, expected));
        } else if let Some((letters, prefix_text, attributes)) = found {
            open = None;
            match begin(letters, prefix_text, attributes) {
                Ok(route) => {
                    add_hop(&mut parsed, &line, &route, hop_of(attributes));
                    open = Some(route);
                }
                Err(error) => parsed.reject(&line, error),
            }
        } else if let (Some(route), true) = (&open, is_next_hop(&line.text)) {
            let is_used = line.text.starts_with('*');
            if is_used || !route.letters.contains('*') && !has_mark(text) {
                let hop = line
                    .text
                    .trim_start_matches(['*', ' ', 'b', 'q'])
                    .to_owned();
                add_hop(&mut parsed, &line, route, &hop);
            } else {
                parsed.leave_out(&line, LeftOut::NotInUse);
            }
        } else if line.text.contains('/')
            && line.text.contains([',', '>'])
            && line.text.contains('[')
        {
            let expected = "letters, prefix, [distance/metric], and `via ADDRESS, INTERFACE`";
            parsed.reject(&line, LineError::new("incomplete row", expected));
        } else {
            parsed.leave_out(&line, LeftOut::Noise);
        }
    }
    parsed
}

fn has_mark(text: &str) -> bool {
    text.trim_start().starts_with(['b', 'q'])
}

fn begin(letters: &str, prefix_text: &str, attributes: &str) -> Result<OpenRoute, LineError> {
    let distance = attributes
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let own = distance
        .and_then(|(inside, _)| inside.split_once('/'))
        .map(|(_, own)| metric(own));
    Ok(OpenRoute {
        letters: letters.to_owned(),
        prefix: prefix(prefix_text)?,
        metric: own.transpose()?.map(Metric::Own),
    })
}

/// What follows the distance and the metric.
fn hop_of(attributes: &str) -> &str {
    match attributes
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((_, hop)) => hop.trim(),
        None => attributes,
    }
}

fn add_hop(parsed: &mut Parsed, line: &Line, route: &OpenRoute, hop: &str) {
    let first = route.letters.chars().next().unwrap_or('?');
    if matches!(first, 'C' | 'L') {
        return parsed.leave_out(line, LeftOut::SystemRoute);
    }
    let is_recursive = hop.contains("(recursive");
    // The kernel has refused the route, or does not have it yet.
    let is_absent = route.letters[1..].contains(['r', 'q']);
    if !route.letters.contains('>') || is_absent || hop.contains("inactive") || is_recursive {
        return parsed.leave_out(line, LeftOut::NotInUse);
    }
    parsed.add(line, change(line, route, first, hop));
}

fn change(
    line: &Line,
    route: &OpenRoute,
    letter: char,
    hop: &str,
) -> Result<LineChange, LineError> {
    for discard in ["blackhole", "Null0", "unreachable", "reject"] {
        if hop.contains(discard) {
            return Err(LineError::discard(discard));
        }
    }
    if hop.contains(", label ") && !hop.contains(", label implicit-null") {
        let expected = "a route without labels; Windows has no such routes";
        return Err(LineError::unsupported(
            "a route with a label of MPLS",
            expected,
        ));
    }
    let mut parts = hop.split(',').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let address = first
        .strip_prefix("via ")
        .and_then(|via| via.split_whitespace().next());
    let dev = parts
        .next()
        .map(|dev| dev.split_whitespace().next().unwrap_or_default());
    let expected = "`via ADDRESS, INTERFACE` or `is directly connected, INTERFACE`";
    if address.is_none() && !first.contains("directly connected") {
        return Err(LineError::new(
            format!("unknown next hop `{hop}`"),
            expected,
        ));
    }
    let next_hop = match address {
        Some(address) if is_address(address) => next_hop(address)?,
        Some(address) => {
            return Err(LineError::new(
                format!("invalid next hop `{address}`"),
                expected,
            ));
        }
        None => NextHop::OnLink,
    };
    Ok(LineChange {
        next_hop: Some(next_hop),
        // Without an interface, a time follows.
        dev: dev
            .filter(|dev| !dev.contains(':') && !dev.is_empty())
            .map(|dev| InterfaceRef::Name(dev.to_owned())),
        metric: route.metric,
        protocol: protocol(letter),
        ..LineChange::new(line, Verb::Replace, route.prefix)
    })
}
