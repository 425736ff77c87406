//! Guessing why a route was refused, where the driver cannot be asked.

use ipforward::abi::Operation;
use ipforward::{Diagnosis, Error, Reason, Route};

/// The rule that a refused route probably breaks, as far as the status and the route alone show.
pub(crate) fn guess(error: &Error, route: &Route) -> Option<Diagnosis> {
    let Error::Refused { operation, .. } = error else {
        return None;
    };
    match (error.reason()?, operation) {
        (Reason::InvalidParameter, _) => malformed(route),
        (Reason::NotFound, _) if is_unspecified(route) => Some(Diagnosis::InterfaceUnspecified),
        (Reason::NotFound, Operation::CreateRoute) => Some(Diagnosis::InterfaceUnknown),
        (Reason::NotSupported, _) => Some(Diagnosis::FamilyWithoutStack),
        _ => None,
    }
}

fn malformed(route: &Route) -> Option<Diagnosis> {
    Some(Diagnosis::of_refused_route(route)).filter(Diagnosis::is_fault)
}

fn is_unspecified(route: &Route) -> bool {
    route.interface.luid().unwrap_or(0) == 0 && route.interface.index().unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use ipforward::abi::NtStatus;
    use ipforward::{DriverError, Interface, IpNet};

    use super::*;

    fn guessed(prefix: &str, interface: Interface, status: NtStatus) -> Option<Diagnosis> {
        let destination: IpNet = prefix.parse().unwrap();
        let error = Error::Refused {
            operation: Operation::CreateRoute,
            driver_error: DriverError::from_status(status),
        };
        let route = Route::new(destination, interface).via([192, 0, 2, 254]);
        guess(&error, &route)
    }

    #[test]
    fn a_malformed_route_shows_it() {
        let malformed =
            |prefix, index| guessed(prefix, Interface::Index(index), NtStatus::INVALID_PARAMETER);
        let meant: IpNet = "10.20.0.0/16".parse().unwrap();
        assert_eq!(
            malformed("10.20.0.1/16", 7),
            Some(Diagnosis::HostBits { meant })
        );
        assert_eq!(malformed("::/0", 7), Some(Diagnosis::NextHopFamily));
        assert_eq!(
            malformed("10.20.0.0/16", 0),
            Some(Diagnosis::InterfaceUnspecified)
        );
        assert_eq!(malformed("10.20.0.0/16", 7), None);
        let of = |route: &Route| super::malformed(route);
        let sound = Route::new(meant, Interface::Index(7));
        let ending = sound.lifetimes(60.into(), 61.into());
        let valid = 60.into();
        assert_eq!(of(&ending), Some(Diagnosis::Lifetimes { valid }));
        let site = sound.site_prefix_length(17);
        let limit = 16;
        assert_eq!(of(&site), Some(Diagnosis::SitePrefixLength { limit }));
    }

    #[test]
    fn a_status_alone_says_something_too() {
        let of = |index, status| guessed("10.20.0.0/16", Interface::Index(index), status);
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
