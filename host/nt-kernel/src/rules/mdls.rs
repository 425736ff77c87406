//! MDLs.

use super::assert_says;
use crate::export_by_name::{TAG, nt, storage};
use crate::pool;
use crate::testing::expect_stop;

/// An MDL for the 100 bytes at `buffer`.
fn mdl(buffer: usize) -> usize {
    nt!(IoAllocateMdl(buffer => usize, 100 => u32, 0 => u8, 0 => u8, 0 => usize) -> usize)
}

/// An MDL for paged memory.
fn paged() -> usize {
    let block = pool::allocate(false, 100, TAG).expect("memory");
    mdl(block.expose_provenance().get())
}

fn lock(mdl: usize) -> usize {
    nt!(MmProbeAndLockPages(mdl => usize, 0 => i8, 1 => u32) -> ());
    mdl
}

fn unlock(mdl: usize) {
    nt!(MmUnlockPages(mdl => usize) -> ());
}

fn build(mdl: usize) -> usize {
    nt!(MmBuildMdlForNonPagedPool(mdl => usize) -> ());
    mdl
}

fn map(mdl: usize, stops_on_failure: u32) -> usize {
    nt!(MmMapLockedPagesSpecifyCache(
        mdl => usize, 0 => i8, 1 => u32, 0 => usize, stops_on_failure => u32, 16 => u32) -> usize)
}

fn free(mdl: usize) {
    nt!(IoFreeMdl(mdl => usize) -> ());
}

#[test]
fn pages_are_unlocked_that_are_not_locked() {
    let report = expect_stop!(|| unlock(paged()));
    assert_says(&report, "0x000000C4", "0x7c", "its pages are not locked");
}

#[test]
fn pages_of_nonpaged_pool_are_unlocked() {
    let report = expect_stop!(|| unlock(build(mdl(storage(100)))));
    assert_says(&report, "0x000000C4", "0x7d", "of nonpaged pool");
}

#[test]
fn pages_are_locked_twice() {
    let report = expect_stop!(|| {
        lock(lock(paged()));
    });
    assert_says(&report, "0x000000C4", "0xb0", "its pages are locked");
}

#[test]
fn paged_pool_is_described_as_nonpaged() {
    let report = expect_stop!(|| {
        build(paged());
    });
    assert_says(&report, "0x000000C4", "0x7f", "in paged pool");
}

#[test]
fn pages_are_mapped_that_are_not_locked() {
    let report = expect_stop!(|| {
        map(paged(), 0);
    });
    assert_says(&report, "0x000000C4", "0xb3", "its pages are not locked");
}

#[test]
fn pages_are_mapped_twice() {
    let report = expect_stop!(|| {
        let mdl = lock(paged());
        map(mdl, 0);
        map(mdl, 0);
    });
    assert_says(&report, "0x000000C4", "0xb2", "mapped already");
}

#[test]
fn a_mapping_may_stop_the_machine() {
    let report = expect_stop!(|| {
        map(lock(paged()), 1);
    });
    assert_says(&report, "0x000000C4", "0x82", "BugCheckOnFailure is TRUE");
}

#[test]
fn an_mdl_is_freed_while_its_pages_are_locked() {
    let report = expect_stop!(|| free(lock(paged())));
    assert_says(
        &report,
        "0x000000C4",
        "0x444449",
        "MmUnlockPages comes first",
    );
}

#[test]
fn an_mdl_is_freed_twice() {
    let report = expect_stop!(|| {
        let mdl = paged();
        free(mdl);
        free(mdl);
    });
    assert_says(&report, "0x000000C4", "0x444449", "no MDL of IoAllocateMdl");
}

#[test]
fn a_part_is_outside_of_its_source() {
    let report = expect_stop!(|| {
        let buffer = storage(100);
        let (source, target) = (build(mdl(buffer)), mdl(buffer));
        nt!(IoBuildPartialMdl(
            source => usize, target => usize, buffer + 50 => usize, 51 => u32) -> ());
    });
    assert_says(&report, "0x000000C4", "0x444449", "outside of the source");
}
