//! Threads of `PsCreateSystemThread`.

use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::export_by_name::nt;
use crate::process::{self, Process};
use crate::resource_tracker;

type Routine = extern "win64" fn(usize);

/// `STATUS_TIMEOUT`.
const TIMEOUT: u32 = 0x102;

/// Starts a thread, and gives its object with a reference; the handle is closed.
fn start(routine: Routine, context: usize) -> usize {
    let (mut handle, mut thread) = (0, 0);
    let status = nt!(PsCreateSystemThread(
        &raw mut handle => *mut usize, 0x1F_FFFF => u32, ptr::null() => *const u8, 0 => usize,
        ptr::null_mut() => *mut u8, routine => Routine, context => usize) -> u32);
    assert_eq!(status, 0);
    let status = nt!(ObReferenceObjectByHandle(
        handle => usize, 0 => u32, 0 => usize, 0 => i8, &raw mut thread => *mut usize,
        0 => usize) -> u32);
    assert_eq!(status, 0);
    nt!(ZwClose(handle => usize) -> u32);
    thread
}

fn wait(thread: usize, timeout: *const i64) -> u32 {
    nt!(KeWaitForSingleObject(
        thread => usize, 0 => u32, 0 => u8, 0 => u8, timeout => *const i64) -> u32)
}

/// Waits until the flag at `context` is set, then ends in one of two ways and sets it to 2.
extern "win64" fn end_when_told(context: usize) {
    let flag: *const AtomicU32 = ptr::with_exposed_provenance(context);
    // SAFETY: the test's flag lives for ever.
    let flag = unsafe { &*flag };
    while flag.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    flag.store(2, Ordering::SeqCst);
    nt!(PsTerminateSystemThread(0 => u32) -> u32);
    unreachable!("the thread has ended");
}

#[test]
fn a_thread_can_be_waited_for_until_it_ends() {
    let flag: &AtomicU32 = Box::leak(Box::default());
    let thread = start(end_when_told, ptr::from_ref(flag).expose_provenance());
    let now = 0;
    assert_eq!(wait(thread, &raw const now), TIMEOUT);
    flag.store(1, Ordering::SeqCst);
    assert_eq!(wait(thread, ptr::null()), 0);
    assert_eq!(flag.load(Ordering::SeqCst), 2);
    nt!(ObfDereferenceObject(thread => usize) -> isize);
    let all = resource_tracker::outstanding();
    assert!(all.iter().all(|entry| entry.address != thread), "{all:?}");
}

#[test]
fn the_creator_of_a_thread_gets_its_id() {
    static ID: AtomicUsize = AtomicUsize::new(0);
    extern "win64" fn note(_context: usize) {
        ID.store(nt!(PsGetCurrentThreadId() -> usize), Ordering::SeqCst);
    }
    let (mut handle, mut client) = (0, [0_usize; 2]);
    let status = nt!(PsCreateSystemThread(
        &raw mut handle => *mut usize, 0x1F_FFFF => u32, ptr::null() => *const u8, 0 => usize,
        &raw mut client => *mut [usize; 2], note => Routine, 0 => usize) -> u32);
    assert_eq!(status, 0);
    nt!(ZwClose(handle => usize) -> u32);
    while ID.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    assert_eq!(client, [4, ID.load(Ordering::SeqCst)]);
}

#[test]
fn a_thread_ends_when_its_routine_returns() {
    extern "win64" fn end(_context: usize) {}
    let thread = start(end, 0);
    assert_eq!(wait(thread, ptr::null()), 0);
    nt!(ObfDereferenceObject(thread => usize) -> isize);
}

#[test]
fn a_handle_of_a_program_may_be_any_number() {
    const INVALID_HANDLE: u32 = 0xC000_0008;
    let program = Process::user(78, 1000);
    let _entered = process::enter(&program);
    let mut thread = 0;
    for handle in [0, 0x7FFF_0000] {
        let status = nt!(ObReferenceObjectByHandle(
            handle => usize, 0 => u32, 0 => usize, 1 => i8, &raw mut thread => *mut usize,
            0 => usize) -> u32);
        assert_eq!(status, INVALID_HANDLE);
    }
}

#[test]
fn only_a_thread_of_the_drivers_can_end_itself() {
    const INVALID_PARAMETER: u32 = 0xC000_000D;
    let status = nt!(PsTerminateSystemThread(0 => u32) -> u32);
    assert_eq!(status, INVALID_PARAMETER);
}
