//! The change of a line, before interfaces and routes are looked up.

use std::net::IpAddr;

use ipforward::{IpNet, NextHop, RouteProtocol};

use super::line::Line;

/// The change that a line describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineChange {
    pub(super) line: Line,
    pub(super) verb: Verb,
    pub(super) prefix: IpNet,
    /// `None` if the line does not give it.
    pub(super) next_hop: Option<NextHop>,
    pub(super) dev: Option<InterfaceRef>,
    pub(super) metric: Option<Metric>,
    pub(super) protocol: Option<RouteProtocol>,
    /// The valid lifetime in seconds, if finite.
    pub(super) expires: Option<u32>,
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
}

/// The name of an interface in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InterfaceRef {
    Name(String),
    Index(u32),
    /// An address of the interface.
    Address(IpAddr),
}

/// A metric of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    /// The route's own metric.
    Own(u32),
    /// The complete metric, with that of the interface.
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
        }
    }
}
