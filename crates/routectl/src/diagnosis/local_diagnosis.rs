//! The probable cause of a refusal, for a driver that does not explain.

use ipforward::abi::{MibIpForwardRow2, Operation, rules};
use ipforward::{Diagnosis, Error, Reason, Route};

/// The rule that a refused route probably breaks, from the status and the route alone.
pub(super) fn local_diagnosis(error: &Error, route: &Route) -> Option<Diagnosis> {
    let Error::Refused { operation, .. } = error else {
        return None;
    };
    match (error.reason()?, operation) {
        (Reason::InvalidParameter, _) => broken_rule(route),
        (Reason::NotFound, _) if has_no_interface(route) => Some(Diagnosis::InterfaceUnspecified),
        (Reason::NotFound, Operation::CreateRoute) => Some(Diagnosis::InterfaceUnknown),
        (Reason::NotSupported, _) => Some(Diagnosis::FamilyWithoutStack),
        _ => None,
    }
}

fn broken_rule(route: &Route) -> Option<Diagnosis> {
    Some(Diagnosis::of_refused_route(route)).filter(Diagnosis::is_fault)
}

fn has_no_interface(route: &Route) -> bool {
    rules::check_interface_specified(&MibIpForwardRow2::from(route)).is_err()
}

#[cfg(test)]
mod tests {
    use ipforward::abi::NtStatus;
    use ipforward::{DriverError, Interface, IpNet, TransportError};

    use super::*;

    fn diagnosis(prefix: &str, interface: Interface, status: NtStatus) -> Option<Diagnosis> {
        let destination: IpNet = prefix.parse().unwrap();
        let refused = TransportError::Refused(DriverError::from_status(status));
        let error = Error::from_transport(Operation::CreateRoute, refused);
        let route = Route::new(destination, interface).via([192, 0, 2, 254]);
        local_diagnosis(&error, &route)
    }

    #[test]
    fn an_invalid_route_shows_the_broken_rule() {
        let invalid =
            |prefix, index| diagnosis(prefix, Interface::Index(index), NtStatus::INVALID_PARAMETER);
        let meant: IpNet = "10.20.0.0/16".parse().unwrap();
        assert_eq!(
            invalid("10.20.0.1/16", 7),
            Some(Diagnosis::HostBits { meant })
        );
        assert_eq!(invalid("::/0", 7), Some(Diagnosis::NextHopFamily));
        assert_eq!(
            invalid("10.20.0.0/16", 0),
            Some(Diagnosis::InterfaceUnspecified)
        );
        assert_eq!(invalid("10.20.0.0/16", 7), None);
        let of = |route: &Route| broken_rule(route);
        let valid_route = Route::new(meant, Interface::Index(7));
        let ending = valid_route.lifetimes(60.into(), 61.into());
        let valid = 60.into();
        assert_eq!(of(&ending), Some(Diagnosis::Lifetimes { valid }));
        let site = valid_route.site_prefix_length(17);
        let limit = 16;
        assert_eq!(of(&site), Some(Diagnosis::SitePrefixLength { limit }));
    }

    #[test]
    fn a_status_alone_names_a_cause() {
        let of = |index, status| diagnosis("10.20.0.0/16", Interface::Index(index), status);
        assert_eq!(
            of(7, NtStatus::NOT_FOUND),
            Some(Diagnosis::InterfaceUnknown)
        );
        assert_eq!(
            of(0, NtStatus::OBJECT_NAME_NOT_FOUND),
            Some(Diagnosis::InterfaceUnspecified)
        );
        assert_eq!(
            of(7, NtStatus::NOT_SUPPORTED),
            Some(Diagnosis::FamilyWithoutStack)
        );
        assert_eq!(of(7, NtStatus::NO_MEMORY), None);
    }
}
