//! DPCs and timers.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::export_by_name::{free, nt, storage};
use crate::irql::{self, Irql};
use crate::testing::run_alone;
use crate::{clock, deferred_calls, resource_tracker, timer_queue};

type Routine = extern "win64" fn(usize, usize, usize, usize);

/// A second from now, in units of 100 ns.
const A_SECOND: i64 = -10_000_000;

/// Adds the sum of its arguments to the counter that is its context.
extern "win64" fn add(_dpc: usize, context: usize, first: usize, second: usize) {
    assert_eq!(irql::current(), Irql::DISPATCH);
    let counter: *const AtomicUsize = ptr::with_exposed_provenance(context);
    // SAFETY: the test's counter lives for ever.
    unsafe { &*counter }.fetch_add(1 + first + second, Ordering::SeqCst);
}

/// A counter for [`add`], and a DPC that adds to it.
fn counting_dpc() -> (&'static AtomicUsize, usize) {
    let counter: &AtomicUsize = Box::leak(Box::default());
    let context = ptr::from_ref(counter).expose_provenance();
    let dpc = storage(0x40);
    nt!(KeInitializeDpc(dpc => usize, add => Routine, context => usize) -> ());
    (counter, dpc)
}

/// Advances the clock, and waits for what is due.
fn pass(time: Duration) {
    clock::pass(time);
    timer_queue::clock_advanced();
    timer_queue::wait_idle();
    deferred_calls::wait_idle();
}

fn is_signalled(timer: usize) -> bool {
    nt!(KeReadStateTimer(timer => usize) -> u8) != 0
}

fn wait(object: usize, timeout: i64) -> u32 {
    nt!(KeWaitForSingleObject(
        object => usize, 0 => u32, 0 => u8, 0 => u8, &raw const timeout => *const i64) -> u32)
}

#[test]
fn a_dpc_runs_once_at_dispatch_with_its_arguments() {
    let (counter, dpc) = counting_dpc();
    let queued = nt!(KeInsertQueueDpc(dpc => usize, 10 => usize, 100 => usize) -> u8);
    nt!(KeFlushQueuedDpcs() -> ());
    assert_eq!((queued, counter.load(Ordering::SeqCst)), (1, 111));
    assert_eq!(nt!(KeRemoveQueueDpc(dpc => usize) -> u8), 0);
    free(dpc);
}

#[test]
fn a_timer_expires_at_its_time_and_queues_its_dpc() {
    run_alone!(|| {
        clock::stop();
        let (counter, dpc) = counting_dpc();
        let timer = storage(0x40);
        nt!(KeInitializeTimerEx(timer => usize, 1 => u32) -> ());
        let set = || nt!(KeSetTimer(timer => usize, A_SECOND => i64, dpc => usize) -> u8);
        assert_eq!((set(), set()), (0, 1));
        pass(Duration::from_millis(999));
        assert!(!is_signalled(timer) && counter.load(Ordering::SeqCst) == 0);
        pass(Duration::from_millis(1));
        assert!(is_signalled(timer) && counter.load(Ordering::SeqCst) == 1);
        // A synchronization timer releases one waiter.
        assert_eq!((wait(timer, 0), wait(timer, 0)), (0, 0x102));
        assert_eq!(nt!(KeCancelTimer(timer => usize) -> u8), 0);
        free(timer);
    });
}

#[test]
fn a_periodic_timer_expires_until_it_is_cancelled() {
    run_alone!(|| {
        clock::stop();
        let (counter, dpc) = counting_dpc();
        let timer = storage(0x40);
        nt!(KeInitializeTimer(timer => usize) -> ());
        nt!(KeSetCoalescableTimer(
            timer => usize, A_SECOND => i64, 500 => u32, 50 => u32, dpc => usize) -> u8);
        for _ in 0..4 {
            pass(Duration::from_millis(500));
        }
        assert_eq!(counter.load(Ordering::SeqCst), 3);
        assert_eq!(nt!(KeCancelTimer(timer => usize) -> u8), 1);
        pass(Duration::from_secs(5));
        assert_eq!(counter.load(Ordering::SeqCst), 3);
        free(timer);
    });
}

#[test]
fn a_timer_of_the_system_calls_back_and_is_listed() {
    extern "win64" fn count(timer: usize, context: usize, _third: usize, _fourth: usize) {
        add(timer, context, 0, 0);
    }
    run_alone!(|| {
        clock::stop();
        let counter: &AtomicUsize = Box::leak(Box::default());
        let context = ptr::from_ref(counter).expose_provenance();
        let timer = nt!(ExAllocateTimer(count => Routine, context => usize, 4 => u32) -> usize);
        let is_listed = || {
            let all = resource_tracker::outstanding();
            all.iter()
                .any(|entry| entry.kind == "EX_TIMER" && entry.address == timer)
        };
        assert!(is_listed());
        nt!(ExSetTimer(
            timer => usize, A_SECOND => i64, 10_000_000 => i64, ptr::null() => *const u8) -> u8);
        pass(Duration::from_secs(1));
        pass(Duration::from_secs(1));
        assert_eq!(counter.load(Ordering::SeqCst), 2);
        let cancelled = nt!(ExCancelTimer(timer => usize, ptr::null() => *const u8) -> u8);
        let deleted = nt!(ExDeleteTimer(
            timer => usize, 1 => u8, 1 => u8, ptr::null() => *const u8) -> u8);
        assert_eq!((cancelled, deleted, is_listed()), (1, 0, false));
    });
}
