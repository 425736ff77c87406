//! Output of Windows' `route print` in any language: recognizes rows by their shape.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::{IpNet, NextHop};

use super::Parsed;
use super::address::{mask_length, next_hop};
use super::line::{Line, LineError};
use super::line_change::{InterfaceRef, LineChange, Metric, Verb};

/// Parses all rows of both tables; skips titles and the list of interfaces.
///
/// The metric of an active route is the complete one. Skips persistent routes that are also active.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rows: Vec<PrintedRow> = Vec::new();
    let mut lines = text.lines().zip(1..).peekable();
    while let Some((text, number)) = lines.next() {
        let mut line = Line::new(number, text);
        if lacks_gateway(&line) {
            // After a long prefix, the gateway is on the next line.
            let gateway = lines.next().map_or("", |(next, _)| next);
            line = Line::new(number, &format!("{text} {}", gateway.trim()));
        }
        match row(&line) {
            Some(Ok(row)) => rows.push(row),
            Some(Err(error)) => parsed.errors.push(line.reject(error)),
            None => {}
        }
    }
    let system_routes = SystemRoutes::of(&rows);
    for row in &rows {
        if system_routes.contains(row) {
            parsed.system_routes += 1;
        } else if !row.is_active
            && rows
                .iter()
                .any(|other| other.is_active && row.is_same(other))
        {
            // The active row has more members.
        } else {
            parsed.changes.push(row.change());
        }
    }
    parsed
}

/// One row of a table.
#[derive(Clone, Debug)]
struct PrintedRow {
    line: Line,
    prefix: IpNet,
    next_hop: NextHop,
    dev: Option<InterfaceRef>,
    metric: Option<u32>,
    /// True if the route is active, not only persistent.
    is_active: bool,
}

impl PrintedRow {
    fn is_same(&self, other: &Self) -> bool {
        (self.prefix, self.next_hop) == (other.prefix, other.next_hop)
            && (self.dev.is_none() || self.dev == other.dev)
    }

    fn change(&self) -> LineChange {
        LineChange {
            next_hop: Some(self.next_hop),
            dev: self.dev.clone(),
            metric: self.metric.map(if self.is_active {
                Metric::Complete
            } else {
                Metric::Own
            }),
            ..LineChange::new(&self.line, Verb::Replace, self.prefix)
        }
    }
}

/// True if a line is an IPv6 row without its gateway.
fn lacks_gateway(line: &Line) -> bool {
    matches!(line.words()[..], [dev, metric, prefix]
        if dev.parse::<u32>().is_ok() && metric.parse::<u32>().is_ok() && is_ipv6(prefix))
}

fn is_ipv6(word: &str) -> bool {
    matches!(word.parse(), Ok(IpNet::V6(_)))
}

/// The row of a line, if it is a row.
fn row(line: &Line) -> Option<Result<PrintedRow, LineError>> {
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
/// metric. A gateway that is not an address is the localized word for on-link.
fn ipv4(
    line: &Line,
    address: Ipv4Addr,
    mask: Ipv4Addr,
    rest: &[&str],
) -> Result<PrintedRow, LineError> {
    let prefix = mask_length(mask)
        .and_then(|length| IpNet::new(address.into(), length).ok())
        .ok_or_else(|| {
            LineError::new(format!("invalid mask `{mask}`"), "ones followed by zeros")
        })?;
    let row = |next_hop, dev, metric, is_active| PrintedRow {
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
            let interface = interface.parse::<IpAddr>().map(InterfaceRef::Address).ok();
            let metric = complete(metric)?;
            Ok(row(gateway_of(gateway)?, interface, Some(metric), true))
        }
        [gateway, _, ..] if gateway.parse::<Ipv4Addr>().is_ok() => {
            // A metric that is not a number is the localized word for the default.
            let metric = rest[1].parse().ok();
            Ok(row(next_hop(gateway)?, None, metric, false))
        }
        _ => Err(LineError::new(
            "missing gateway, interface or metric",
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
) -> Result<PrintedRow, LineError> {
    let expected = "interface index, metric, prefix and gateway";
    let invalid = |text: &str| LineError::new(format!("invalid number `{text}`"), expected);
    let dev = dev.parse().map_err(|_| invalid(dev))?;
    let metric = metric.parse().map_err(|_| invalid(metric))?;
    if gateway.is_empty() {
        return Err(LineError::new("missing gateway", expected));
    }
    Ok(PrintedRow {
        line: line.clone(),
        prefix: super::address::prefix(prefix)?,
        next_hop: gateway_of(gateway)?,
        dev: (dev != 0).then_some(InterfaceRef::Index(dev)),
        // A persistent route has neither an interface nor its metric.
        metric: (metric != u32::MAX).then_some(metric),
        is_active: dev != 0 && metric != u32::MAX,
    })
}

/// The gateway. Words without a digit are the localized words for on-link.
fn gateway_of(words: &[&str]) -> Result<NextHop, LineError> {
    let has_digit = |word: &&str| word.contains(|letter: char| letter.is_ascii_digit());
    match words {
        [address] if address.contains(':') || has_digit(address) => next_hop(address),
        words if words.iter().any(has_digit) => Err(LineError::new(
            format!("invalid gateway `{}`", words.join(" ")),
            "an address, or `On-link`",
        )),
        _ => Ok(NextHop::OnLink),
    }
}

fn complete(metric: &str) -> Result<u32, LineError> {
    metric
        .parse()
        .map_err(|_| LineError::new(format!("invalid metric `{metric}`"), "a number"))
}

/// The routes that Windows adds for each local address: to the address, to its network and to its
/// broadcast address.
struct SystemRoutes {
    /// The interfaces and their addresses.
    addresses: Vec<(InterfaceRef, IpAddr)>,
    /// The interfaces and the networks of their addresses.
    networks: Vec<(InterfaceRef, IpNet)>,
}

impl SystemRoutes {
    fn of(rows: &[PrintedRow]) -> Self {
        let on_link = || rows.iter().filter(|row| row.next_hop == NextHop::OnLink);
        let addresses: Vec<_> = on_link()
            .filter_map(|row| match row.dev.clone()? {
                dev @ InterfaceRef::Address(address) => Some((dev, address)),
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

    fn contains(&self, row: &PrintedRow) -> bool {
        let address = row.prefix.addr();
        let is_special = address.is_multicast()
            || address.is_loopback()
            || address == IpAddr::V4(Ipv4Addr::BROADCAST);
        if is_special || row.next_hop != NextHop::OnLink {
            return is_special;
        }
        let Some(dev) = &row.dev else {
            return false;
        };
        let is_same_dev = |other: &InterfaceRef| other == dev;
        if is_host(row.prefix) {
            self.addresses
                .iter()
                .any(|(other, own)| is_same_dev(other) && *own == address)
                || self.networks.iter().any(|(other, network)| {
                    is_same_dev(other)
                        && [network.network(), network.broadcast()].contains(&address)
                })
        } else {
            self.networks
                .iter()
                .any(|(other, network)| is_same_dev(other) && *network == row.prefix)
        }
    }
}

fn is_host(prefix: IpNet) -> bool {
    prefix.prefix_len() == prefix.max_prefix_len()
}
