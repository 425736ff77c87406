//! Waits for several objects, and semaphores.

use std::ptr;

use super::assert_says;
use crate::export_by_name::{nt, storage};
use crate::testing::expect_stop;

/// A semaphore without a count, of at most 1.
fn semaphore() -> usize {
    let semaphore = storage(0x20);
    nt!(KeInitializeSemaphore(semaphore => usize, 0 => i32, 1 => i32) -> ());
    semaphore
}

#[test]
fn a_thread_waits_for_too_many_objects() {
    let report = expect_stop!(|| {
        let objects = [semaphore(); 4];
        nt!(KeWaitForMultipleObjects(
            4 => u32, &raw const objects => *const [usize; 4], 1 => u32, 0 => u32, 0 => u8, 0 => u8,
            ptr::null() => *const i64, 0 => usize) -> u32);
    });
    assert_says(&report, "0x0000000C", "0x0", "need a WaitBlockArray");
}

#[test]
fn a_semaphore_is_released_beyond_its_limit() {
    let report = expect_stop!(|| {
        let semaphore = semaphore();
        nt!(KeReleaseSemaphore(semaphore => usize, 0 => i32, 2 => i32, 0 => u8) -> i32);
    });
    assert_says(&report, "0x0000001E", "0xc0000047", "the limit 1");
}
