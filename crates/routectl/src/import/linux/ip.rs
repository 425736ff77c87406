//! Routes in the syntax of `ip route`.

use ipforward::{IpNet, RouteProtocol};

use super::protocol::of_linux;
use crate::import::address::{metric, next_hop, number, prefix};
use crate::import::line::{Line, LineError, LineKind, set_once};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};
use crate::import::line_kind::LeftOut;
use crate::import::parsed::Parsed;
use crate::spec::IpFamily;

/// Keywords with a value that have no counterpart in Windows; ignored.
const IGNORED_ATTRIBUTES: &[&str] = &[
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

/// Flags without a value that describe the state of a route; ignored.
const IGNORED_FLAGS: &[&str] = &[
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
    "cache",
];

/// Types of routes that discard packets.
const DISCARD_TYPES: &[&str] = &["blackhole", "unreachable", "prohibit", "throw"];

/// Types of routes that the system adds.
const SYSTEM_TYPES: &[&str] = &["local", "broadcast", "multicast", "anycast"];

/// True if a word is the type of a route.
pub(super) fn is_type(word: &str) -> bool {
    word == "unicast" || DISCARD_TYPES.contains(&word) || SYSTEM_TYPES.contains(&word)
}

/// True if a word begins another next hop.
pub(super) fn is_next_hop(word: &str) -> bool {
    word == "nexthop"
}

/// Parses one route into `parsed`: one change for each next hop.
pub(super) fn route(
    parsed: &mut Parsed,
    line: &Line,
    verb: Verb,
    words: &[&str],
    family: Option<IpFamily>,
) -> Result<(), LineError> {
    let mut words = words;
    match words {
        [kind, ..] if SYSTEM_TYPES.contains(kind) => {
            parsed.leave_out(line, LeftOut::SystemRoute);
            return Ok(());
        }
        ["unreachable", rest @ ..] if is_of_kernel(rest) => {
            parsed.leave_out(line, LeftOut::KernelDiscard);
            return Ok(());
        }
        [kind, ..] if DISCARD_TYPES.contains(kind) => return Err(LineError::discard(kind)),
        ["unicast" | "to", rest @ ..] => words = rest,
        _ => {}
    }
    let (first, rest) = words
        .split_first()
        .ok_or_else(|| LineError::new("missing prefix", "a prefix (10.20.0.0/16) or `default`"))?;
    let mut hops = rest.split(|word| is_next_hop(word));
    let common = HopSpec::parse(hops.next().unwrap_or_default())?;
    if common.is_kernel_route {
        parsed.leave_out(line, LeftOut::SystemRoute);
        return Ok(());
    }
    let destination = destination(first, family, &common)?;
    let mut hops = hops.map(HopSpec::parse).collect::<Result<Vec<_>, _>>()?;
    if hops.is_empty() {
        hops.push(HopSpec::default());
    }
    for hop in hops {
        let hop = hop.with_defaults(&common);
        parsed.count_ignored(&hop.ignored);
        let destination = match first {
            // The next hop can imply the family.
            &"default" => self::destination(first, family, &hop)?,
            _ => destination,
        };
        parsed.changes.push(hop.change(line, verb, destination));
    }
    Ok(())
}

/// True if the kernel added an `unreachable` route: it leads to `lo` and has an error number.
fn is_of_kernel(words: &[&str]) -> bool {
    let has = |pair: [&str; 2]| words.windows(2).any(|found| found == pair);
    has(["proto", "kernel"]) || has(["dev", "lo"]) && words.contains(&"error")
}

/// Parses another next hop of the route `first`, from a line of its own.
pub(super) fn another_hop(
    parsed: &mut Parsed,
    line: &Line,
    first: &LineChange,
    words: &[&str],
) -> Result<(), LineError> {
    let hop = HopSpec::parse(words)?;
    parsed.count_ignored(&hop.ignored);
    let hop = hop.change(line, first.verb, first.prefix);
    parsed.changes.push(LineChange {
        metric: hop.metric.or(first.metric),
        protocol: hop.protocol.or(first.protocol),
        expires: hop.expires.or(first.expires),
        ..hop
    });
    Ok(())
}

/// The attributes of a route, or of one of its next hops.
#[derive(Clone, Debug, Default)]
struct HopSpec<'a> {
    next_hop: Option<ipforward::NextHop>,
    dev: Option<&'a str>,
    metric: Option<u32>,
    protocol: Option<RouteProtocol>,
    expires: Option<u32>,
    /// The kernel added the route for an address of its own.
    is_kernel_route: bool,
    /// The line has an attribute that only IPv6 routes have.
    is_ipv6: bool,
    ignored: Vec<&'a str>,
}

