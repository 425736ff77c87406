//! MDLs.

use std::ptr;

use crate::export_by_name::{TAG, free, nt, storage};
use crate::irql::{self, Irql};
use crate::mdl::Mdl;
use crate::testing::{expect_stop, run_alone};
use crate::{fault_handler, pool, resource_tracker, verification};

/// `MDL_MAPPED_TO_SYSTEM_VA` and `MDL_SOURCE_IS_NONPAGED_POOL`.
const HAS_ADDRESS: u16 = 5;

fn allocate(buffer: usize, length: u32, irp: usize) -> usize {
    nt!(IoAllocateMdl(
        buffer => usize, length => u32, (irp != 0).into() => u8, 0 => u8, irp => usize) -> usize)
}

/// `MmGetSystemAddressForMdlSafe`, which is inline.
fn system_address(mdl: usize) -> usize {
    let flags = ptr::with_exposed_provenance::<u16>(mdl + 0xA);
    // SAFETY: an MDL of this test.
    if unsafe { flags.read() } & HAS_ADDRESS != 0 {
        let address = ptr::with_exposed_provenance::<usize>(mdl + 0x18);
        // SAFETY: as above.
        return unsafe { address.read() };
    }
    nt!(MmMapLockedPagesSpecifyCache(
        mdl => usize, 0 => i8, 1 => u32, 0 => usize, 0 => u32, 16 => u32) -> usize)
}

fn is_listed(address: usize) -> bool {
    let all = resource_tracker::outstanding();
    all.iter().any(|entry| entry.address == address)
}

#[test]
fn locked_pages_can_be_touched_at_dispatch() {
    fault_handler::install().unwrap();
    let buffer = pool::allocate(false, 5000, TAG).unwrap();
    let buffer = buffer.expose_provenance().get();
    let mdl = allocate(buffer, 5000, 0);
    nt!(MmProbeAndLockPages(mdl => usize, 0 => i8, 1 => u32) -> ());
    let address = system_address(mdl);
    let old = irql::raise(Irql::DISPATCH);
    for offset in [0, 4999] {
        let byte = ptr::with_exposed_provenance_mut::<u8>(address + offset);
        // SAFETY: a byte of the buffer, which is kept in.
        unsafe { byte.write_volatile(7) };
    }
    irql::lower(old);
    nt!(MmUnmapLockedPages(address => usize, mdl => usize) -> ());
    nt!(MmUnlockPages(mdl => usize) -> ());
    assert!(is_listed(mdl));
    nt!(IoFreeMdl(mdl => usize) -> ());
    assert!(!is_listed(mdl));
    free(buffer);
}

#[test]
fn a_locked_buffer_has_an_address_before_it_is_mapped() {
    let buffer = storage(100);
    let mdl = allocate(buffer, 100, 0);
    let address = || {
        // SAFETY: an MDL of this test.
        unsafe { &*ptr::with_exposed_provenance::<Mdl>(mdl) }.kernel_address()
    };
    assert_eq!(address(), None);
    nt!(MmProbeAndLockPages(mdl => usize, 0 => i8, 1 => u32) -> ());
    assert_eq!(address(), Some(buffer));
    nt!(MmUnlockPages(mdl => usize) -> ());
    nt!(IoFreeMdl(mdl => usize) -> ());
    free(buffer);
}

#[test]
fn a_buffer_of_the_callers_is_not_locked_at_dispatch() {
    let report = expect_stop!(|| {
        let mdl = allocate(storage(100), 100, 0);
        irql::raise(Irql::DISPATCH);
        nt!(MmProbeAndLockPages(mdl => usize, 1 => i8, 0 => u32) -> ());
    });
    let words = "MmProbeAndLockPages was called at DISPATCH_LEVEL";
    assert!(report.contains(words), "{report}");
}

#[test]
fn a_part_has_its_address_within_the_source() {
    let buffer = storage(100);
    let mut irp = [0usize; 26];
    let irp_address = (&raw mut irp).expose_provenance();
    let source = allocate(buffer, 100, irp_address);
    nt!(MmBuildMdlForNonPagedPool(source => usize) -> ());
    let part = allocate(buffer + 10, 20, irp_address);
    nt!(IoBuildPartialMdl(
        source => usize, part => usize, buffer + 10 => usize, 0 => u32) -> ());
    assert_eq!(system_address(part), buffer + 10);
    // The part is the second MDL of the IRP.
    let next = ptr::with_exposed_provenance::<usize>(source);
    // SAFETY: an MDL begins with the address of the next one.
    assert_eq!((irp[1], unsafe { next.read() }), (source, part));
    for mdl in [part, source] {
        nt!(IoFreeMdl(mdl => usize) -> ());
    }
    free(buffer);
}

#[test]
fn without_verification_a_buffer_in_pool_has_its_address() {
    run_alone!(|| {
        verification::turn_off();
        let buffer = storage(100);
        let mdl = allocate(buffer, 100, 0);
        nt!(MmBuildMdlForNonPagedPool(mdl => usize) -> ());
        assert_eq!(system_address(mdl), buffer);
        nt!(IoFreeMdl(mdl => usize) -> ());
        free(buffer);
    });
}
