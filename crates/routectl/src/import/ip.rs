//! A route in the words of iproute2, as `ip route` takes and prints it.

use ipforward::{IpNet, RouteProtocol};

use super::Parsed;
use super::address::{next_hop, number, prefix};
use super::line::{Line, Wrong};
use super::said::{Dev, Metric, Said, Verb};
use crate::arguments::Family;

/// Words with a value that say nothing that Windows has.
const HINTS: &[&str] = &[
    "src",
    "pref",
    "mtu",
    "advmss",
    "hoplimit",
    "weight",
    "realm",
    "realms",
    "rtt",
    "rttvar",
    "rto_min",
    "reordering",
    "window",
    "cwnd",
    "ssthresh",
    "initcwnd",
    "initrwnd",
    "quickack",
    "congctl",
    "features",
    "fastopen_no_cookie",
    "nhid",
    "error",
    "ttl-propagate",
];

/// Words without a value that say how a route is doing, or what it is here anyway.
const STATES: &[&str] = &[
    "onlink",
    "linkdown",
    "dead",
    "pervasive",
    "offload",
    "trap",
    "rt_offload",
    "rt_trap",
    "offload_failed",
    "rt_offload_failed",
    "notify",
    "unresolved",
];

/// Types of routes that lead nowhere.
const NOWHERE: &[&str] = &["blackhole", "unreachable", "prohibit", "throw"];

/// Types of routes that a system makes for itself.
const OWN: &[&str] = &["local", "broadcast", "multicast", "anycast"];

/// Whether a word is the type of a route.
pub(super) fn is_type(word: &str) -> bool {
    word == "unicast" || NOWHERE.contains(&word) || OWN.contains(&word)
}

/// Whether a word begins a next hop of its own.
pub(super) fn is_next_hop(word: &str) -> bool {
    word == "nexthop"
}

/// Takes the route that these words are into `parsed`: more than one if it has several next hops.
pub(super) fn route(
    parsed: &mut Parsed,
    line: &Line,
    verb: Verb,
    words: &[&str],
    family: Option<Family>,
) -> Result<(), Wrong> {
    let mut words = words;
    match words {
        [kind, ..] if OWN.contains(kind) => {
            parsed.left_out += 1;
            return Ok(());
        }
        [kind, ..] if NOWHERE.contains(kind) => {
            return Err(Wrong::new(
                format!("Windows has no `{kind}` routes"),
                "a route to an interface, or no such line",
            ));
        }
        ["unicast" | "to", rest @ ..] => words = rest,
        _ => {}
    }
    let (first, rest) = words
        .split_first()
        .ok_or_else(|| Wrong::new("there is no prefix", "a prefix (10.20.0.0/16) or `default`"))?;
    let mut groups = rest.split(|word| is_next_hop(word));
    let common = Group::parse(groups.next().unwrap_or_default())?;
    if common.is_kernels {
        parsed.left_out += 1;
        return Ok(());
    }
    let destination = destination(first, family, &common)?;
    let mut hops = groups.map(Group::parse).collect::<Result<Vec<_>, _>>()?;
    if hops.is_empty() {
        hops.push(Group::default());
    }
    for hop in hops {
        let said = hop.over(&common);
        for hint in &said.hints {
            *parsed.hints.entry((*hint).to_owned()).or_default() += 1;
        }
        let destination = match first {
            // The family may be that of the next hop.
            &"default" => self::destination(first, family, &said)?,
            _ => destination,
        };
        parsed.said.push(said.said(line, verb, destination));
    }
    Ok(())
}

/// The next hop of a route that was begun on a line before.
pub(super) fn another_hop(
    parsed: &mut Parsed,
    line: &Line,
    begun: &Said,
    words: &[&str],
) -> Result<(), Wrong> {
    let group = Group::parse(words)?;
    for hint in &group.hints {
        *parsed.hints.entry((*hint).to_owned()).or_default() += 1;
    }
    let hop = group.said(line, begun.verb, begun.prefix);
    parsed.said.push(Said {
        metric: hop.metric.or(begun.metric),
        protocol: hop.protocol.or(begun.protocol),
        expires: hop.expires.or(begun.expires),
        ..hop
    });
    Ok(())
}

/// What the words say of a route, or of one of its next hops.
#[derive(Clone, Debug, Default)]
struct Group<'a> {
    next_hop: Option<ipforward::NextHop>,
    dev: Option<&'a str>,
    metric: Option<u32>,
    protocol: Option<RouteProtocol>,
    expires: Option<u32>,
    /// Made by the kernel for its own addresses.
    is_kernels: bool,
    /// Said in the words of IPv6.
    is_ipv6: bool,
    hints: Vec<&'a str>,
}

