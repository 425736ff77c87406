//! `route`, `route-ipv6` and `push "route …"` of `OpenVPN`.

use std::net::Ipv4Addr;

use ipforward::{IpNet, NextHop};

use crate::import::address::{
    any_prefix, is_address, mask_length, masked, metric, next_hop, prefix,
};
use crate::import::line::{Line, LineError};
use crate::import::line_change::{LineChange, Metric};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::import::quoted;
use crate::import::score::Score;

/// Directives that are surely of `OpenVPN`.
const DIRECTIVES: &[&str] = &[
    "client",
    "dev",
    "proto",
    "remote",
    "resolv-retry",
    "nobind",
    "persist-key",
    "persist-tun",
    "remote-cert-tls",
    "cipher",
    "auth",
    "verb",
    "tls-auth",
    "topology",
    "server",
    "ifconfig",
    "route-gateway",
    "route-metric",
    "route-nopull",
    "redirect-gateway",
    "pull-filter",
    "keepalive",
    "dhcp-option",
    "auth-user-pass",
    "explicit-exit-notify",
    "data-ciphers",
    "push-peer-info",
];

/// Directives about how routes are made.
const OTHER_ROUTE_DIRECTIVES: &[&str] = &[
    "route-ipv6-gateway",
    "route-metric",
    "route-delay",
    "route-method",
    "route-noexec",
    "route-nopull",
    "route-up",
    "route-pre-down",
    "route-table",
];

/// The directive of a line, also that of `push`.
fn directive(line: &str) -> Vec<String> {
    let mut words = quoted::words(super::without_comment(line));
    if let [push, pushed, ..] = &words[..]
        && push == "push"
    {
        let of_push = pushed.trim_matches('\'').to_owned();
        let rest = words[2..].join(" ");
        words = quoted::words(&format!("{of_push} {}", rest.trim_matches('\'')));
    }
    words
}

/// How surely a line is of a configuration of `OpenVPN`.
pub(in crate::import) fn score(line: &str) -> Score {
    let is_push = line.trim_start().starts_with("push ");
    let words = directive(line);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let is_ipv4 = |word: &str| word.parse::<Ipv4Addr>().is_ok();
    match words[..] {
        [_, ..] if is_push => Score::SURE,
        ["route-ipv6", ..] => Score::SURE,
        ["route", address, mask, ..] if is_ipv4(address) && is_ipv4(mask) => Score(7),
        ["route", address, "vpn_gateway" | "net_gateway", ..] if is_ipv4(address) => Score(7),
        ["route", address] if is_ipv4(address) => Score(2),
        [name, ..] if DIRECTIVES.contains(&name) => Score::LIKELY,
        [name, ..] if name.starts_with("<ca>") || name.starts_with("<cert>") => Score::LIKELY,
        _ => Score::NONE,
    }
}

/// The gateway and the metric for routes without one.
#[derive(Default)]
struct Defaults {
    gateway: Option<NextHop>,
    metric: Option<Metric>,
}

/// Parses all directives for routes.
pub(in crate::import) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut defaults = Defaults::default();
    let lines = || {
        text.lines()
            .zip(1..)
            .map(|(text, number)| Line::new(number, text))
    };
    for line in lines() {
        let words = directive(&line.text);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        if let Err(error) = default(&mut defaults, &words) {
            parsed.reject(&line, error);
        }
    }
    for line in lines() {
        let words = directive(&line.text);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["route", ref arguments @ ..] => parsed.add(&line, ipv4(&line, &defaults, arguments)),
            ["route-ipv6", ref arguments @ ..] => {
                parsed.add(&line, ipv6(&line, &defaults, arguments));
            }
            ["redirect-gateway", ref flags @ ..] => redirect(&mut parsed, &line, &defaults, flags),
            // A spelling that is not understood must not lose a route.
            [name, ..] if has_hidden_route(name) => {
                let error = LineError::new(
                    format!("unknown directive `{name}`"),
                    "route NETWORK NETMASK GATEWAY METRIC, or push \"route …\"",
                );
                parsed.reject(&line, error);
            }
            _ => parsed.leave_out(&line, LeftOut::Noise),
        }
    }
    parsed
}

/// True for a word that has the name of a directive for routes, and more.
fn has_hidden_route(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.trim_start_matches(['"', '\'', '\\'])
        .starts_with("route")
        && name != "route-gateway"
        && !OTHER_ROUTE_DIRECTIVES.contains(&name.as_str())
}

