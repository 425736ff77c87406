//! What Windows' `route print` prints, in any language: rows are told by their shape.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::{IpNet, NextHop};

use super::Parsed;
use super::address::{length_of, next_hop};
use super::line::{Line, Wrong};
use super::said::{Dev, Metric, Said, Verb};

/// Takes all rows of both tables; titles and the list of interfaces are passed over.
///
/// The metric of an active route is the complete one. A persistent route is taken if it is not
/// active too.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rows: Vec<Row> = Vec::new();
    let mut lines = text.lines().zip(1..).peekable();
    while let Some((text, number)) = lines.next() {
        let mut line = Line::new(number, text);
        if is_half(&line) {
            // A long prefix leaves no room for the gateway, which is on the next line.
            let gateway = lines.next().map_or("", |(next, _)| next);
            line = Line::new(number, &format!("{text} {}", gateway.trim()));
        }
        match row(&line) {
            Some(Ok(row)) => rows.push(row),
            Some(Err(wrong)) => parsed.errors.push(line.error(wrong)),
            None => {}
        }
    }
    let own = Own::of(&rows);
    for row in &rows {
        if own.has(row) {
            parsed.left_out += 1;
        } else if !row.is_active
            && rows
                .iter()
                .any(|other| other.is_active && row.is_same(other))
        {
            // The active row says more.
        } else {
            parsed.said.push(row.said());
        }
    }
    parsed
}

/// One row of a table.
#[derive(Clone, Debug)]
struct Row {
    line: Line,
    prefix: IpNet,
    next_hop: NextHop,
    dev: Option<Dev>,
    metric: Option<u32>,
    /// Whether the route is in use, and not only to be made at the next start.
    is_active: bool,
}

impl Row {
    fn is_same(&self, other: &Self) -> bool {
        (self.prefix, self.next_hop) == (other.prefix, other.next_hop)
            && (self.dev.is_none() || self.dev == other.dev)
    }

    fn said(&self) -> Said {
        Said {
            next_hop: Some(self.next_hop),
            dev: self.dev.clone(),
            metric: self.metric.map(if self.is_active {
                Metric::Complete
            } else {
                Metric::Own
            }),
            ..Said::new(&self.line, Verb::Replace, self.prefix)
        }
    }
}

/// Whether a line is a row of IPv6 without its gateway.
fn is_half(line: &Line) -> bool {
    matches!(line.words()[..], [dev, metric, prefix]
        if dev.parse::<u32>().is_ok() && metric.parse::<u32>().is_ok() && is_ipv6(prefix))
}

fn is_ipv6(word: &str) -> bool {
    matches!(word.parse(), Ok(IpNet::V6(_)))
}

/// The row that a line is, if it is one.
fn row(line: &Line) -> Option<Result<Row, Wrong>> {
    let words = line.words();
    match words[..] {
        [address, mask, ref rest @ ..] if !rest.is_empty() => {
            if let (Ok(address), Ok(mask)) = (address.parse::<Ipv4Addr>(), mask.parse::<Ipv4Addr>())
            {
                return Some(ipv4(line, address, mask, rest));
            }
        }
        _ => {}
    }
    match words[..] {
        [dev, metric, prefix, ref gateway @ ..] if is_ipv6(prefix) => {
            Some(ipv6(line, dev, metric, prefix, gateway))
        }
        _ => None,
    }
}

/// An active row ends with gateway, interface address and metric; a persistent one with gateway and
/// metric. What is no address as a gateway is some language's word for on-link.
fn ipv4(line: &Line, address: Ipv4Addr, mask: Ipv4Addr, rest: &[&str]) -> Result<Row, Wrong> {
    let prefix = length_of(mask)
        .and_then(|length| IpNet::new(address.into(), length).ok())
        .ok_or_else(|| Wrong::new(format!("`{mask}` is no mask"), "ones and then zeros"))?;
    let row = |next_hop, dev, metric, is_active| Row {
        line: line.clone(),
        prefix,
        next_hop,
        dev,
        metric,
        is_active,
    };
    match rest {
        [gateway @ .., interface, metric]
            if !gateway.is_empty() && interface.parse::<Ipv4Addr>().is_ok() =>
        {
            let interface = interface.parse::<IpAddr>().map(Dev::Address).ok();
            let metric = complete(metric)?;
            Ok(row(gateway_of(gateway)?, interface, Some(metric), true))
        }
        [gateway, _, ..] if gateway.parse::<Ipv4Addr>().is_ok() => {
            // A metric that is no number is some language's word for the default.
            let metric = rest[1].parse().ok();
            Ok(row(next_hop(gateway)?, None, metric, false))
        }
        _ => Err(Wrong::new(
            "the row has no gateway, interface and metric",
            "destination, mask, gateway, interface address and metric",
        )),
    }
}

