//! Interfaces as JSON.

use ipforward::{AddressFamily, IpInterface};
use serde::Serialize;

use super::json::{JsonInterface, flag_names};

/// One family on an interface.
#[derive(Debug, Serialize)]
pub(crate) struct JsonIpInterface {
    #[serde(flatten)]
    interface: JsonInterface,
    alias: Option<String>,
    family: &'static str,
    metric: u32,
    automatic_metric: bool,
    default_routes: bool,
    connected: bool,
    mtu: u32,
    flags: Vec<String>,
}

impl JsonIpInterface {
    pub(crate) fn new(row: &IpInterface, alias: Option<String>) -> Self {
        Self {
            interface: row.interface.into(),
            alias,
            family: family_name(row.family),
            metric: row.metric,
            automatic_metric: row.has_automatic_metric(),
            default_routes: row.uses_default_routes(),
            connected: row.is_connected(),
            mtu: row.mtu,
            flags: flag_names(row.flags.iter_names()),
        }
    }
}

/// The name of a family.
pub(crate) const fn family_name(family: AddressFamily) -> &'static str {
    match family {
        AddressFamily::IPV4 => "IPv4",
        _ => "IPv6",
    }
}
