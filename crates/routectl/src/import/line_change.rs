//! The change of a line, before interfaces and routes are looked up.

use std::net::IpAddr;

use ipforward::{IpNet, NextHop, RouteProtocol};

use super::address::parse_number;
use super::line::Line;

/// The change that a line describes. A member is `None` if the line does not give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineChange {
    pub(super) line: Line,
    pub(super) verb: Verb,
    pub(super) prefix: IpNet,
    pub(super) next_hop: Option<NextHop>,
    pub(super) dev: Option<InterfaceRef>,
    pub(super) metric: Option<Metric>,
    pub(super) protocol: Option<RouteProtocol>,
    /// The valid lifetime in seconds; `u32::MAX` is infinite.
    pub(super) expires: Option<u32>,
    /// The preferred lifetime in seconds; that of `expires` if the line gives only this.
    pub(super) preferred: Option<u32>,
    /// The length of the prefix of the site.
    pub(super) site: Option<u8>,
    pub(super) publish: Option<bool>,
    /// True if the format has no next hop and no interface, so the options give them.
    pub(super) is_listed: bool,
    /// What must hold on this computer for the route to be one of the system; `None` for a route of
    /// a user.
    pub(super) system_route_if: Option<SystemRouteIf>,
}

/// What must hold on this computer for a route of a table to be one that the system adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SystemRouteIf {
    /// The metric that the table shows is 256 besides that of the interface here.
    Metric,
    /// The interface has the prefix itself, or its addresses do not show that it has another one.
    OwnPrefix,
    /// Both.
    MetricAndOwnPrefix,
    /// The system here has added the same route.
    Present,
}

/// The kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Create a route that does not exist.
    Add,
    /// Change an existing route.
    Change,
    /// Create or change.
    Replace,
    Delete,
    /// Delete all routes to the address, with any length and any next hop.
    DeleteAddress,
}

/// The name of an interface in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InterfaceRef {
    Name(String),
    Index(u32),
    /// An index that the file may mean as a decimal or as a hexadecimal number.
    EitherIndex {
        decimal: u32,
        hexadecimal: u32,
    },
    /// An address of the interface.
    Address(IpAddr),
    /// An address of the interface, unless the options give another one.
    OptionalAddress(IpAddr),
}

/// A metric of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    /// The route's own metric.
    Own(u32),
    /// The complete metric, with that of the interface of this computer.
    Complete(u32),
}

impl LineChange {
    pub(super) fn new(line: &Line, verb: Verb, prefix: IpNet) -> Self {
        Self {
            line: line.clone(),
            verb,
            prefix,
            next_hop: None,
            dev: None,
            metric: None,
            protocol: None,
            expires: None,
            preferred: None,
            site: None,
            publish: None,
            is_listed: false,
            system_route_if: None,
        }
    }

    /// A route of a format that has no next hops and no interfaces.
    pub(super) fn listed(line: &Line, prefix: IpNet) -> Self {
        Self {
            is_listed: true,
            ..Self::new(line, Verb::Replace, prefix)
        }
    }
}

impl InterfaceRef {
    /// The interface with this index or this name.
    pub(super) fn index_or_name(text: &str) -> Self {
        match parse_number(text) {
            Some(index) => Self::Index(index),
            None => Self::Name(text.to_owned()),
        }
    }
}
