//! The reported changes, as an experiment waits for them.

use std::time::{Duration, Instant};

use ipforward::abi::IpAddressPrefix;

use crate::call_error::CallError;
use crate::context::ScratchRoute;
use crate::probed_stack::{ProbedStack, ReportedChange, ReportedKind, RouteWatch};
use crate::unknown::Unknown;

/// How long a notification may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The changes that a stack reports.
pub(crate) struct ReportedChanges(Box<dyn RouteWatch>);

impl ReportedChanges {
    /// Begins to record changes.
    pub(crate) fn begin(stack: &dyn ProbedStack) -> Result<Self, CallError> {
        stack.watch().map(Self)
    }

    /// What was reported since the last call of a method.
    pub(crate) fn take(&mut self) -> Result<Vec<ReportedChange>, CallError> {
        self.0.poll()
    }

    /// Waits until the stack has reported that each of the routes was added. Returns all that it has
    /// reported since the last call of a method.
    pub(crate) fn wait_until_added(
        &mut self,
        routes: &[ScratchRoute<'_>],
    ) -> Result<Vec<ReportedChange>, Unknown> {
        let begun = Instant::now();
        let mut reported = Vec::new();
        loop {
            reported.extend(self.take()?);
            let mut routes = routes.iter();
            if routes.all(|route| is_added(&reported, &route.row.destination_prefix)) {
                return Ok(reported);
            }
            if begun.elapsed() > TIME_LIMIT {
                return Err(Unknown::not_observable("no notification of the route came"));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

fn is_added(reported: &[ReportedChange], destination: &IpAddressPrefix) -> bool {
    let mut reported = reported.iter();
    reported.any(|change| change.is(ReportedKind::Added, destination))
}

impl ReportedChange {
    /// True if this happened to the route to that destination.
    pub(crate) fn is(&self, kind: ReportedKind, destination: &IpAddressPrefix) -> bool {
        self.kind == kind && self.destination == *destination
    }
}
