//! Access checks: a device's security descriptor, as SDDL text, against a process.

mod access;
mod rights;
mod sddl;

pub use rights::{FILE_ALL_ACCESS, FILE_GENERIC_EXECUTE, FILE_GENERIC_READ, FILE_GENERIC_WRITE};
pub use sddl::{Ace, AceKind, Descriptor};

use nt_kernel::process::{Mode, Process};
use nt_types::NtStatus;

/// `STATUS_INVALID_SECURITY_DESCR`: the text is no security descriptor.
pub const INVALID_SECURITY_DESCR: NtStatus = NtStatus::new(0xC000_0079);

/// The access that `process` gets to an object with this `descriptor` when it asks for `desired`
/// (specific, standard and generic rights). Callers in kernel mode receive the access that they ask
/// for.
///
/// # Errors
///
/// [`NtStatus::ACCESS_DENIED`].
pub fn check(descriptor: &Descriptor, process: &Process, desired: u32) -> Result<u32, NtStatus> {
    let desired = access::map_generic(desired);
    if process.mode == Mode::Kernel {
        return Ok(desired);
    }
    access::grant(descriptor, &sids(process), desired).ok_or(NtStatus::ACCESS_DENIED)
}

/// The descriptor that `sddl` spells.
///
/// # Errors
///
/// [`INVALID_SECURITY_DESCR`] if it is malformed.
pub fn parse(sddl: &str) -> Result<Descriptor, NtStatus> {
    Descriptor::parse(sddl).ok_or(INVALID_SECURITY_DESCR)
}

/// Everyone.
const WORLD: &str = "S-1-1-0";
/// Users that logged on interactively.
const INTERACTIVE: &str = "S-1-5-4";
/// Every authenticated user.
const AUTHENTICATED_USERS: &str = "S-1-5-11";
/// The system itself.
const LOCAL_SYSTEM: &str = "S-1-5-18";
/// The group of administrators.
const ADMINISTRATORS: &str = "S-1-5-32-544";
/// The group of users.
const USERS: &str = "S-1-5-32-545";

/// The SIDs of a process: those of its token. Without one, root is the system and an administrator,
/// and every other user is an ordinary user.
fn sids(process: &Process) -> Vec<&str> {
    if let Some(token) = &process.token {
        token.iter().map(String::as_str).collect()
    } else if process.uid == 0 {
        vec![LOCAL_SYSTEM, ADMINISTRATORS, WORLD, AUTHENTICATED_USERS]
    } else {
        vec![USERS, WORLD, AUTHENTICATED_USERS, INTERACTIVE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERIC_READ: u32 = 0x8000_0000;
    const FILE_READ_DATA: u32 = 1;
    const FILE_WRITE_DATA: u32 = 2;

    fn checked(sddl: &str, uid: u32, desired: u32) -> Result<u32, NtStatus> {
        check_for(sddl, &Process::user(100, uid), desired)
    }

    fn check_for(sddl: &str, process: &Process, desired: u32) -> Result<u32, NtStatus> {
        check(&parse(sddl)?, process, desired)
    }

    #[test]
    fn a_descriptor_for_administrators_admits_only_root() {
        let sddl = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
        let both = FILE_READ_DATA | FILE_WRITE_DATA;
        assert_eq!(checked(sddl, 0, both), Ok(both));
        assert_eq!(
            checked(sddl, 1000, FILE_READ_DATA),
            Err(NtStatus::ACCESS_DENIED)
        );
    }

    #[test]
    fn everyone_may_have_less_than_administrators() {
        let sddl = "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;WD)";
        assert_eq!(checked(sddl, 1000, FILE_READ_DATA), Ok(FILE_READ_DATA));
        assert_eq!(checked(sddl, 1000, GENERIC_READ), Ok(FILE_GENERIC_READ));
        assert_eq!(
            checked(sddl, 1000, FILE_WRITE_DATA),
            Err(NtStatus::ACCESS_DENIED)
        );
    }

    #[test]
    fn a_denial_before_a_grant_wins_and_after_it_does_not() {
        let denied_first = "D:(D;;FW;;;AU)(A;;FA;;;WD)";
        assert_eq!(
            checked(denied_first, 1000, FILE_WRITE_DATA),
            Err(NtStatus::ACCESS_DENIED)
        );
        let granted_first = "D:(A;;FA;;;WD)(D;;FW;;;AU)";
        assert_eq!(
            checked(granted_first, 1000, FILE_WRITE_DATA),
            Ok(FILE_WRITE_DATA)
        );
    }

    #[test]
    fn no_dacl_admits_all_and_an_empty_one_no_user() {
        assert_eq!(
            checked("O:SYG:SY", 1000, FILE_READ_DATA),
            Ok(FILE_READ_DATA)
        );
        assert_eq!(
            checked("D:", 0, FILE_READ_DATA),
            Err(NtStatus::ACCESS_DENIED)
        );
        assert_eq!(
            checked("D:NO_ACCESS_CONTROL", 1000, FILE_READ_DATA),
            Ok(FILE_READ_DATA)
        );
    }

    #[test]
    fn sids_and_masks_may_be_spelled_in_numbers() {
        let sddl = "D:(A;;0x1;;;S-1-5-32-545)";
        assert_eq!(checked(sddl, 1000, FILE_READ_DATA), Ok(FILE_READ_DATA));
        assert_eq!(
            checked(sddl, 0, FILE_READ_DATA),
            Err(NtStatus::ACCESS_DENIED)
        );
    }

    #[test]
    fn a_token_replaces_the_identities_of_the_user() {
        let sddl = "D:P(A;;GA;;;SY)(A;;GRGW;;;NO)";
        let root = Process::user(100, 0);
        let operator = root.with_token(vec!["S-1-5-32-556".to_owned()]);
        assert_eq!(
            check_for(sddl, &operator, FILE_WRITE_DATA),
            Ok(FILE_WRITE_DATA)
        );
        let user = root.with_token(vec![USERS.to_owned()]);
        let refused = check_for(sddl, &user, FILE_READ_DATA);
        assert_eq!(refused, Err(NtStatus::ACCESS_DENIED));
    }

    #[test]
    fn the_kernel_gets_what_it_asks_for() {
        assert_eq!(
            check_for("D:", &Process::system(), FILE_WRITE_DATA),
            Ok(FILE_WRITE_DATA)
        );
    }

    #[test]
    fn what_is_no_descriptor_is_refused() {
        for sddl in [
            "nonsense",
            "D:P(A;;GA;;;ZZ)",
            "D:(A;;GA;;;SY",
            "D:(X;;GA;;;SY)",
            "D:(A;;QQ;;;SY)",
            "D:(A;;GA;;SY)",
            "D:(A;;GA;;;SY)x",
            "D:Z(A;;GA;;;SY)",
            "D:(A;;GA;;;S-1)",
            "D:(A;;GA;;;S-1-x)",
            "",
        ] {
            assert_eq!(parse(sddl).err(), Some(INVALID_SECURITY_DESCR), "{sddl}");
        }
    }
}
