//! Security descriptors.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::mem::offset_of;

use nt_types::NtStatus;

use super::UNKNOWN_REVISION;
use super::acl::{self, AccessEntry};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::unimplemented;

/// `SECURITY_DESCRIPTOR_REVISION`.
const REVISION: u8 = 1;
/// `SE_DACL_PRESENT`.
const DACL_PRESENT: u16 = 4;
/// `SE_DACL_DEFAULTED`.
const DACL_DEFAULTED: u16 = 8;
/// `SE_SELF_RELATIVE`: offsets stand in place of pointers.
const SELF_RELATIVE: u16 = 0x8000;

/// `SECURITY_DESCRIPTOR`, with pointers.
#[derive(Clone, Copy)]
#[repr(C)]
struct Descriptor {
    revision: u8,
    zero: u8,
    control: u16,
    owner: usize,
    group: usize,
    sacl: usize,
    dacl: usize,
}

const _: () = {
    assert!(size_of::<Descriptor>() == 0x28);
    assert!(offset_of!(Descriptor, dacl) == 0x20);
};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![RtlCreateSecurityDescriptor, RtlSetDaclSecurityDescriptor]
}

/// Up to `APC_LEVEL`. An empty descriptor.
unsafe extern "win64" fn RtlCreateSecurityDescriptor(
    descriptor: *mut Descriptor,
    revision: u32,
) -> NtStatus {
    irql::require_at_most("RtlCreateSecurityDescriptor", Irql::APC);
    if revision != REVISION.into() {
        return UNKNOWN_REVISION;
    }
    let empty = Descriptor {
        revision: REVISION,
        zero: 0,
        control: 0,
        owner: 0,
        group: 0,
        sacl: 0,
        dacl: 0,
    };
    // SAFETY: by contract the caller's variable.
    unsafe { descriptor.write(empty) };
    NtStatus::SUCCESS
}

/// Up to `APC_LEVEL`. The list is not copied: it stays the caller's.
unsafe extern "win64" fn RtlSetDaclSecurityDescriptor(
    descriptor: *mut Descriptor,
    present: u8,
    list: usize,
    defaulted: u8,
) -> NtStatus {
    const NAME: &str = "RtlSetDaclSecurityDescriptor";
    irql::require_at_most(NAME, Irql::APC);
    // SAFETY: by contract the caller's variable.
    let descriptor = unsafe { &mut *descriptor };
    if descriptor.revision != REVISION {
        return UNKNOWN_REVISION;
    }
    if descriptor.control & SELF_RELATIVE != 0 {
        /// `STATUS_INVALID_SECURITY_DESCR`.
        const INVALID_SECURITY_DESCR: NtStatus = NtStatus::new(0xC000_0079);
        return INVALID_SECURITY_DESCR;
    }
    descriptor.control &= !(DACL_PRESENT | DACL_DEFAULTED);
    if present == 0 {
        return NtStatus::SUCCESS;
    }
    descriptor.dacl = list;
    descriptor.control |= DACL_PRESENT;
    if defaulted != 0 {
        descriptor.control |= DACL_DEFAULTED;
    }
    NtStatus::SUCCESS
}

/// The entries of the discretionary list of the descriptor at `descriptor`; `None` if it has no list,
/// which gives every user all access.
///
/// # Errors
///
/// `STATUS_UNKNOWN_REVISION` or `STATUS_INVALID_ACL`: it is no valid descriptor.
///
/// # Safety
///
/// `descriptor` is an aligned `SECURITY_DESCRIPTOR` of the caller's, with what it leads to, which no thread
/// writes meanwhile.
pub unsafe fn dacl(descriptor: usize) -> Result<Option<Vec<AccessEntry>>, NtStatus> {
    let descriptor: *const Descriptor = std::ptr::with_exposed_provenance(descriptor);
    // SAFETY: by contract, a header at least.
    let revision = unsafe { descriptor.cast::<u8>().read() };
    if revision != REVISION {
        return Err(UNKNOWN_REVISION);
    }
    let control = descriptor
        .wrapping_byte_add(offset_of!(Descriptor, control))
        .cast::<u16>();
    // SAFETY: as above.
    let control = unsafe { control.read() };
    if control & SELF_RELATIVE != 0 {
        unimplemented::stop("a self-relative security descriptor");
    }
    if control & DACL_PRESENT == 0 {
        return Ok(None);
    }
    // SAFETY: without that flag it has pointers.
    let list = unsafe { descriptor.read() }.dacl;
    if list == 0 {
        return Ok(None);
    }
    // SAFETY: by contract a list.
    unsafe { acl::entries(std::ptr::with_exposed_provenance(list)) }.map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::acl::tests::{LOCAL_SYSTEM, allow, list};
    use super::*;

    fn create(descriptor: &mut [usize; 5], revision: u32) -> NtStatus {
        // SAFETY: room for a descriptor.
        unsafe { RtlCreateSecurityDescriptor(descriptor.as_mut_ptr().cast(), revision) }
    }

    fn set(descriptor: &mut [usize; 5], present: bool, list: usize) -> NtStatus {
        let descriptor = descriptor.as_mut_ptr().cast();
        // SAFETY: room for a descriptor.
        unsafe { RtlSetDaclSecurityDescriptor(descriptor, present.into(), list, 0) }
    }

    fn read(descriptor: &[usize; 5]) -> Result<Option<Vec<AccessEntry>>, NtStatus> {
        // SAFETY: a descriptor of this test.
        unsafe { dacl(descriptor.as_ptr().expose_provenance()) }
    }

    #[test]
    fn a_descriptor_has_the_list_that_was_set_last() {
        let mut descriptor = [0; 5];
        assert_eq!(create(&mut descriptor, 1), NtStatus::SUCCESS);
        assert_eq!(read(&descriptor), Ok(None));
        let mut list = list(20);
        assert_eq!(allow(&mut list, &LOCAL_SYSTEM), NtStatus::SUCCESS);
        let list = list.as_ptr().expose_provenance();
        assert_eq!(set(&mut descriptor, true, list), NtStatus::SUCCESS);
        let entries = read(&descriptor).unwrap().unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(set(&mut descriptor, false, list), NtStatus::SUCCESS);
        assert_eq!(read(&descriptor), Ok(None));
        assert_eq!(set(&mut descriptor, true, 0), NtStatus::SUCCESS);
        assert_eq!(read(&descriptor), Ok(None));
    }

    #[test]
    fn a_descriptor_of_another_revision_is_refused() {
        let mut descriptor = [0; 5];
        assert_eq!(create(&mut descriptor, 2), UNKNOWN_REVISION);
        assert_eq!(set(&mut descriptor, true, 0), UNKNOWN_REVISION);
        assert_eq!(read(&descriptor), Err(UNKNOWN_REVISION));
    }
}
