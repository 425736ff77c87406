//! Handles.

use std::sync::Arc;

use super::assert_says;
use crate::export_by_name::nt;
use crate::ob::handles::{HandleTable, open};
use crate::process::{self, Process};
use crate::testing::expect_stop;
use crate::thread::Thread;

fn handle() -> usize {
    open(
        HandleTable::of_process(),
        "thread",
        "of this test",
        &Thread::new(),
    )
}

fn reference(handle: usize) -> u32 {
    let mut object = 0;
    nt!(ObReferenceObjectByHandle(
        handle => usize, 0 => u32, 0 => usize, 0 => i8, &raw mut object => *mut usize,
        0 => usize) -> u32)
}

#[test]
fn a_handle_is_closed_twice() {
    let report = expect_stop!(|| {
        let handle = handle();
        nt!(ZwClose(handle => usize) -> u32);
        nt!(ZwClose(handle => usize) -> u32);
    });
    assert!(report.contains("STOP 0x00000093"), "{report}");
    assert!(report.contains("no open handle"), "{report}");
}

#[test]
fn a_closed_handle_is_referenced() {
    let report = expect_stop!(|| {
        let handle = handle();
        nt!(ZwClose(handle => usize) -> u32);
        reference(handle);
    });
    assert_says(&report, "0x000000C4", "0x3c", "no open handle");
}

#[test]
fn the_null_handle_is_referenced() {
    let report = expect_stop!(|| {
        reference(0);
    });
    assert_says(&report, "0x000000C4", "0xf5", "the null handle");
}

#[test]
fn a_handle_of_a_process_is_referenced() {
    let report = expect_stop!(|| {
        let program: Arc<Process> = Process::user(77, 1000);
        let _entered = process::enter(&program);
        reference(handle());
    });
    assert_says(&report, "0x000000C4", "0xf6", "without OBJ_KERNEL_HANDLE");
}

#[test]
fn a_reference_is_returned_that_was_not_taken() {
    let report = expect_stop!(|| {
        let object = Thread::new().object();
        nt!(ObfDereferenceObject(object => usize) -> isize);
    });
    assert_says(&report, "0x000000C4", "0x3f", "without a reference");
}
