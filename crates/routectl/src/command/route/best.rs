//! `routectl route get ADDRESS`: the route that a packet would take, and the reason.

use std::io::{self, Write};
use std::net::IpAddr;

use ipforward::{Access, Destination, Device, Error, NextHop, Route, RouteWithMetric};
use serde::Serialize;

use super::best_route_reason::BestRouteReason;
use crate::cli::Cli;
use crate::error::CommandError;
use crate::output::{CommandOutput, JsonRoute, complete_metric, wrapped, write_json};

/// The best route to an address.
#[derive(Debug)]
pub(super) struct BestRouteReport {
    address: IpAddr,
    source: Option<IpAddr>,
    route: RouteWithMetric,
    /// `None` if the tables cannot be read.
    reason: Option<BestRouteReason>,
}

#[derive(Debug, Serialize)]
struct JsonBestRoute {
    address: String,
    source: Option<String>,
    route: JsonRoute,
    /// `null` if the tables cannot be read.
    reason: Option<JsonReason>,
}

#[derive(Debug, Serialize)]
struct JsonReason {
    decided_by: &'static str,
    matching: usize,
    unused: usize,
    next: Option<JsonRoute>,
    text: String,
}

pub(super) fn run(cli: &Cli, to: &Destination) -> Result<BestRouteReport, CommandError> {
    let device = super::open(cli, Access::ReadOnly)?;
    let best = device
        .find_best_route(*to)
        .map_err(|error| CommandError::of_destination(&device, error, to))?;
    let reason = reason(&device, &best.route, to)?;
    Ok(BestRouteReport {
        address: to.address,
        source: best.source,
        route: match &reason {
            Some(reason) => reason.chosen,
            None => device.with_metric(best.route)?,
        },
        reason,
    })
}

/// Why the route is the best; `None` if the stack does not list its tables.
fn reason(
    device: &Device,
    best: &Route,
    to: &Destination,
) -> Result<Option<BestRouteReason>, Error> {
    let tables = device
        .routes(best.family())
        .and_then(|routes| Ok((routes, device.interfaces(best.family())?)));
    match tables {
        Ok((routes, interfaces)) => Ok(Some(BestRouteReason::new(best, to, &routes, &interfaces))),
        Err(Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl CommandOutput for BestRouteReport {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let route = &self.route.route;
        match route.next_hop {
            NextHop::OnLink => write!(out, "{} on-link", self.address)?,
            gateway @ NextHop::Gateway { .. } => write!(out, "{} via {gateway}", self.address)?,
        }
        write!(out, " dev {}", route.interface)?;
        match self.source {
            Some(source) => write!(out, " from {source}")?,
            None => write!(out, " from no usable address")?,
        }
        writeln!(out, " metric {}", complete_metric(&self.route))?;
        match &self.reason {
            Some(reason) => writeln!(out, "{}", wrapped(&reason.to_string())),
            None => writeln!(
                out,
                "{}: no reason, the tables cannot be read",
                route.destination
            ),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let best = JsonBestRoute {
            address: self.address.to_string(),
            source: self.source.map(|source| source.to_string()),
            route: JsonRoute::from(&self.route),
            reason: self.reason.map(|reason| JsonReason {
                decided_by: reason.decided_by.name(),
                matching: reason.matching,
                unused: reason.disconnected + reason.ignored_defaults,
                next: reason.next.as_ref().map(JsonRoute::from),
                text: reason.to_string(),
            }),
        };
        write_json(out, &best)
    }
}