impl<'a> HopSpec<'a> {
    fn parse(words: &[&'a str]) -> Result<Self, LineError> {
        let mut hop = Self::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            if IGNORED_FLAGS.contains(&word) {
                continue;
            }
            let value = words.next().ok_or_else(|| {
                LineError::new(
                    format!("`{word}` needs a value"),
                    format!("`{word}` and its value"),
                )
            })?;
            match (word, value) {
                ("via", "inet" | "inet6") => {
                    let address = words.next().unwrap_or_default();
                    set_once(&mut hop.next_hop, word, next_hop(address)?)?;
                }
                ("via", _) => set_once(&mut hop.next_hop, word, next_hop(value)?)?,
                ("dev" | "oif", _) => set_once(&mut hop.dev, word, value)?,
                ("metric" | "priority" | "preference", _) => {
                    set_once(&mut hop.metric, word, metric(value)?)?;
                }
                ("proto" | "protocol", "kernel") | ("table", "local" | "255") => {
                    hop.is_kernel_route = true;
                }
                ("proto" | "protocol", _) => hop.protocol = Some(of_linux(value)),
                ("expires", _) => {
                    let seconds = value.strip_suffix("sec").unwrap_or(value);
                    hop.expires = Some(number(word, seconds)?);
                }
                ("table", "main" | "254" | "default" | "253" | "all" | "unspec" | "0")
                | ("tos" | "dsfield", "0" | "0x0")
                | ("from", "default" | "all" | "any" | "::/0")
                // The next hop implies the scope.
                | ("scope", _) => {}
                ("pref", "medium") => hop.is_ipv6 = true,
                (attribute, _) if IGNORED_ATTRIBUTES.contains(&attribute) => {
                    hop.is_ipv6 |= attribute == "pref";
                    hop.ignored.push(attribute);
                    if value == "lock" {
                        words.next();
                    }
                }
                _ => return Err(unknown(word, value)),
            }
        }
        Ok(hop)
    }

    /// These attributes, with the common ones of the route as defaults.
    fn with_defaults(self, common: &Self) -> Self {
        Self {
            next_hop: self.next_hop.or(common.next_hop),
            dev: self.dev.or(common.dev),
            metric: self.metric.or(common.metric),
            protocol: self.protocol.or(common.protocol),
            expires: self.expires.or(common.expires),
            is_kernel_route: common.is_kernel_route,
            is_ipv6: self.is_ipv6 || common.is_ipv6,
            ignored: [common.ignored.clone(), self.ignored].concat(),
        }
    }

    fn change(&self, line: &Line, verb: Verb, prefix: IpNet) -> LineChange {
        LineChange {
            next_hop: self.next_hop,
            dev: self.dev.map(|name| InterfaceRef::Name(name.to_owned())),
            metric: self.metric.map(Metric::Own),
            protocol: self.protocol,
            expires: self.expires,
            ..LineChange::new(line, verb, prefix)
        }
    }
}

/// The prefix. `default` has the family of the next hop, or else the given one.
fn destination(
    word: &str,
    family: Option<IpFamily>,
    hop: &HopSpec<'_>,
) -> Result<IpNet, LineError> {
    if !matches!(word, "default" | "any" | "all") {
        return of_family(prefix(word)?, family);
    }
    let via_ipv6 = hop
        .next_hop
        .and_then(ipforward::NextHop::address)
        .map(|address| address.is_ipv6());
    let is_ipv6 = via_ipv6.unwrap_or(hop.is_ipv6 || family == Some(IpFamily::Ipv6));
    prefix(if is_ipv6 { "::/0" } else { "0.0.0.0/0" })
}

/// The prefix, if it is of the family that the command names.
fn of_family(prefix: IpNet, family: Option<IpFamily>) -> Result<IpNet, LineError> {
    let (is_expected, option) = match (prefix, family) {
        (_, None) | (IpNet::V4(_), Some(IpFamily::Ipv4)) | (IpNet::V6(_), Some(IpFamily::Ipv6)) => {
            (true, "")
        }
        (_, Some(IpFamily::Ipv4)) => (false, "-4"),
        (_, Some(IpFamily::Ipv6)) => (false, "-6"),
    };
    if is_expected {
        return Ok(prefix);
    }
    Err(LineError::new(
        format!("`{option}` and the prefix {prefix} are of different families"),
        "a prefix of the family, or no option",
    ))
}

fn unknown(word: &str, value: &str) -> LineError {
    let expected = match word {
        "table" | "vrf" => "a route of the main table; Windows has one table",
        "tos" | "dsfield" => "a route for all packets; Windows has no routes by type of service",
        "from" => "a route for all sources; Windows has no routes by source",
        "encap" => "a route without encapsulation; Windows has no such routes",
        _ => "via, dev, metric, proto, expires, or another keyword of `ip route`",
    };
    let kind = match word {
        "table" | "vrf" => LineKind::OtherTable,
        "tos" | "dsfield" | "from" | "encap" => LineKind::Unsupported,
        _ => LineKind::Invalid,
    };
    LineError::new(format!("unsupported `{word} {value}`"), expected).of_kind(kind)
}
