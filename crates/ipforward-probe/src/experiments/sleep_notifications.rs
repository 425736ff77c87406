//! The notifications of routes that the stack loses while the system sleeps.

use nt_netio_profile::SleepNotifications;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Creates a route, has the computer sleep, and looks for the route and for notifications.
pub(super) struct LoseRouteInSleep;

impl Experiment for LoseRouteInSleep {
    type Behaviour = SleepNotifications;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let mut watch = context.stack.watch()?;
        let route = context.create(context.row(17))?;
        if !watch.wait_until_added(&route.row)? {
            return Err(Unknown::not_observable("no notification of the route came"));
        }
        context.operator.sleep()?;
        let is_there = context.stack.get_route(&route.row).is_ok();
        let after = watch.changes_of(&route.row)?;
        // A route that is there was lost if it was added again: the driver restores what it leases.
        match (after.removed, is_there && !after.added) {
            (true, _) => Ok(SleepNotifications::Notified),
            (false, false) => Ok(SleepNotifications::Silent),
            (false, true) => Err(Unknown::not_observable("the sleep did not lose the route")),
        }
    }
}
