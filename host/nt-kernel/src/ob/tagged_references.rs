//! References with a tag, which Windows records for a debugger alone, and those whose object may go later.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use nt_types::NtStatus;

use super::handles::ObReferenceObjectByHandle;
use super::references::{ObReferenceObjectByPointer, ObfDereferenceObject, ObfReferenceObject};
use crate::exports::{Export, ntoskrnl};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        ObDereferenceObjectDeferDelete,
        ObDereferenceObjectDeferDeleteWithTag,
        ObReferenceObjectByHandleWithTag,
        ObReferenceObjectByPointerWithTag,
        ObfDereferenceObjectWithTag,
        ObfReferenceObjectWithTag,
    ]
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ObfReferenceObjectWithTag(object: usize, _tag: u32) -> isize {
    ObfReferenceObject(object)
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ObfDereferenceObjectWithTag(object: usize, _tag: u32) -> isize {
    ObfDereferenceObject(object)
}

/// Up to `DISPATCH_LEVEL`. What the last reference kept goes at once here.
extern "win64" fn ObDereferenceObjectDeferDelete(object: usize) {
    ObfDereferenceObject(object);
}

/// Up to `DISPATCH_LEVEL`. As [`ObDereferenceObjectDeferDelete`].
extern "win64" fn ObDereferenceObjectDeferDeleteWithTag(object: usize, _tag: u32) {
    ObfDereferenceObject(object);
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn ObReferenceObjectByPointerWithTag(
    object: usize,
    access: u32,
    kind: usize,
    mode: i8,
    _tag: u32,
) -> NtStatus {
    ObReferenceObjectByPointer(object, access, kind, mode)
}

/// `PASSIVE_LEVEL`.
unsafe extern "win64" fn ObReferenceObjectByHandleWithTag(
    handle: usize,
    access: u32,
    kind: usize,
    mode: i8,
    _tag: u32,
    object: *mut usize,
    information: usize,
) -> NtStatus {
    // SAFETY: the same contract.
    unsafe { ObReferenceObjectByHandle(handle, access, kind, mode, object, information) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource_tracker;
    use crate::thread::Thread;

    const TAG: u32 = u32::from_le_bytes(*b"Test");

    #[test]
    fn references_with_and_without_a_tag_are_counted_together() {
        let object = Thread::new().object();
        assert_eq!(ObfReferenceObjectWithTag(object, TAG), 2);
        let status = ObReferenceObjectByPointerWithTag(object, 0, 0, 0, TAG);
        assert_eq!(status, NtStatus::SUCCESS);
        assert_eq!(ObfReferenceObject(object), 4);
        assert_eq!(ObfDereferenceObjectWithTag(object, TAG), 3);
        ObDereferenceObjectDeferDelete(object);
        let outstanding = resource_tracker::outstanding;
        let is_held = || outstanding().iter().any(|entry| entry.address == object);
        assert!(is_held());
        ObDereferenceObjectDeferDeleteWithTag(object, TAG);
        assert!(!is_held());
    }
}
