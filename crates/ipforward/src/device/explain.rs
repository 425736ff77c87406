//! Diagnosing routes.

use abi::operation::call;
use abi::{ExplainRequest, MibIpForwardRow2, NtStatus, Operation};

use super::{Device, parse_row};
use crate::diagnosis::Diagnosis;
use crate::error::{Error, RefusedRoute};
use crate::reason::Reason;
use crate::route::Route;

impl Device {
    /// The documented rule that a route breaks, or the existing route with the same keys
    /// (`EXPLAIN_ROUTE`). Creates nothing, and works on a read-only device.
    ///
    /// With the `status` of the stack's refusal, the driver checks only causes of that status.
    ///
    /// # Errors
    ///
    /// [`Error::HostGone`] if the host went away; [`Error::Malformed`] if the existing route in the
    /// answer is invalid; [`Error::UnknownInterface`] if the route has an unknown alias.
    pub fn explain_route(
        &self,
        route: &Route,
        status: Option<NtStatus>,
    ) -> Result<Diagnosis, Error> {
        self.explain_row(&(&self.resolve_route(route)?).into(), status)
    }

    /// The documented rule that a row breaks, as [`explain_route`](Self::explain_route) finds it for
    /// a route. A row can have errors that a [`Route`] cannot have: no family, or a prefix that is
    /// longer than its address.
    ///
    /// # Errors
    ///
    /// As [`explain_route`](Self::explain_route).
    pub fn explain_row(
        &self,
        row: &MibIpForwardRow2,
        status: Option<NtStatus>,
    ) -> Result<Diagnosis, Error> {
        let answer = self.call::<call::ExplainRoute>(&ExplainRequest {
            row: *row,
            status: status.unwrap_or(NtStatus::SUCCESS).bits(),
            reserved: 0,
        })?;
        parse_row(Operation::ExplainRoute, Diagnosis::read(&answer, row))
    }

    /// The cause of an `error` of a call with `route`: [`Diagnosis::NothingFound`] if the driver
    /// finds no broken rule, `None` if the driver cannot explain. An error of the diagnosis itself
    /// is ignored. Makes no call if the error has the diagnosis of this route already.
    ///
    /// ```no_run
    /// # use ipforward::{Device, Route};
    /// # fn read(device: &Device, route: &Route) {
    /// if let Err(error) = device.get_route(&route.key()) {
    ///     eprintln!("{error}, because of {:?}", device.diagnose(&error, route));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn diagnose(&self, error: &Error, route: &Route) -> Option<Diagnosis> {
        let Error::Refused {
            driver_error,
            route: refused,
            ..
        } = error
        else {
            return None;
        };
        let known = refused.as_ref().filter(|refused| refused.route == *route);
        if let Some(diagnosis) = known.and_then(|refused| refused.diagnosis) {
            return Some(diagnosis);
        }
        let mut answered = None;
        for status in driver_error.statuses() {
            let diagnosis = self.explain_route(route, Some(status)).ok();
            if diagnosis.is_some_and(|diagnosis| diagnosis.is_fault()) {
                return diagnosis;
            }
            answered = answered.or(diagnosis);
        }
        answered
    }

    /// The error of a call for `route`, with the rule that the route breaks if that can be the
    /// reason.
    pub(super) fn explain_error(&self, error: Error, route: &Route) -> Error {
        let diagnosis = match error.reason() {
            Some(
                Reason::InvalidParameter
                | Reason::NotFound
                | Reason::Duplicate
                | Reason::NotSupported,
            ) => self.diagnose(&error, route),
            _ => None,
        };
        error.for_route(RefusedRoute::new(*route, diagnosis))
    }
}
