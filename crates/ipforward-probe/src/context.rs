//! What an experiment works with.

use std::net::{IpAddr, Ipv4Addr};

use ipforward::abi::route::PROTOCOL_NET_MGMT;
use ipforward::abi::{IpAddressPrefix, MibIpForwardRow2, NtStatus};
use nt_netio_profile::Behaviour;

use crate::call_error::CallError;
use crate::operator::Operator;
use crate::probed_stack::ProbedStack;
use crate::scratch_interface::{ScratchInterface, on_link};
use crate::unknown::Unknown;

/// 203.0.113.0/24 (TEST-NET-3), in which all routes of the experiments are.
const NETWORK: [u8; 3] = [203, 0, 113];

/// What an experiment works with.
pub struct ExperimentContext<'a> {
    /// The functions that are asked.
    pub stack: &'a dyn ProbedStack,
    /// The interface of the routes.
    pub interface: ScratchInterface,
    /// What handles the computer.
    pub operator: &'a dyn Operator,
    /// The same in another network compartment, if there is one.
    pub other_compartment: Option<&'a ExperimentContext<'a>>,
}

/// A route of an experiment. Dropping it removes the route.
pub(crate) struct ScratchRoute<'a> {
    stack: &'a dyn ProbedStack,
    pub(crate) row: MibIpForwardRow2,
}

impl ExperimentContext<'_> {
    /// True if this process may not change routes, so that no experiment can be made.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        let outcome = self.create(self.row(0)).map(drop);
        outcome.is_err_and(|error| error.may_be(NtStatus::ACCESS_DENIED))
    }

    /// A row that every stack accepts: an on-link route to one address, for good.
    pub(crate) fn row(&self, number: u8) -> MibIpForwardRow2 {
        MibIpForwardRow2 {
            interface_luid: self.interface.luid(),
            interface_index: self.interface.index(),
            destination_prefix: IpAddressPrefix::new(address(number), 32),
            next_hop: on_link(),
            valid_lifetime: u32::MAX,
            preferred_lifetime: u32::MAX,
            metric: 5,
            protocol: PROTOCOL_NET_MGMT,
            immortal: 1,
            ..MibIpForwardRow2::default()
        }
    }

    /// Creates a route for as long as the result lives.
    pub(crate) fn create(&self, row: MibIpForwardRow2) -> Result<ScratchRoute<'_>, CallError> {
        self.stack.create_route(&row)?;
        Ok(ScratchRoute {
            stack: self.stack,
            row,
        })
    }

    /// As [`create`](Self::create), for several routes, one right after the other.
    pub(crate) fn create_all(
        &self,
        rows: &[MibIpForwardRow2],
    ) -> Result<Vec<ScratchRoute<'_>>, CallError> {
        self.stack.create_routes(rows)?;
        let stack = self.stack;
        let routes = rows.iter().map(|row| ScratchRoute { stack, row: *row });
        Ok(routes.collect())
    }

    /// Creates a route and removes it; tells whether the stack accepts the row, or says that a
    /// parameter is invalid.
    pub(crate) fn accepts(&self, row: MibIpForwardRow2) -> Result<bool, Unknown> {
        match self.create(row) {
            Ok(_removed_again) => Ok(true),
            Err(error) if error.may_be(NtStatus::INVALID_PARAMETER) => Ok(false),
            Err(error @ CallError::Refused(_)) => Err(Unknown::outcome("create", error)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for ScratchRoute<'_> {
    fn drop(&mut self) {
        // An experiment may have removed it, and the stack may have lost it.
        let _ = self.stack.delete_route(&MibIpForwardRow2 {
            next_hop: on_link(),
            ..self.row
        });
    }
}

/// An address of the network of the experiments.
pub(crate) fn address(number: u8) -> IpAddr {
    let [a, b, c] = NETWORK;
    Ipv4Addr::new(a, b, c, number).into()
}

/// The value whose status the refusal has.
pub(crate) fn value_of_status<B: Behaviour>(
    call: &str,
    outcome: Result<(), CallError>,
    values: &[(NtStatus, B)],
) -> Result<B, Unknown> {
    let error = match outcome {
        Ok(()) => return Err(Unknown::outcome(call, "success")),
        Err(error @ CallError::Refused(_)) => error,
        Err(error) => return Err(error.into()),
    };
    let mut possible = values.iter().filter(|(status, _)| error.may_be(*status));
    match (possible.next(), possible.next()) {
        (Some((_, value)), None) => Ok(*value),
        (None, _) => Err(Unknown::outcome(call, error)),
        (Some(_), Some(_)) => Err(Unknown::NotObservable(format!(
            "{error} stands for several statuses: needs the driver"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use ipforward::DriverError;
    use nt_netio_profile::DuplicateStatus;

    use super::*;

    const DUPLICATES: [(NtStatus, DuplicateStatus); 3] = [
        (
            NtStatus::DUPLICATE_OBJECTID,
            DuplicateStatus::DuplicateObjectId,
        ),
        (NtStatus::OBJECTID_EXISTS, DuplicateStatus::ObjectIdExists),
        (
            NtStatus::OBJECT_NAME_COLLISION,
            DuplicateStatus::ObjectNameCollision,
        ),
    ];

    fn value(error: DriverError) -> Result<DuplicateStatus, Unknown> {
        value_of_status("create", Err(CallError::Refused(error)), &DUPLICATES)
    }

    #[test]
    fn a_status_is_a_value_and_a_shared_win32_error_is_none() {
        for (status, expected) in DUPLICATES {
            assert_eq!(value(DriverError::from_status(status)), Ok(expected));
        }
        let collision = Ok(DuplicateStatus::ObjectNameCollision);
        assert_eq!(value(DriverError::from_win32(183)), collision);
        let shared = value(DriverError::from_win32(5010)).unwrap_err();
        assert!(matches!(shared, Unknown::NotObservable(_)), "{shared}");
    }

    #[test]
    fn another_status_and_a_success_are_unexpected() {
        let other = value(DriverError::from_win32(5)).unwrap_err();
        assert!(matches!(other, Unknown::Unexpected(_)), "{other}");
        let success = value_of_status("create", Ok(()), &DUPLICATES).unwrap_err();
        assert_eq!(success.to_string(), "unexpected: create: success");
    }
}
