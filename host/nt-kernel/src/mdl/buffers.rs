//! `MmProbeAndLockPages` and its like: the buffer of an MDL is locked and mapped. A buffer of the kernel's
//! is mapped where it is.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use super::layout::{FOR_WRITE, LOCKED, MAPPED, Mdl, OF_POOL, PARTIAL, PARTIAL_MAPPED};
use super::locked_pages;
use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::pool::{self, PAGE_SIZE};
use crate::{exception, fault, unimplemented, user_memory, verification};

/// Driver Verifier: pages are unlocked that are not locked.
const NOT_LOCKED: u64 = 0x7C;
/// Driver Verifier: pages of nonpaged pool are unlocked.
const UNLOCKED_POOL: u64 = 0x7D;
/// Driver Verifier: paged pool is described as nonpaged.
const PAGED_POOL: u64 = 0x7F;
/// Driver Verifier: a mapping stops the machine if it fails.
const MAPPING_MAY_STOP: u64 = 0x82;
/// Driver Verifier: pages are locked that are locked, or of nonpaged pool.
const LOCKED_AGAIN: u64 = 0xB0;
/// Driver Verifier: a buffer is mapped that is mapped.
const MAPPED_AGAIN: u64 = 0xB2;
/// Driver Verifier: a buffer is mapped that is not locked.
const MAPPED_UNLOCKED: u64 = 0xB3;
/// Driver Verifier: pages of a part are unlocked.
const UNLOCKED_PART: u64 = 0xB4;
/// `IoReadAccess`: the pages are only read.
const READ: u32 = 0;
/// `KernelMode`.
const KERNEL_MODE: i8 = 0;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        MmBuildMdlForNonPagedPool,
        MmMapLockedPagesSpecifyCache,
        MmProbeAndLockPages,
        MmUnlockPages,
        MmUnmapLockedPages,
    ]
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn MmBuildMdlForNonPagedPool(mdl: *mut Mdl) {
    const NAME: &str = "MmBuildMdlForNonPagedPool";
    irql::require_at_most(NAME, Irql::DISPATCH);
    // SAFETY: by contract the caller's MDL.
    let known = unsafe { &mut *mdl };
    if locked_pages::is_pageable(known.address()) {
        stop(NAME, PAGED_POOL, known, "its buffer is in paged pool");
    }
    if verification::is_on() && pool::contains(known.address()).is_none() {
        irql::stop_for_rule("MmBuildMdlForNonPagedPool was called for what is not in the pool");
    }
    known.flags |= OF_POOL;
    known.mapped_address = known.address();
}

/// Up to `DISPATCH_LEVEL`; up to `APC_LEVEL` for pageable memory. With `UserMode`, which is probed then,
/// the buffer is one of the caller's, whose memory is pageable.
unsafe extern "win64" fn MmProbeAndLockPages(mdl: *mut Mdl, mode: i8, operation: u32) {
    const NAME: &str = "MmProbeAndLockPages";
    irql::require_at_most(NAME, Irql::DISPATCH);
    // SAFETY: by contract the caller's MDL.
    let known = unsafe { &mut *mdl };
    if known.has(LOCKED | OF_POOL | PARTIAL) {
        let rule = "its pages are locked, or of nonpaged pool, or a part of another one's";
        stop(NAME, LOCKED_AGAIN, known, rule);
    }
    if mode != KERNEL_MODE || locked_pages::is_pageable(known.address()) {
        irql::require_at_most(NAME, Irql::APC);
    }
    let for_write = operation != READ;
    if mode != KERNEL_MODE {
        probe(NAME, known, for_write);
    }
    // SAFETY: by contract.
    unsafe { lock_pages(mdl, for_write) };
}

/// Locks the pages of an MDL.
///
/// # Safety
///
/// `mdl` is an MDL whose pages are not locked.
pub(super) unsafe fn lock_pages(mdl: *mut Mdl, for_write: bool) {
    // SAFETY: by contract.
    let known = unsafe { &mut *mdl };
    locked_pages::lock(mdl.addr(), known.address(), known.byte_count as usize);
    known.flags |= LOCKED;
    if for_write {
        known.flags |= FOR_WRITE;
    }
}

