//! `routectl route get ADDRESS`: the route that a packet would take, and why.

use std::io::{self, Write};
use std::net::IpAddr;

use ipforward::{Access, Destination, Device, Error, NextHop, Route, RouteWithMetric};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::choice::Choice;
use crate::failure::Failure;
use crate::output::{Answer, JsonRoute, complete_metric, write_json};

/// The best route to an address.
#[derive(Debug)]
pub(super) struct Best {
    address: IpAddr,
    source: Option<IpAddr>,
    route: RouteWithMetric,
    /// Why it is the best; `None` if the tables cannot be read.
    choice: Option<Choice>,
}

#[derive(Debug, Serialize)]
struct JsonBest {
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
    idle: usize,
    next: Option<JsonRoute>,
    text: String,
}

pub(super) fn run(arguments: &Arguments, to: &Destination) -> Result<Best, Failure> {
    let device = super::open(arguments, Access::ReadOnly)?;
    let best = device
        .find_best_route(*to)
        .map_err(|error| Failure::on_the_way_to(&device, error, to))?;
    let choice = choice(&device, &best.route, to)?;
    Ok(Best {
        address: to.address,
        source: best.source,
        route: match &choice {
            Some(choice) => choice.chosen,
            None => device.with_metric(best.route)?,
        },
        choice,
    })
}

/// Why the route is the best. A stack that does not show its tables leaves that open.
fn choice(device: &Device, best: &Route, to: &Destination) -> Result<Option<Choice>, Error> {
    let tables = device
        .routes(best.family())
        .and_then(|routes| Ok((routes, device.interfaces(best.family())?)));
    match tables {
        Ok((routes, interfaces)) => Ok(Some(Choice::explain(best, to, &routes, &interfaces))),
        Err(Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Answer for Best {
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
        match &self.choice {
            Some(choice) => writeln!(out, "{choice}"),
            None => writeln!(out, "{}: the tables do not say why", route.destination),
        }
    }

    fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let best = JsonBest {
            address: self.address.to_string(),
            source: self.source.map(|source| source.to_string()),
            route: JsonRoute::from(&self.route),
            reason: self.choice.map(|choice| JsonReason {
                decided_by: choice.decided_by.name(),
                matching: choice.matching,
                idle: choice.idle,
                next: choice.next.as_ref().map(JsonRoute::from),
                text: choice.to_string(),
            }),
        };
        write_json(out, &best)
    }
}
