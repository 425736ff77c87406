//! A diagnosis as JSON.

use ipforward::{Diagnosis, RouteWithMetric};
use serde::Serialize;

use super::json::JsonRoute;
use crate::diagnosis::RouteDiagnosis;

/// The rule that a route breaks.
#[derive(Debug, Serialize)]
pub(crate) struct JsonDiagnosis {
    name: &'static str,
    /// The member of `MIB_IPFORWARD_ROW2`.
    member: Option<&'static str>,
    /// The rule as text.
    rule: String,
    /// The largest valid value.
    limit: Option<u32>,
    /// The prefix without host bits.
    meant: Option<String>,
    /// The existing route with the same key.
    existing: Option<JsonRoute>,
    /// True if routectl found the cause itself, because the driver does not explain.
    probable: bool,
}

impl From<&RouteDiagnosis> for JsonDiagnosis {
    fn from(diagnosis: &RouteDiagnosis) -> Self {
        Self {
            name: diagnosis.name(),
            member: diagnosis.diagnosis.member(),
            rule: diagnosis.to_string(),
            limit: diagnosis.diagnosis.limit(),
            meant: match diagnosis.diagnosis {
                Diagnosis::HostBits { meant } => Some(meant.to_string()),
                _ => None,
            },
            existing: diagnosis
                .existing()
                .map(|route| JsonRoute::from(&RouteWithMetric::new(*route, None))),
            probable: diagnosis.is_local,
        }
    }
}
