//! `Mm`: what is where.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::BTreeMap;

use nt_types::NtStatus;
use parking_lot::Mutex;

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{self, Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::unicode::UnicodeString;
use crate::{fault, paging, resource_tracker, verification};

/// What null means; the page of `MmGetSystemRoutineAddress` has no other failure.
const PROCEDURE_NOT_FOUND: NtStatus = NtStatus::new(0xC000_007A);

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        MmGetSystemRoutineAddress,
        MmIsDriverVerifying,
        MmIsDriverVerifyingByAddress,
        MmLockPagableDataSection,
        MmLockPagableSectionByHandle,
        MmUnlockPagableImageSection,
    ]
}

/// What the resource tracker calls a section that is kept in.
const LOCKED_SECTION: &str = "locked section";
/// The host's own first parameter for a section that is not locked: "SEC".
const NOT_LOCKED: u64 = 0x53_4543;

/// Up to `DISPATCH_LEVEL`. The host verifies every driver, or none.
extern "win64" fn MmIsDriverVerifying(_driver: usize) -> u32 {
    irql::require_at_most("MmIsDriverVerifying", Irql::DISPATCH);
    verification::is_on().into()
}

/// As [`MmIsDriverVerifying`].
extern "win64" fn MmIsDriverVerifyingByAddress(_address: usize) -> u32 {
    irql::require_at_most("MmIsDriverVerifyingByAddress", Irql::DISPATCH);
    verification::is_on().into()
}

/// Up to `APC_LEVEL`. The handle of the section around `address`, which is never paged out until it is
/// unlocked.
extern "win64" fn MmLockPagableDataSection(address: usize) -> usize {
    irql::require_at_most("MmLockPagableDataSection", Irql::APC);
    lock_section(address)
}

/// Up to `APC_LEVEL`.
extern "win64" fn MmLockPagableSectionByHandle(section: usize) {
    irql::require_at_most("MmLockPagableSectionByHandle", Irql::APC);
    lock_section(section);
}

/// Up to `APC_LEVEL`.
extern "win64" fn MmUnlockPagableImageSection(section: usize) {
    const NAME: &str = "MmUnlockPagableImageSection";
    irql::require_at_most(NAME, Irql::APC);
    let mut locked = LOCKED.lock();
    let Some(count) = locked.get_mut(&section) else {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [NOT_LOCKED, section as u64, 0, 0],
            rule: format!("{NAME}: the section {section:#x} is not locked"),
        });
    };
    *count -= 1;
    if *count == 0 {
        locked.remove(&section);
        resource_tracker::release(LOCKED_SECTION, section);
    }
    paging::unlock(section);
}

/// How often each section is locked, by its handle.
static LOCKED: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// A section that is not pageable is its own handle.
fn lock_section(address: usize) -> usize {
    let section = paging::lock(address).unwrap_or(address);
    let mut locked = LOCKED.lock();
    let count = locked.entry(section).or_default();
    *count += 1;
    if *count == 1 {
        resource_tracker::record(LOCKED_SECTION, section, "kept in memory");
    }
    section
}

/// `PASSIVE_LEVEL`. The address of a function of ntoskrnl, 0 if this host does not have it.
unsafe extern "win64" fn MmGetSystemRoutineAddress(name: *const UnicodeString) -> usize {
    const NAME: &str = "MmGetSystemRoutineAddress";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject_one_of(NAME, &[&[PROCEDURE_NOT_FOUND]]).is_some() {
        return 0;
    }
    // SAFETY: by contract a counted string.
    let name = unsafe { UnicodeString::text_at(name) };
    exports::published("ntoskrnl.exe", &name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Plan;
    use crate::testing::{expect_stop, run_alone};
    use crate::unicode::OwnedUnicodeString;

    #[test]
    fn a_section_is_unlocked_as_often_as_it_is_locked() {
        let report = expect_stop!(|| {
            let section = MmLockPagableDataSection(0x1_0000);
            MmLockPagableSectionByHandle(section);
            MmUnlockPagableImageSection(section);
            MmUnlockPagableImageSection(section);
            MmUnlockPagableImageSection(section);
        });
        assert!(report.contains("is not locked"), "{report}");
    }

    #[test]
    fn a_driver_learns_whether_it_is_verified() {
        run_alone!(|| {
            let answers = || (MmIsDriverVerifying(0), MmIsDriverVerifyingByAddress(0));
            assert_eq!(answers(), (1, 1));
            verification::turn_off();
            assert_eq!(answers(), (0, 0));
        });
    }

    #[test]
    fn a_function_may_be_missing() {
        run_alone!(|| {
            let address = 0x1_0000;
            exports::publish(vec![Export::ntoskrnl("Here", address)]);
            let name = OwnedUnicodeString::new("Here");
            // SAFETY: a counted string.
            let find = || unsafe { MmGetSystemRoutineAddress(&name.as_unicode_string()) };
            fault::arm(Plan::Only(0));
            assert_eq!((find(), find()), (0, address));
        });
    }
}
