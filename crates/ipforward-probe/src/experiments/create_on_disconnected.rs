//! `CreateIpForwardEntry2` on a disconnected interface.

use ipforward::abi::NtStatus;
use nt_netio_profile::CreateOnDisconnected;

use super::Experiment;
use crate::call_error::CallError;
use crate::context::ExperimentContext;
use crate::unknown::Unknown;

fn create(context: &ExperimentContext<'_>) -> Result<CreateOnDisconnected, Unknown> {
    match context.create(context.row(16)) {
        Ok(_route) => Ok(CreateOnDisconnected::Accepted),
        Err(error) if error.may_be(NtStatus::NETWORK_UNREACHABLE) => {
            Ok(CreateOnDisconnected::Refused)
        }
        Err(error @ CallError::Refused(_)) => Err(Unknown::outcome("create", error)),
        Err(error) => Err(error.into()),
    }
}

/// Has the cable pulled out if it is in, and creates a route.
pub(super) struct CreateWithoutLink;

impl Experiment for CreateWithoutLink {
    type Behaviour = CreateOnDisconnected;

    fn run(context: &ExperimentContext<'_>) -> Result<Self::Behaviour, Unknown> {
        if !context.interface.is_connected() {
            return create(context);
        }
        context.operator.set_link(&context.interface, false)?;
        let value = create(context);
        context.operator.set_link(&context.interface, true)?;
        value
    }
}
