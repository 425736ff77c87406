//! Waits for semaphores and for several objects.

use crate::export_by_name::{free, nt, storage};

/// `STATUS_TIMEOUT`.
const TIMEOUT: u32 = 0x102;
/// `WaitAll` and `WaitAny`.
const ALL: u32 = 0;
const ANY: u32 = 1;

fn semaphore(count: i32) -> usize {
    let semaphore = storage(0x20);
    nt!(KeInitializeSemaphore(semaphore => usize, count => i32, 5 => i32) -> ());
    semaphore
}

fn count(semaphore: usize) -> i32 {
    nt!(KeReadStateSemaphore(semaphore => usize) -> i32)
}

fn wait(objects: &[usize], kind: u32) -> u32 {
    let now = 0i64;
    let number = u32::try_from(objects.len()).unwrap();
    nt!(KeWaitForMultipleObjects(
        number => u32, objects.as_ptr() => *const usize, kind => u32, 0 => u32, 0 => u8, 0 => u8,
        &raw const now => *const i64, 0 => usize) -> u32)
}

#[test]
fn a_wait_for_any_takes_the_first_that_is_signalled() {
    let objects = [semaphore(0), semaphore(2)];
    assert_eq!((wait(&objects, ANY), wait(&objects, ANY)), (1, 1));
    assert_eq!(wait(&objects, ANY), TIMEOUT);
    objects.into_iter().for_each(free);
}

#[test]
fn a_wait_for_all_takes_nothing_until_all_are_signalled() {
    let objects = [semaphore(1), semaphore(0)];
    assert_eq!(wait(&objects, ALL), TIMEOUT);
    assert_eq!(objects.map(count), [1, 0]);
    let old = nt!(KeReleaseSemaphore(objects[1] => usize, 0 => i32, 3 => i32, 0 => u8) -> i32);
    assert_eq!((old, wait(&objects, ALL)), (0, 0));
    assert_eq!(objects.map(count), [0, 2]);
    objects.into_iter().for_each(free);
}
