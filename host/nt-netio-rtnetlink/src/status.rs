//! The `NTSTATUS` for each error of the Linux kernel.

use std::io;

use nix::errno::Errno;
use nt_netio::behaviours::Behaviours;
use nt_types::NtStatus;

/// The status for an error of a request.
pub(crate) fn of(error: &io::Error, behaviours: Behaviours) -> NtStatus {
    let errno = error
        .raw_os_error()
        .map_or(Errno::UnknownErrno, Errno::from_raw);
    match errno {
        Errno::EEXIST => behaviours.duplicate(),
        Errno::ESRCH | Errno::ENOENT => behaviours.absent(),
        Errno::ENODEV | Errno::ENXIO => NtStatus::NOT_FOUND,
        Errno::EINVAL | Errno::ERANGE => NtStatus::INVALID_PARAMETER,
        Errno::EPERM | Errno::EACCES => NtStatus::ACCESS_DENIED,
        Errno::ENETUNREACH | Errno::ENETDOWN => NtStatus::NETWORK_UNREACHABLE,
        Errno::EHOSTUNREACH => NtStatus::HOST_UNREACHABLE,
        Errno::EAFNOSUPPORT | Errno::EOPNOTSUPP => NtStatus::NOT_SUPPORTED,
        Errno::ENOMEM | Errno::ENOBUFS => behaviours.no_memory(),
        _ => NtStatus::UNSUCCESSFUL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(errno: Errno) -> NtStatus {
        of(
            &io::Error::from_raw_os_error(errno as i32),
            Behaviours::default(),
        )
    }

    #[test]
    fn a_route_that_exists_is_a_duplicate() {
        assert_eq!(status(Errno::EEXIST), NtStatus::DUPLICATE_OBJECTID);
    }

    #[test]
    fn a_route_that_is_absent_is_not_found() {
        assert_eq!(status(Errno::ESRCH), NtStatus::NOT_FOUND);
    }

    #[test]
    fn an_interface_that_is_absent_is_not_found() {
        assert_eq!(status(Errno::ENODEV), NtStatus::NOT_FOUND);
    }

    #[test]
    fn what_is_malformed_is_an_invalid_parameter() {
        assert_eq!(status(Errno::EINVAL), NtStatus::INVALID_PARAMETER);
    }

    #[test]
    fn a_lack_of_privilege_is_a_lack_of_access() {
        assert_eq!(status(Errno::EPERM), NtStatus::ACCESS_DENIED);
    }

    #[test]
    fn an_unreachable_network_is_one() {
        assert_eq!(status(Errno::ENETUNREACH), NtStatus::NETWORK_UNREACHABLE);
    }

    #[test]
    fn an_interface_that_is_down_reaches_no_network() {
        assert_eq!(status(Errno::ENETDOWN), NtStatus::NETWORK_UNREACHABLE);
    }

    #[test]
    fn an_unreachable_host_is_one() {
        assert_eq!(status(Errno::EHOSTUNREACH), NtStatus::HOST_UNREACHABLE);
    }

    #[test]
    fn a_family_that_is_absent_is_not_supported() {
        assert_eq!(status(Errno::EAFNOSUPPORT), NtStatus::NOT_SUPPORTED);
    }

    #[test]
    fn a_lack_of_memory_is_one() {
        assert_eq!(status(Errno::ENOBUFS), NtStatus::NO_MEMORY);
    }

    #[test]
    fn an_error_without_a_twin_has_no_better_name() {
        assert_eq!(status(Errno::EMLINK), NtStatus::UNSUCCESSFUL);
    }

    #[test]
    fn the_open_points_decide_here_as_well() {
        let exists = io::Error::from_raw_os_error(Errno::EEXIST as i32);
        let status = of(&exists, Behaviours::alternative());
        assert_eq!(status, NtStatus::OBJECTID_EXISTS);
    }
}
