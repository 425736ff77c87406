//! The next hop, the interface and the metric for lines that do not give them.

use ipforward::{Interface, IpNet, NextHop};

use super::line::LineError;
use super::line_change::{InterfaceRef, LineChange, Metric};
use super::local_tables::LocalTables;

/// The options of `import` about the places of routes.
#[derive(Clone, Debug, Default)]
pub(super) struct PlaceOptions {
    /// The next hops of `--via`, at most one a family.
    pub(super) via: Vec<NextHop>,
    /// The interface of `--dev`.
    pub(super) dev: Option<Interface>,
    pub(super) metric: Option<u32>,
    /// True if the deletion of a route that does not exist is no error.
    pub(super) absent_ok: bool,
}

/// Where a route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoutePlace {
    pub(super) next_hop: NextHop,
    pub(super) interface: Interface,
    /// The metric of `--metric`, if it applies to the line.
    pub(super) metric: Option<Metric>,
}

impl PlaceOptions {
    /// The next hop and the interface of a line: its own, else those of the options, else those that
    /// follow from the tables.
    pub(super) fn place_of(
        &self,
        tables: &LocalTables,
        change: &LineChange,
        notes: &mut Vec<String>,
    ) -> Result<RoutePlace, LineError> {
        let has_no_place = change.next_hop.is_none() && change.dev.is_none();
        let via = match change.next_hop {
            None if has_no_place || change.is_listed => self.via_of(change.prefix)?,
            given => given,
        };
        let stated = match &change.dev {
            Some(InterfaceRef::OptionalAddress(_)) if self.dev.is_some() => self.dev,
            Some(dev) => Some(tables.interface(dev)?),
            None => self.dev,
        };
        let next_hop = via.unwrap_or(NextHop::OnLink);
        check_family(change.prefix, next_hop)?;
        let interface = stated
            .or_else(|| tables.link_of(next_hop))
            .ok_or_else(|| no_interface(change, next_hop))?;
        check_scope(next_hop, interface)?;
        let effective = tables.effective(next_hop, Some(interface));
        if effective != next_hop {
            notes.push(format!(
                "the next hop {next_hop} is an address of interface {interface} itself: imported \
                 as an on-link route"
            ));
        }
        let metric = match change.metric {
            None => self.metric.map(Metric::Own),
            Some(_) => None,
        };
        Ok(RoutePlace {
            next_hop: effective,
            interface,
            metric,
        })
    }

    fn via_of(&self, prefix: IpNet) -> Result<Option<NextHop>, LineError> {
        let is_ipv6 = prefix.addr().is_ipv6();
        let of_family = |hop: &NextHop| {
            hop.address()
                .is_none_or(|address| address.is_ipv6() == is_ipv6)
        };
        let found = self.via.iter().copied().find(of_family);
        if found.is_none() && !self.via.is_empty() {
            let family = if is_ipv6 { "IPv6" } else { "IPv4" };
            return Err(LineError::new(
                format!("no --via has an {family} address for {prefix}"),
                format!("another --via with an {family} address; --via can be given twice"),
            ));
        }
        Ok(found)
    }
}

fn check_family(prefix: IpNet, next_hop: NextHop) -> Result<(), LineError> {
    match next_hop.address() {
        Some(address) if address.is_ipv6() != prefix.addr().is_ipv6() => {
            let (of_hop, of_prefix) = if address.is_ipv6() {
                ("IPv6", "IPv4")
            } else {
                ("IPv4", "IPv6")
            };
            Err(LineError::unsupported(
                format!("an {of_prefix} route with the {of_hop} next hop {address}"),
                format!("an {of_prefix} address; Windows has no other next hops"),
            ))
        }
        _ => Ok(()),
    }
}

/// An error if the scope of a next hop is not the interface.
fn check_scope(next_hop: NextHop, interface: Interface) -> Result<(), LineError> {
    match (next_hop, interface.index()) {
        (NextHop::Gateway { scope_id, address }, Some(index))
            if scope_id != 0 && scope_id != index =>
        {
            Err(LineError::new(
                format!("the next hop {next_hop} is on another interface than {index}"),
                format!("{address}%{index}, or {address} without a scope"),
            ))
        }
        _ => Ok(()),
    }
}

fn no_interface(change: &LineChange, next_hop: NextHop) -> LineError {
    match next_hop {
        NextHop::OnLink if change.is_listed => LineError::new(
            "the file gives neither a next hop nor an interface",
            "the options --via 192.0.2.1 or --dev 7, or both",
        ),
        NextHop::OnLink if change.next_hop.is_some() => LineError::new(
            "an on-link route without an interface",
            "the option --dev 7, or a line with an interface",
        ),
        NextHop::OnLink => LineError::new(
            "missing next hop and interface",
            "one of them, or the options --via and --dev",
        ),
        NextHop::Gateway { .. } => LineError::new(
            format!("the next hop {next_hop} is not on the link of a local interface"),
            "an interface as well (dev eth0, if 7), or the option --dev",
        ),
    }
}

impl InterfaceRef {
    /// The name as the file writes it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Index(index) | Self::EitherIndex { decimal: index, .. } => index.to_string(),
            Self::Address(address) | Self::OptionalAddress(address) => address.to_string(),
        }
    }
}
