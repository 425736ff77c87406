//! What a line says, before anything is looked up.

use std::net::IpAddr;

use ipforward::{IpNet, NextHop, RouteProtocol};

use super::line::Line;

/// One change, as a line says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) line: Line,
    pub(super) verb: Verb,
    pub(super) prefix: IpNet,
    /// `None` if it is not said.
    pub(super) next_hop: Option<NextHop>,
    pub(super) dev: Option<Dev>,
    pub(super) metric: Option<Metric>,
    pub(super) protocol: Option<RouteProtocol>,
    /// How many seconds the route stays, if it ends.
    pub(super) expires: Option<u32>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Create a route that is not there.
    Add,
    /// Change a route that is there.
    Change,
    /// Create or change.
    Replace,
    Delete,
}

/// An interface as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dev {
    Name(String),
    Index(u32),
    /// By an address that it has.
    Address(IpAddr),
}

/// A metric, and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    /// The route's own.
    Own(u32),
    /// That of the interface included.
    Complete(u32),
}

impl Said {
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
        }
    }
}
