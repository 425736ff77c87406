//! Timers.

use std::ptr;

use super::assert_says;
use crate::export_by_name::{free, nt, storage};
use crate::irql::{self, Irql};
use crate::testing::expect_stop;
use crate::unload;

/// An hour from now, in units of 100 ns.
const AN_HOUR: i64 = -36_000_000_000;

/// A timer in a pool block.
fn timer() -> usize {
    let timer = storage(0x40);
    nt!(KeInitializeTimer(timer => usize) -> ());
    timer
}

fn set(timer: usize) {
    nt!(KeSetTimer(timer => usize, AN_HOUR => i64, 0 => usize) -> u8);
}

/// A timer of `ExAllocateTimer`, which is set.
fn set_ex_timer() -> usize {
    let timer = nt!(ExAllocateTimer(0 => usize, 0 => usize, 0 => u32) -> usize);
    nt!(ExSetTimer(
        timer => usize, AN_HOUR => i64, 0 => i64, ptr::null() => *const u8) -> u8);
    timer
}

#[test]
fn memory_with_a_set_timer_is_freed() {
    let report = expect_stop!(|| {
        let timer = timer();
        set(timer);
        free(timer);
    });
    assert_says(&report, "0x000000C7", "0x0", "KeCancelTimer comes first");
}

#[test]
fn a_timer_is_set_at_unload() {
    let report = expect_stop!(|| {
        set(timer());
        unload::require_nothing_active();
    });
    assert_says(&report, "0x000000C7", "0x0", "the driver was unloaded");
}

#[test]
fn a_timer_of_the_system_is_set_at_unload() {
    let report = expect_stop!(|| {
        set_ex_timer();
        unload::require_nothing_active();
    });
    assert_says(&report, "0x000000C7", "0x2", "ExDeleteTimer comes first");
}

#[test]
fn a_deleted_timer_is_set() {
    let report = expect_stop!(|| {
        let timer = set_ex_timer();
        nt!(ExDeleteTimer(timer => usize, 1 => u8, 0 => u8, ptr::null() => *const u8) -> u8);
        nt!(ExSetTimer(
            timer => usize, AN_HOUR => i64, 0 => i64, ptr::null() => *const u8) -> u8);
    });
    assert_says(&report, "0x000000C4", "0x444449", "or is deleted");
}

#[test]
fn a_deletion_waits_at_dispatch() {
    let report = expect_stop!(|| {
        let timer = set_ex_timer();
        irql::raise(Irql::DISPATCH);
        nt!(ExDeleteTimer(timer => usize, 1 => u8, 1 => u8, ptr::null() => *const u8) -> u8);
    });
    assert_says(&report, "0x000000C4", "0x444449", "ExDeleteTimer");
}

#[test]
fn a_timer_is_set_that_is_not_initialised() {
    let report = expect_stop!(|| set(storage(0x40)));
    assert_says(
        &report,
        "0x000000C4",
        "0x444449",
        "KeInitializeTimer has not made",
    );
}

#[test]
fn a_timer_is_in_paged_memory() {
    let report = expect_stop!(|| {
        let block = crate::pool::allocate(false, 0x40, 1).expect("memory");
        let timer = block.expose_provenance().get();
        nt!(KeInitializeTimer(timer => usize) -> ());
    });
    assert_says(&report, "0x000000C4", "0xe1", "in pageable memory");
}