impl<'a> Group<'a> {
    fn parse(words: &[&'a str]) -> Result<Self, Wrong> {
        let mut group = Self::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            if STATES.contains(&word) {
                continue;
            }
            let value = words.next().ok_or_else(|| {
                Wrong::new(
                    format!("`{word}` says nothing"),
                    format!("`{word}` and its value, or no such word"),
                )
            })?;
            match (word, value) {
                ("via", "inet" | "inet6") => {
                    let address = words.next().unwrap_or_default();
                    group.next_hop = Some(next_hop(address)?);
                }
                ("via", _) => group.next_hop = Some(next_hop(value)?),
                ("dev" | "oif", _) => group.dev = Some(value),
                ("metric" | "priority" | "preference", _) => {
                    group.metric = Some(number(word, value)?);
                }
                ("proto" | "protocol", "kernel") | ("table", "local" | "255") => {
                    group.is_kernels = true;
                }
                ("proto" | "protocol", _) => group.protocol = Some(protocol(value)),
                ("expires", _) => {
                    let seconds = value.strip_suffix("sec").unwrap_or(value);
                    group.expires = Some(number(word, seconds)?);
                }
                ("table", "main" | "254" | "default" | "253" | "all" | "unspec" | "0")
                | ("tos" | "dsfield", "0" | "0x0")
                | ("from", "default" | "all" | "any" | "::/0")
                // How far away the destination is, the next hop says.
                | ("scope", _) => {}
                ("pref", "medium") => group.is_ipv6 = true,
                (hint, _) if HINTS.contains(&hint) => {
                    group.is_ipv6 |= hint == "pref";
                    group.hints.push(hint);
                    if value == "lock" {
                        words.next();
                    }
                }
                _ => return Err(unknown(word, value)),
            }
        }
        Ok(group)
    }

    /// What this says, and what the words before all next hops say.
    fn over(self, common: &Self) -> Self {
        Self {
            next_hop: self.next_hop.or(common.next_hop),
            dev: self.dev.or(common.dev),
            metric: self.metric.or(common.metric),
            protocol: self.protocol.or(common.protocol),
            expires: self.expires.or(common.expires),
            is_kernels: common.is_kernels,
            is_ipv6: self.is_ipv6 || common.is_ipv6,
            hints: [common.hints.clone(), self.hints].concat(),
        }
    }

    fn said(&self, line: &Line, verb: Verb, prefix: IpNet) -> Said {
        Said {
            next_hop: self.next_hop,
            dev: self.dev.map(|name| Dev::Name(name.to_owned())),
            metric: self.metric.map(Metric::Own),
            protocol: self.protocol,
            expires: self.expires,
            ..Said::new(line, verb, prefix)
        }
    }
}

/// The prefix; that of `default` is of the family that is said, or of the next hop.
fn destination(word: &str, family: Option<Family>, group: &Group<'_>) -> Result<IpNet, Wrong> {
    if !matches!(word, "default" | "any" | "all") {
        return prefix(word);
    }
    let via_ipv6 = group
        .next_hop
        .and_then(ipforward::NextHop::address)
        .map(|address| address.is_ipv6());
    let is_ipv6 = via_ipv6.unwrap_or(group.is_ipv6 || family == Some(Family::Ipv6));
    prefix(if is_ipv6 { "::/0" } else { "0.0.0.0/0" })
}

/// Linux' protocols among those of Windows.
fn protocol(name: &str) -> RouteProtocol {
    match name {
        "boot" | "static" | "ra" | "3" | "4" | "9" => RouteProtocol::NET_MGMT,
        "redirect" | "1" => RouteProtocol::ICMP,
        "dhcp" | "16" => RouteProtocol::DHCP,
        "rip" | "189" => RouteProtocol::RIP,
        "ospf" | "188" => RouteProtocol::OSPF,
        "bgp" | "186" => RouteProtocol::BGP,
        "isis" | "187" => RouteProtocol(9),
        "eigrp" | "192" => RouteProtocol(16),
        _ => RouteProtocol::OTHER,
    }
}

fn unknown(word: &str, value: &str) -> Wrong {
    let right = match word {
        "table" => "a route of the main table: Windows has one table",
        "tos" | "dsfield" => "a route for all packets: Windows has no routes by type of service",
        "from" => "a route for all sources: Windows has no routes by source",
        "encap" => "a plain route: Windows has none with an encapsulation",
        _ => "via, dev, metric, proto, expires, or another word of `ip route`",
    };
    Wrong::new(format!("`{word} {value}` cannot be taken"), right)
}