fn ipv6(
    line: &Line,
    dev: &str,
    metric: &str,
    prefix: &str,
    gateway: &[&str],
) -> Result<Row, Wrong> {
    let right = "interface index, metric, prefix and gateway";
    let wrong = |word: &str| Wrong::new(format!("`{word}` is no number"), right);
    let dev = dev.parse().map_err(|_| wrong(dev))?;
    let metric = metric.parse().map_err(|_| wrong(metric))?;
    if gateway.is_empty() {
        return Err(Wrong::new("the row has no gateway", right));
    }
    Ok(Row {
        line: line.clone(),
        prefix: super::address::prefix(prefix)?,
        next_hop: gateway_of(gateway)?,
        dev: (dev != 0).then_some(Dev::Index(dev)),
        // What is only persistent has no interface yet, and no metric of it.
        metric: (metric != u32::MAX).then_some(metric),
        is_active: dev != 0 && metric != u32::MAX,
    })
}

/// The gateway; words without a digit are some language's for on-link.
fn gateway_of(words: &[&str]) -> Result<NextHop, Wrong> {
    let has_digit = |word: &&str| word.contains(|letter: char| letter.is_ascii_digit());
    match words {
        [address] if address.contains(':') || has_digit(address) => next_hop(address),
        words if words.iter().any(has_digit) => Err(Wrong::new(
            format!("`{}` is no gateway", words.join(" ")),
            "an address, or `On-link`",
        )),
        _ => Ok(NextHop::OnLink),
    }
}

fn complete(metric: &str) -> Result<u32, Wrong> {
    metric
        .parse()
        .map_err(|_| Wrong::new(format!("`{metric}` is no metric"), "a number"))
}

/// What Windows makes by itself: an address, its network and its broadcast address for each address
/// that it has.
struct Own {
    /// The interfaces and their addresses.
    addresses: Vec<(Dev, IpAddr)>,
    /// The interfaces and the networks of their addresses.
    networks: Vec<(Dev, IpNet)>,
}

impl Own {
    fn of(rows: &[Row]) -> Self {
        let on_link = || rows.iter().filter(|row| row.next_hop == NextHop::OnLink);
        let addresses: Vec<_> = on_link()
            .filter_map(|row| match row.dev.clone()? {
                dev @ Dev::Address(address) => Some((dev, address)),
                dev => is_host(row.prefix).then(|| (dev, row.prefix.addr())),
            })
            .collect();
        let networks = on_link()
            .filter(|row| !is_host(row.prefix))
            .filter_map(|row| Some((row.dev.clone()?, row.prefix)))
            .filter(|(dev, network)| {
                addresses
                    .iter()
                    .any(|(other, address)| other == dev && network.contains(address))
            })
            .collect();
        Self {
            addresses,
            networks,
        }
    }

    fn has(&self, row: &Row) -> bool {
        let address = row.prefix.addr();
        let everywhere = address.is_multicast()
            || address.is_loopback()
            || address == IpAddr::V4(Ipv4Addr::BROADCAST);
        if everywhere || row.next_hop != NextHop::OnLink {
            return everywhere;
        }
        let Some(dev) = &row.dev else {
            return false;
        };
        let here = |other: &Dev| other == dev;
        if is_host(row.prefix) {
            self.addresses
                .iter()
                .any(|(other, own)| here(other) && *own == address)
                || self.networks.iter().any(|(other, network)| {
                    here(other) && [network.network(), network.broadcast()].contains(&address)
                })
        } else {
            self.networks
                .iter()
                .any(|(other, network)| here(other) && *network == row.prefix)
        }
    }
}

fn is_host(prefix: IpNet) -> bool {
    prefix.prefix_len() == prefix.max_prefix_len()
}
