//! The routes that the stack loses while the system sleeps, and their notifications.

use nt_netio_profile::SleepLosses;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::probed_stack::ReportedKind;
use crate::reported_changes::ReportedChanges;
use crate::unknown::Unknown;

/// Creates a route, has the computer sleep, and looks for the route and for notifications.
pub(super) struct LoseRouteInSleep;

impl Experiment for LoseRouteInSleep {
    type Behaviour = SleepLosses;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let mut changes = ReportedChanges::begin(context.stack)?;
        let routes = [context.create(context.row(17))?];
        changes.wait_until_added(&routes)?;
        context.operator.sleep()?;
        let row = &routes[0].row;
        let is_there = context.stack.get_route(row).is_ok();
        let reported = changes.take()?;
        let has = |kind| {
            let mut reported = reported.iter();
            reported.any(|change| change.is(kind, &row.destination_prefix))
        };
        // A removal that is notified when the route is there again is reported as a change.
        let is_notified = has(ReportedKind::Removed) || has(ReportedKind::Changed);
        // A route that is there was lost if it was added again: the driver restores what it leases.
        let is_kept = is_there && !has(ReportedKind::Added);
        match (is_notified, is_kept) {
            (true, _) => Ok(SleepLosses::Notified),
            (false, false) => Ok(SleepLosses::Silent),
            (false, true) => Ok(SleepLosses::None),
        }
    }
}
