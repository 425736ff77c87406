//! A cause as JSON.

use ipforward::{Diagnosis, RouteWithMetric};
use serde::Serialize;

use super::json::JsonRoute;
use crate::cause::Cause;

/// The rule that a route breaks.
#[derive(Debug, Serialize)]
pub(crate) struct JsonCause {
    name: &'static str,
    /// The member of `MIB_IPFORWARD_ROW2`.
    member: Option<&'static str>,
    /// The rule in words.
    rule: String,
    /// The largest value that would be right.
    limit: Option<u32>,
    /// The prefix that was probably meant.
    meant: Option<String>,
    /// The route in the way.
    existing: Option<JsonRoute>,
    /// Whether this is not the driver's word.
    guessed: bool,
}

impl From<&Cause> for JsonCause {
    fn from(cause: &Cause) -> Self {
        Self {
            name: cause.name(),
            member: cause.diagnosis.member(),
            rule: cause.to_string(),
            limit: cause.diagnosis.limit(),
            meant: match cause.diagnosis {
                Diagnosis::HostBits { meant } => Some(meant.to_string()),
                _ => None,
            },
            existing: cause
                .existing()
                .map(|route| JsonRoute::from(&RouteWithMetric::new(*route, None))),
            guessed: cause.guessed,
        }
    }
}