fn default(defaults: &mut Defaults, words: &[&str]) -> Result<(), LineError> {
    match words {
        ["route-gateway", address] if is_address(address) => {
            defaults.gateway = Some(next_hop(address)?);
        }
        ["route-metric", value] => defaults.metric = Some(Metric::Own(metric(value)?)),
        _ => {}
    }
    Ok(())
}

fn ipv4(line: &Line, defaults: &Defaults, arguments: &[&str]) -> Result<LineChange, LineError> {
    let (text, rest) = arguments
        .split_first()
        .ok_or_else(|| LineError::new("missing network", "route NETWORK NETMASK GATEWAY METRIC"))?;
    let invalid = |_| {
        LineError::new(
            format!("`{text}` is a name, or no IPv4 network"),
            "an IPv4 address (10.20.0.0)",
        )
    };
    let prefix = match rest.first() {
        _ if text.contains('/') => prefix(text)?,
        Some(mask) if is_mask(mask) => masked(text.parse().map_err(invalid)?, mask)?,
        None | Some(&"default" | &"vpn_gateway" | &"net_gateway") => {
            IpNet::from(text.parse::<std::net::IpAddr>().map_err(invalid)?)
        }
        Some(mask) => masked(text.parse().map_err(invalid)?, mask)?,
    };
    let is_first_a_mask = rest
        .first()
        .is_some_and(|mask| is_mask(mask) || *mask == "default");
    let rest = if is_first_a_mask { &rest[1..] } else { rest };
    with_gateway(LineChange::listed(line, prefix), defaults, rest)
}

fn is_mask(text: &str) -> bool {
    let mask = text.parse::<Ipv4Addr>();
    mask.is_ok_and(|mask| mask_length(mask).is_some())
}

fn ipv6(line: &Line, defaults: &Defaults, arguments: &[&str]) -> Result<LineChange, LineError> {
    let (text, rest) = arguments
        .split_first()
        .ok_or_else(|| LineError::new("missing network", "route-ipv6 PREFIX GATEWAY METRIC"))?;
    // As OpenVPN does, without the bits after the length.
    let prefix = any_prefix(text)?.trunc();
    with_gateway(LineChange::listed(line, prefix), defaults, rest)
}

/// The route with the gateway and the metric that follow its mask.
fn with_gateway(
    route: LineChange,
    defaults: &Defaults,
    rest: &[&str],
) -> Result<LineChange, LineError> {
    let gateway = rest.first().copied().unwrap_or("default");
    let own = rest.get(1).filter(|own| **own != "default");
    let is_ipv6 = route.prefix.addr().is_ipv6();
    let of_file = defaults.gateway.filter(|gateway| {
        let address = gateway.address();
        address.is_some_and(|address| address.is_ipv6() == is_ipv6)
    });
    let next_hop = match gateway {
        "default" | "vpn_gateway" => of_file,
        "net_gateway" | "net_gateway_ipv6" | "remote_host" => {
            return Err(LineError::unsupported(
                format!("`{gateway}` depends on the state of the computer"),
                "the address itself (192.0.2.1)",
            ));
        }
        address => Some(next_hop(address)?),
    };
    Ok(LineChange {
        next_hop,
        metric: match own {
            Some(own) => Some(Metric::Own(metric(own)?)),
            None => defaults.metric,
        },
        ..route
    })
}

/// `redirect-gateway def1` means two routes that together are more specific than the default route.
fn redirect(parsed: &mut Parsed, line: &Line, defaults: &Defaults, flags: &[&str]) {
    if !flags.contains(&"def1") {
        let error = LineError::unsupported(
            "`redirect-gateway` without `def1` replaces the default route",
            "`redirect-gateway def1`, or a route to 0.0.0.0 with the mask 0.0.0.0",
        );
        return parsed.reject(line, error);
    }
    let ipv4 = if flags.contains(&"!ipv4") {
        &[][..]
    } else {
        &["0.0.0.0/1", "128.0.0.0/1"]
    };
    let ipv6 = if flags.contains(&"ipv6") {
        &["::/1", "8000::/1"][..]
    } else {
        &[]
    };
    if !flags.contains(&"local") {
        let note = "OpenVPN also adds a route to its server, which the file does not have";
        parsed.notes.push(line.note(note));
    }
    for text in ipv4.iter().chain(ipv6) {
        let change = prefix(text)
            .and_then(|prefix| with_gateway(LineChange::listed(line, prefix), defaults, &[]));
        parsed.add(line, change);
    }
}
