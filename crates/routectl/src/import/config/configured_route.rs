//! A route of a configuration: keys with values.

use ipforward::{IpNet, NextHop};

use crate::import::address::{is_address, metric, next_hop, prefix};
use crate::import::line::{Line, LineError, LineKind};
use crate::import::line_change::{InterfaceRef, LineChange, Metric, Verb};

/// The keys of a route, by what they mean.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfiguredRoute {
    pub(super) line: Line,
    pub(super) destination: Option<String>,
    pub(super) gateway: Option<String>,
    pub(super) metric: Option<String>,
    /// The type, such as `blackhole`.
    pub(super) kind: Option<String>,
    pub(super) table: Option<String>,
    pub(super) source: Option<String>,
    pub(super) scope: Option<String>,
}

impl ConfiguredRoute {
    /// The change, on the interface of the section.
    pub(super) fn change(&self, dev: Option<&str>) -> Result<LineChange, LineError> {
        match self.kind.as_deref() {
            None | Some("unicast") => {}
            Some(kind @ ("blackhole" | "unreachable" | "prohibit" | "throw")) => {
                return Err(LineError::discard(kind));
            }
            Some(kind) => {
                let error = format!("unsupported type `{kind}`");
                return Err(LineError::unsupported(error, "a unicast route"));
            }
        }
        if let Some(table) = self.table.as_deref().filter(|table| !is_main(table)) {
            let expected = "a route of the main table; Windows has one table";
            return Err(
                LineError::new(format!("unsupported table `{table}`"), expected)
                    .of_kind(LineKind::OtherTable),
            );
        }
        if let Some(source) = &self.source {
            let expected = "a route for all sources; Windows has no routes by source";
            return Err(LineError::unsupported(
                format!("a route from `{source}`"),
                expected,
            ));
        }
        let gateway = self.gateway.as_deref().map(gateway).transpose()?;
        let destination = self.destination(gateway)?;
        Ok(LineChange {
            next_hop: gateway.or_else(|| self.on_link()),
            dev: dev.map(|dev| InterfaceRef::Name(dev.to_owned())),
            metric: self
                .metric
                .as_deref()
                .map(metric)
                .transpose()?
                .map(Metric::Own),
            ..LineChange::new(&self.line, Verb::Replace, destination)
        })
    }

    fn on_link(&self) -> Option<NextHop> {
        let is_link = self
            .scope
            .as_deref()
            .is_some_and(|scope| matches!(scope, "link" | "host"));
        is_link.then_some(NextHop::OnLink)
    }

    /// The destination; without one it is the default route of the gateway's family.
    fn destination(&self, gateway: Option<NextHop>) -> Result<IpNet, LineError> {
        let is_ipv6 = gateway
            .and_then(NextHop::address)
            .is_some_and(|address| address.is_ipv6());
        let default = if is_ipv6 { "::/0" } else { "0.0.0.0/0" };
        match self.destination.as_deref() {
            Some("default") => prefix(default),
            Some(text) => prefix(text),
            None if gateway.is_some() => prefix(default),
            None => Err(LineError::new(
                "missing destination and gateway",
                "one of them, or both",
            )),
        }
    }
}

fn is_main(table: &str) -> bool {
    matches!(table, "main" | "254" | "default" | "253")
}

fn gateway(text: &str) -> Result<NextHop, LineError> {
    if is_address(text) {
        return next_hop(text);
    }
    if !text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        return next_hop(text);
    }
    Err(LineError::unsupported(
        format!("the gateway `{text}` depends on the state of the computer"),
        "an address (192.0.2.1)",
    ))
}
