//! Formats of Linux, and of routing daemons on it.

pub(super) mod frr;
mod ip;
pub(super) mod ip_batch;
mod ip_command;
pub(super) mod ip_json;
pub(super) mod ip_route;
mod net_tools;
mod protocol;
pub(super) mod route_n;
mod shell;
