//! `IoAllocateMdl` and its like: MDLs are made and freed.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use super::layout::{LOCKED, MAPPED, Mdl, OF_POOL, PARTIAL, size};
use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::{fault, pool, resource_tracker};

/// What the resource tracker calls one.
const TRACKED_KIND: &str = "MDL";
/// The pool tag of MDLs: `Mdl `.
const TAG: u32 = u32::from_le_bytes(*b"Mdl ");
/// Where an `IRP` has the address of its first MDL.
const MDL_ADDRESS: usize = 8;
/// Driver Verifier: the buffer of an MDL that is freed is still mapped.
const FREED_MAPPED: u64 = 0xB8;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![IoAllocateMdl, IoBuildPartialMdl, IoFreeMdl, MmSizeOfMdl]
}

/// Any IRQL.
extern "win64" fn MmSizeOfMdl(address: usize, length: usize) -> usize {
    size(address, length)
}

/// Up to `DISPATCH_LEVEL`. 0 without memory. The MDL becomes the first, or the last, of the IRP's if there
/// is one.
unsafe extern "win64" fn IoAllocateMdl(
    address: usize,
    length: u32,
    is_secondary: u8,
    _charge_quota: u8,
    irp: usize,
) -> *mut Mdl {
    const NAME: &str = "IoAllocateMdl";
    irql::require_at_most(NAME, Irql::DISPATCH);
    if fault::inject(NAME) {
        return std::ptr::null_mut();
    }
    let Some(mdl) = allocate(address, length as usize) else {
        return std::ptr::null_mut();
    };
    if irp != 0 {
        // SAFETY: by contract an IRP of the caller's.
        unsafe { link(irp, mdl.expose_provenance(), is_secondary != 0) };
    }
    mdl
}

/// An MDL of a buffer, which the driver frees; `None` without memory.
pub(super) fn allocate(address: usize, length: usize) -> Option<*mut Mdl> {
    let memory = pool::allocate(true, size(address, length), TAG)?;
    let mdl = memory.cast::<Mdl>().as_ptr();
    // SAFETY: just allocated for it.
    unsafe { mdl.write(Mdl::new(address, length, 0)) };
    let place = mdl.expose_provenance();
    resource_tracker::release(pool::TRACKED_KIND, place);
    resource_tracker::record(TRACKED_KIND, place, format!("for {length} bytes"));
    Some(mdl)
}

/// Makes an MDL the first of an IRP's, or the last.
///
/// # Safety
///
/// `irp` is an IRP whose MDLs the caller owns.
unsafe fn link(irp: usize, mdl: usize, is_secondary: bool) {
    let mut place = std::ptr::with_exposed_provenance_mut::<usize>(irp + MDL_ADDRESS);
    if is_secondary {
        // SAFETY: by contract; the next one's address begins an MDL.
        while let next @ 1.. = unsafe { place.read() } {
            place = std::ptr::with_exposed_provenance_mut(next);
        }
    }
    // SAFETY: by contract.
    unsafe { place.write(mdl) };
}

/// Up to `DISPATCH_LEVEL`. The MDL is neither locked nor mapped; the mapping of a part ends with it.
unsafe extern "win64" fn IoFreeMdl(mdl: *mut Mdl) {
    const NAME: &str = "IoFreeMdl";
    irql::require_at_most(NAME, Irql::DISPATCH);
    let place = mdl.expose_provenance();
    if !resource_tracker::release(TRACKED_KIND, place) {
        irql::stop_for_rule("IoFreeMdl was called with what is no MDL of IoAllocateMdl");
    }
    // SAFETY: an MDL that is not freed.
    let known = unsafe { &*mdl };
    let is_part = known.has(PARTIAL);
    if known.has(LOCKED) && !is_part {
        irql::stop_for_rule("IoFreeMdl was called for locked pages: MmUnlockPages comes first");
    }
    if known.has(MAPPED) && !is_part {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [
                FREED_MAPPED,
                place as u64,
                known.flags.cast_unsigned().into(),
                0,
            ],
            rule:
                "IoFreeMdl was called for a buffer that is mapped: MmUnmapLockedPages comes first"
                    .to_owned(),
        });
    }
    pool::free(place, Some(TAG));
}

/// Up to `DISPATCH_LEVEL`. The target describes a part of the source's buffer; a length of 0 is all of the
/// rest.
unsafe extern "win64" fn IoBuildPartialMdl(
    source: *const Mdl,
    target: *mut Mdl,
    address: usize,
    length: u32,
) {
    irql::require_at_most("IoBuildPartialMdl", Irql::DISPATCH);
    // SAFETY: by contract the caller's MDL.
    let source = unsafe { &*source };
    // SAFETY: by contract the caller's MDL.
    let target = unsafe { &mut *target };
    let start = source.address();
    let end = start + source.byte_count as usize;
    let length = match length {
        0 => end.saturating_sub(address),
        _ => length as usize,
    };
    let room = target.bytes();
    if address < start || address + length > end || size(address, length) > room {
        irql::stop_for_rule(
            "IoBuildPartialMdl was called with a part outside of the source's buffer, or too long for \
             the target",
        );
    }
    let flags = PARTIAL | source.flags & OF_POOL;
    let mapped_address = if source.has(MAPPED | OF_POOL) {
        source.mapped_address + (address - start)
    } else {
        0
    };
    *target = Mdl {
        next: target.next,
        size: target.size,
        mapped_address,
        ..Mdl::new(address, length, flags)
    };
}
