//! Routes as JSON.

use ipforward::{Interface, Route, RouteFlags, RouteKey, RouteWithMetric};
use serde::Serialize;

/// The keys of a route.
#[derive(Debug, Serialize)]
pub(crate) struct JsonKey {
    destination: String,
    /// `null` if the route is on-link.
    next_hop: Option<String>,
    #[serde(flatten)]
    interface: JsonInterface,
}

/// An interface by the names that are known.
#[derive(Debug, Serialize)]
pub(crate) struct JsonInterface {
    interface_index: Option<u32>,
    /// A text, since a JSON number does not hold 64 bits everywhere.
    interface_luid: Option<String>,
}

/// A whole route.
#[derive(Debug, Serialize)]
pub(crate) struct JsonRoute {
    #[serde(flatten)]
    key: JsonKey,
    #[serde(flatten)]
    members: JsonMembers,
    /// `null` if it is not known.
    interface_metric: Option<u32>,
    /// The sum of both metrics; `null` if one is not known.
    complete_metric: Option<u64>,
    origin: String,
    age: u32,
}

/// What can be set of a route, beside its keys.
#[derive(Debug, Serialize)]
pub(crate) struct JsonMembers {
    /// `null` if it is left to the stack.
    metric: Option<u32>,
    protocol: String,
    site_prefix_length: u8,
    /// Seconds; `null` for ever.
    valid_lifetime: Option<u32>,
    /// Seconds; `null` for ever.
    preferred_lifetime: Option<u32>,
    flags: Vec<String>,
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
    fn from(route_with_metric: &RouteWithMetric) -> Self {
        let route = &route_with_metric.route;
        Self {
            key: JsonKey::from(&route.key()),
            members: JsonMembers::from(route),
            interface_metric: route_with_metric.interface_metric,
            complete_metric: route_with_metric.complete_metric(),
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

/// The names of flags as programs write them.
pub(crate) fn flag_names<T>(flags: impl Iterator<Item = (&'static str, T)>) -> Vec<String> {
    flags.map(|(name, _)| name.to_ascii_lowercase()).collect()
}

/// A LUID as programs write it.
pub(crate) fn luid(luid: u64) -> String {
    format!("0x{luid:016x}")
}
