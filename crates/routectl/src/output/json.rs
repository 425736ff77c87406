//! Routes as JSON.

use ipforward::{Interface, Route, RouteFlags, RouteKey, RouteWithMetric};
use serde::Serialize;

/// The key of a route.
#[derive(Debug, Serialize)]
pub(crate) struct JsonKey {
    destination: String,
    /// `null` if the route is on-link.
    next_hop: Option<String>,
    #[serde(flatten)]
    interface: JsonInterface,
}

/// An interface by its known names.
#[derive(Debug, Serialize)]
pub(crate) struct JsonInterface {
    interface_index: Option<u32>,
    /// A string, since not every JSON parser keeps 64 bits of a number.
    interface_luid: Option<String>,
}

/// A whole route.
#[derive(Debug, Serialize)]
pub(crate) struct JsonRoute {
    #[serde(flatten)]
    key: JsonKey,
    #[serde(flatten)]
    members: JsonMembers,
    /// `null` if unknown.
    interface_metric: Option<u32>,
    /// The sum of both metrics; `null` if one is unknown.
    complete_metric: Option<u64>,
    origin: String,
    age: u32,
}

/// The members of a route besides its key that can be set.
#[derive(Debug, Serialize)]
pub(crate) struct JsonMembers {
    /// `null` if the stack chooses it.
    metric: Option<u32>,
    protocol: String,
    site_prefix_length: u8,
    /// Seconds; `null` if infinite.
    valid_lifetime: Option<u32>,
    /// Seconds; `null` if infinite.
    preferred_lifetime: Option<u32>,
    flags: Vec<String>,
}

/// A member that has changed, with its values as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct MemberChange {
    pub(crate) member: &'static str,
    pub(crate) old: String,
    pub(crate) new: String,
}

impl From<&RouteKey> for JsonKey {
    fn from(key: &RouteKey) -> Self {
        Self {
            destination: key.destination.to_string(),
            next_hop: key.next_hop.address().map(|_| key.next_hop.to_string()),
            interface: key.interface.into(),
        }
    }
}

impl From<Interface> for JsonInterface {
    fn from(interface: Interface) -> Self {
        Self {
            interface_index: interface.index(),
            interface_luid: interface.luid().map(luid),
        }
    }
}

impl From<&RouteWithMetric> for JsonRoute {
    fn from(entry: &RouteWithMetric) -> Self {
        let route = &entry.route;
        Self {
            key: JsonKey::from(&route.key()),
            members: JsonMembers::from(route),
            interface_metric: entry.interface_metric,
            complete_metric: entry.complete_metric(),
            origin: route.origin.to_string(),
            age: route.age,
        }
    }
}

impl From<&Route> for JsonMembers {
    fn from(route: &Route) -> Self {
        Self {
            metric: (route.metric != Route::METRIC_UNSPECIFIED).then_some(route.metric),
            protocol: route.protocol.to_string(),
            site_prefix_length: route.site_prefix_length,
            valid_lifetime: route.valid_lifetime.seconds(),
            preferred_lifetime: route.preferred_lifetime.seconds(),
            flags: flags(route.flags),
        }
    }
}

fn flags(flags: RouteFlags) -> Vec<String> {
    flag_names(flags.iter_names())
}

/// The names of flags in JSON.
pub(crate) fn flag_names<T>(flags: impl Iterator<Item = (&'static str, T)>) -> Vec<String> {
    flags.map(|(name, _)| name.to_ascii_lowercase()).collect()
}

/// A LUID in JSON.
pub(crate) fn luid(luid: u64) -> String {
    format!("0x{luid:016x}")
}
