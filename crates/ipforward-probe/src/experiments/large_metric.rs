//! A metric of all ones, or above 0x7FFFFFFF.

use ipforward::abi::MibIpForwardRow2;
use ipforward::abi::route::{METRIC_MAX, UNSPECIFIED};
use nt_netio_profile::LargeMetric;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// The metric that a route reads which was created with this one; `None` if it is refused.
fn stored_metric(
    context: &ExperimentContext<'_>,
    number: u8,
    metric: u32,
) -> Result<Option<u32>, Unknown> {
    let row = MibIpForwardRow2 {
        metric,
        ..context.row(number)
    };
    if !context.accepts(row)? {
        return Ok(None);
    }
    let route = context.create(row)?;
    Ok(Some(context.stack.get_route(&route.row)?.metric))
}

fn text(metric: Option<u32>) -> String {
    metric.map_or("refused".to_owned(), |metric| metric.to_string())
}

/// Creates a route with each, and reads its metric.
pub(super) struct CreateWithLargeMetrics;

impl Experiment for CreateWithLargeMetrics {
    type Behaviour = LargeMetric;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let not_given = stored_metric(context, 12, UNSPECIFIED)?;
        let too_large = stored_metric(context, 13, METRIC_MAX + 1)?;
        match (not_given, too_large) {
            (Some(UNSPECIFIED), Some(large)) if large == METRIC_MAX + 1 => Ok(LargeMetric::Stored),
            (Some(..=METRIC_MAX), None) => Ok(LargeMetric::Checked),
            (not_given, too_large) => Err(Unknown::Unexpected(format!(
                "all ones read {}, 0x80000000 reads {}",
                text(not_given),
                text(too_large)
            ))),
        }
    }
}
