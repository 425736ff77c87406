//! `Mm`: what is where.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use crate::exports::{self, Export, ntoskrnl};
use crate::fault;
use crate::irql::{self, Irql};

/// What null means; the page of `MmGetSystemRoutineAddress` has no other failure.
const PROCEDURE_NOT_FOUND: NtStatus = NtStatus::new(0xC000_007A);

/// The exports of this prefix.
pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![MmGetSystemRoutineAddress]
}

/// `PASSIVE_LEVEL`. The address of a function of ntoskrnl, 0 if this host does not have it. `name`
/// points to a `UNICODE_STRING`.
unsafe extern "win64" fn MmGetSystemRoutineAddress(name: *const (u16, *const u16)) -> usize {
    const NAME: &str = "MmGetSystemRoutineAddress";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if fault::inject_one_of(NAME, &[&[PROCEDURE_NOT_FOUND]]).is_some() {
        return 0;
    }
    // SAFETY: by contract a counted string, whose length in bytes comes first.
    let (length, buffer) = unsafe { *name };
    // SAFETY: by contract its buffer has that length.
    let units = unsafe { std::slice::from_raw_parts(buffer, usize::from(length) / 2) };
    let name = String::from_utf16_lossy(units);
    exports::published("ntoskrnl.exe", &name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Plan;
    use crate::testing::run_alone;

    #[test]
    fn a_function_may_be_missing() {
        run_alone!(|| {
            let address = 0x1_0000;
            exports::publish(vec![Export::ntoskrnl("Here", address)]);
            let units: Vec<u16> = "Here".encode_utf16().collect();
            // SAFETY: a counted string of 8 bytes.
            let find = || unsafe { MmGetSystemRoutineAddress(&(8, units.as_ptr())) };
            fault::arm(Plan::Only(0));
            assert_eq!((find(), find()), (0, address));
        });
    }
}
