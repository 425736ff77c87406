//! The status when the route to get, set or delete is absent.

use ipforward::abi::NtStatus;
use nt_netio_profile::{AbsentRouteStatus, Behaviour};

use super::Experiment;
use crate::context::{ExperimentContext, value_of_status};
use crate::unknown::Unknown;

const STATUSES: &[(NtStatus, AbsentRouteStatus)] = &[
    (NtStatus::NOT_FOUND, AbsentRouteStatus::NotFound),
    (
        NtStatus::OBJECT_NAME_NOT_FOUND,
        AbsentRouteStatus::ObjectNameNotFound,
    ),
];

/// Gets, sets and deletes a route that is not there.
pub(super) struct UseAbsentRoute;

impl Experiment for UseAbsentRoute {
    type Behaviour = AbsentRouteStatus;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        let row = context.row(5);
        let value = |call, outcome| value_of_status(call, outcome, STATUSES);
        let get = value("get", context.stack.get_route(&row).map(drop))?;
        let set = value("set", context.stack.set_route(&row))?;
        let delete = value("delete", context.stack.delete_route(&row))?;
        if get == set && set == delete {
            return Ok(get);
        }
        Err(Unknown::Unexpected(format!(
            "the calls differ: get {}, set {}, delete {}",
            get.text(),
            set.text(),
            delete.text()
        )))
    }
}