/// Up to `DISPATCH_LEVEL`. Ends the mapping, too.
unsafe extern "win64" fn MmUnlockPages(mdl: *mut Mdl) {
    const NAME: &str = "MmUnlockPages";
    irql::require_at_most(NAME, Irql::DISPATCH);
    // SAFETY: by contract the caller's MDL.
    let known = unsafe { &mut *mdl };
    if known.has(PARTIAL) {
        stop(
            NAME,
            UNLOCKED_PART,
            known,
            "it is a part of another one's buffer",
        );
    }
    if known.has(OF_POOL) {
        stop(NAME, UNLOCKED_POOL, known, "its pages are of nonpaged pool");
    }
    if !known.has(LOCKED) {
        stop(NAME, NOT_LOCKED, known, "its pages are not locked");
    }
    locked_pages::unlock(mdl.addr());
    known.flags &= !(LOCKED | FOR_WRITE | MAPPED);
    known.mapped_address = 0;
}

/// Up to `DISPATCH_LEVEL`. 0 without room for the mapping.
unsafe extern "win64" fn MmMapLockedPagesSpecifyCache(
    mdl: *mut Mdl,
    mode: i8,
    _cache: u32,
    _requested: usize,
    stops_on_failure: u32,
    _priority: u32,
) -> usize {
    const NAME: &str = "MmMapLockedPagesSpecifyCache";
    irql::require_at_most(NAME, Irql::DISPATCH);
    require_kernel_mode(NAME, mode);
    // SAFETY: by contract the caller's MDL.
    let known = unsafe { &mut *mdl };
    if stops_on_failure != 0 {
        stop(NAME, MAPPING_MAY_STOP, known, "BugCheckOnFailure is TRUE");
    }
    if known.has(MAPPED | OF_POOL) {
        stop(
            NAME,
            MAPPED_AGAIN,
            known,
            "it is mapped already, or of nonpaged pool",
        );
    }
    if !known.has(LOCKED | PARTIAL) {
        stop(NAME, MAPPED_UNLOCKED, known, "its pages are not locked");
    }
    if fault::inject(NAME) {
        return 0;
    }
    known.flags |= MAPPED;
    if known.has(PARTIAL) {
        known.flags |= PARTIAL_MAPPED;
    }
    known.mapped_address = known.address();
    known.mapped_address
}

/// Up to `DISPATCH_LEVEL`.
unsafe extern "win64" fn MmUnmapLockedPages(address: usize, mdl: *mut Mdl) {
    irql::require_at_most("MmUnmapLockedPages", Irql::DISPATCH);
    // SAFETY: by contract the caller's MDL.
    let known = unsafe { &mut *mdl };
    if !known.has(MAPPED) || known.mapped_address != address {
        irql::stop_for_rule(
            "MmUnmapLockedPages was called with an address that is not the mapping's",
        );
    }
    known.flags &= !(MAPPED | PARTIAL_MAPPED);
    known.mapped_address = 0;
}

/// Raises an access violation unless the caller has memory in all of the buffer.
fn probe(function: &'static str, mdl: &Mdl, for_write: bool) {
    let access = if for_write {
        exception::WRITE
    } else {
        exception::READ
    };
    let first = mdl.address();
    let end = first.saturating_add(mdl.byte_count as usize);
    let pages = (first - first % PAGE_SIZE..end).step_by(PAGE_SIZE);
    for page in pages {
        let address = page.max(first);
        if !user_memory::is_mapped(address) {
            exception::raise_access_violation(function, access, address);
        }
    }
}

fn require_kernel_mode(function: &str, mode: i8) {
    if mode != KERNEL_MODE {
        unimplemented::stop(&format!("{function} with UserMode"));
    }
}

fn stop(function: &str, cause: u64, mdl: &Mdl, why: &str) -> ! {
    let address = std::ptr::from_ref(mdl).addr() as u64;
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [cause, address, mdl.flags.cast_unsigned().into(), 0],
        rule: format!("{function} was called for an MDL although {why}"),
    })
}
