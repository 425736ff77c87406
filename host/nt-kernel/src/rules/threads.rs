//! Threads of `PsCreateSystemThread`.

use std::ptr;

use super::assert_says;
use crate::critical_regions;
use crate::export_by_name::nt;
use crate::irql::{self, Irql};
use crate::testing::expect_stop;
use crate::unload;

type Routine = extern "win64" fn(usize);

/// Starts a thread with this routine. Its handle.
fn start(routine: Routine) -> usize {
    let mut handle = 0;
    let status = nt!(PsCreateSystemThread(
        &raw mut handle => *mut usize, 0x1F_FFFF => u32, ptr::null() => *const u8, 0 => usize,
        ptr::null_mut() => *mut u8, routine => Routine, 0 => usize) -> u32);
    assert_eq!(status, 0);
    handle
}

/// Starts it and waits for its end.
pub(super) fn run(routine: Routine) {
    let handle = start(routine);
    let mut thread = 0;
    nt!(ObReferenceObjectByHandle(
        handle => usize, 0 => u32, 0 => usize, 0 => i8, &raw mut thread => *mut usize,
        0 => usize) -> u32);
    nt!(KeWaitForSingleObject(
        thread => usize, 0 => u32, 0 => u8, 0 => u8, ptr::null() => *const i64) -> u32);
}

#[test]
fn a_thread_runs_at_unload() {
    extern "win64" fn stay(_context: usize) {
        loop {
            std::thread::park();
        }
    }
    let report = expect_stop!(|| {
        start(stay);
        unload::require_nothing_active();
    });
    let words = "DriverUnload waits for the thread object first";
    assert!(report.contains("STOP 0x000000CE"), "{report}");
    assert!(report.contains(words), "{report}");
}

#[test]
fn a_thread_ends_above_passive_level() {
    extern "win64" fn end(_context: usize) {
        irql::raise(Irql::APC);
        nt!(PsTerminateSystemThread(0 => u32) -> u32);
    }
    let report = expect_stop!(|| run(end));
    assert_says(&report, "0x000000C4", "0x2001c", "PsTerminateSystemThread");
}

#[test]
fn a_thread_ends_in_a_critical_region() {
    extern "win64" fn end(_context: usize) {
        critical_regions::enter();
        nt!(PsTerminateSystemThread(0 => u32) -> u32);
    }
    let report = expect_stop!(|| run(end));
    assert_says(&report, "0x000000C4", "0x524547", "critical regions");
}

#[test]
fn a_thread_is_created_at_apc_level() {
    extern "win64" fn end(_context: usize) {}
    let report = expect_stop!(|| {
        irql::raise(Irql::APC);
        start(end);
    });
    assert_says(&report, "0x000000C4", "0x2001c", "PsCreateSystemThread");
}
