//! Routes as JSON.

use ipforward::{Route, RouteFlags, RouteKey};
use serde::Serialize;

/// The keys of a route.
#[derive(Debug, Serialize)]
pub(crate) struct JsonKey {
    destination: String,
    /// `null` if the route is on-link.
    next_hop: Option<String>,
    interface_index: Option<u32>,
    /// A text, since a JSON number does not hold 64 bits everywhere.
    interface_luid: Option<String>,
}

/// A whole route.
#[derive(Debug, Serialize)]
pub(super) struct JsonRoute {
    #[serde(flatten)]
    key: JsonKey,
    /// `null` if it is left to the stack.
    metric: Option<u32>,
    protocol: String,
    origin: String,
    age: u32,
    site_prefix_length: u8,
    /// Seconds; `null` for ever.
    valid_lifetime: Option<u32>,
    /// Seconds; `null` for ever.
    preferred_lifetime: Option<u32>,
    flags: Vec<String>,
}

impl From<&RouteKey> for JsonKey {
    fn from(key: &RouteKey) -> Self {
        let luid = key.interface.luid();
        Self {
            destination: key.destination.to_string(),
            next_hop: key.next_hop.address().map(|_| key.next_hop.to_string()),
            interface_index: key.interface.index(),
            interface_luid: luid.map(|luid| format!("0x{luid:016x}")),
        }
    }
}

impl From<&Route> for JsonRoute {
    fn from(route: &Route) -> Self {
        Self {
            key: JsonKey::from(&route.key()),
            metric: (route.metric != Route::METRIC_UNSPECIFIED).then_some(route.metric),
            protocol: route.protocol.to_string(),
            origin: route.origin.to_string(),
            age: route.age,
            site_prefix_length: route.site_prefix_length,
            valid_lifetime: route.valid_lifetime.seconds(),
            preferred_lifetime: route.preferred_lifetime.seconds(),
            flags: flags(route.flags),
        }
    }
}

fn flags(flags: RouteFlags) -> Vec<String> {
    flags
        .iter_names()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect()
}
