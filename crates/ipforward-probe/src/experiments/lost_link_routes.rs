//! The routes of an interface that loses its link.

use ipforward::abi::NtStatus;
use nt_netio_profile::LostLinkRoutes;

use super::Experiment;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

/// Creates a route, has the cable pulled out, and looks for the route.
pub(super) struct PullCableOut;

impl Experiment for PullCableOut {
    type Behaviour = LostLinkRoutes;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        if !context.interface.is_connected() {
            return Err(Unknown::not_observable("the interface has no link to lose"));
        }
        let route = context.create(context.row(15))?;
        context.operator.set_link(&context.interface, false)?;
        let found = context.stack.get_route(&route.row);
        let value = match found {
            Ok(_) => Ok(LostLinkRoutes::Kept),
            Err(error)
                if error.may_be(NtStatus::NOT_FOUND)
                    || error.may_be(NtStatus::OBJECT_NAME_NOT_FOUND) =>
            {
                Ok(LostLinkRoutes::Removed)
            }
            Err(error) => Err(Unknown::from(error)),
        };
        context.operator.set_link(&context.interface, true)?;
        value
    }
}
