//! Timers: dispatcher objects that become signalled at a time, and may queue a DPC then.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::time::Duration;

use super::dispatcher::{Dispatcher, DispatcherHeader};
use super::dpc;
use super::time::Timeout;
use crate::active_objects::{self, ActiveObject};
use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::deferred_calls::DeferredCall;
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::timer_queue::{self, Setting};
use crate::{clock, pool};

/// A `DISPATCHER_HEADER`'s type of a timer that stays signalled.
pub(super) const NOTIFICATION: u8 = 8;
/// A `DISPATCHER_HEADER`'s type of a timer that releases one waiter.
pub(super) const SYNCHRONIZATION: u8 = 9;

/// Driver Verifier: a timer lies in paged memory.
const PAGED_TIMER: u64 = 0xE1;

/// A `KTIMER`.
#[repr(C)]
pub(crate) struct KernelTimer {
    header: DispatcherHeader,
    due: i64,
    list: [usize; 2],
    /// The DPC that is queued when it expires, or 0.
    dpc: usize,
    processor: u32,
    /// In milliseconds; 0 for once only.
    period: u32,
}

const _: () = {
    assert!(size_of::<KernelTimer>() == 0x40);
    assert!(std::mem::offset_of!(KernelTimer, dpc) == 0x30);
};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeCancelTimer,
        KeInitializeTimer,
        KeInitializeTimerEx,
        KeReadStateTimer,
        KeSetCoalescableTimer,
        KeSetTimer,
        KeSetTimerEx,
    ]
}

impl KernelTimer {
    /// A timer that is not set.
    pub(crate) const fn new(address: usize, is_notification: bool) -> Self {
        let kind = if is_notification {
            NOTIFICATION
        } else {
            SYNCHRONIZATION
        };
        Self {
            header: DispatcherHeader::new(address, kind, size_of::<Self>(), 0),
            due: 0,
            list: [address + 0x20; 2],
            dpc: 0,
            processor: 0,
            period: 0,
        }
    }
}

/// Up to `DISPATCH_LEVEL`. The memory must be resident.
unsafe extern "win64" fn KeInitializeTimer(timer: *mut KernelTimer) {
    // SAFETY: by contract; 0 is a notification timer.
    unsafe { KeInitializeTimerEx(timer, 0) };
}

/// Up to `DISPATCH_LEVEL`. The memory must be resident.
unsafe extern "win64" fn KeInitializeTimerEx(timer: *mut KernelTimer, kind: u32) {
    const NAME: &str = "KeInitializeTimerEx";
    irql::require_at_most(NAME, Irql::DISPATCH);
    require_nonpaged(NAME, timer.addr());
    let new = KernelTimer::new(timer.addr(), kind == 0);
    // SAFETY: by contract storage for a timer.
    unsafe { timer.write(new) };
}

/// Stops the machine if the timer lies in paged memory, whether that is out or not.
fn require_nonpaged(function: &str, timer: usize) {
    let Some(block) = pool::contains(timer).filter(|block| !block.nonpaged) else {
        return;
    };
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [PAGED_TIMER, timer as u64, 0, 0],
        rule: format!("{function} was called for a timer in pageable memory: {block}"),
    })
}

/// Up to `DISPATCH_LEVEL`. Whether the timer was set already.
unsafe extern "win64" fn KeSetTimer(timer: *mut KernelTimer, due: i64, dpc: usize) -> u8 {
    // SAFETY: by contract.
    unsafe { set("KeSetTimer", timer, due, 0, dpc) }
}

/// Up to `DISPATCH_LEVEL`. Whether the timer was set already.
unsafe extern "win64" fn KeSetTimerEx(
    timer: *mut KernelTimer,
    due: i64,
    period: u32,
    dpc: usize,
) -> u8 {
    // SAFETY: by contract.
    unsafe { set("KeSetTimerEx", timer, due, period, dpc) }
}

/// Up to `DISPATCH_LEVEL`. Whether the timer was set already. The host delays no timer.
unsafe extern "win64" fn KeSetCoalescableTimer(
    timer: *mut KernelTimer,
    due: i64,
    period: u32,
    _tolerable_delay: u32,
    dpc: usize,
) -> u8 {
    // SAFETY: by contract.
    unsafe { set("KeSetCoalescableTimer", timer, due, period, dpc) }
}

/// Up to `DISPATCH_LEVEL`. Whether the timer was set. Its DPC may be queued or run.
unsafe extern "win64" fn KeCancelTimer(timer: *mut KernelTimer) -> u8 {
    irql::require_at_most("KeCancelTimer", Irql::DISPATCH);
    timer_queue::cancel(timer.expose_provenance()).into()
}

/// Up to `DISPATCH_LEVEL`. Whether the timer is signalled.
unsafe extern "win64" fn KeReadStateTimer(timer: *const KernelTimer) -> u8 {
    irql::require_at_most("KeReadStateTimer", Irql::DISPATCH);
    let _dispatcher = Dispatcher::lock();
    // SAFETY: by contract a timer that has been initialised; the lock orders its changes.
    let state = unsafe { (*timer).header.state };
    (state != 0).into()
}

/// Sets a timer. Whether it was set already.
///
/// # Safety
///
/// `timer` is memory of a `KTIMER`'s size, `dpc` is 0 or a DPC that has been initialised.
unsafe fn set(
    function: &'static str,
    timer: *mut KernelTimer,
    due: i64,
    period: u32,
    dpc: usize,
) -> u8 {
    irql::require_at_most(function, Irql::DISPATCH);
    // SAFETY: by contract; its kind never changes.
    let kind = unsafe { (*timer).header.kind };
    if !matches!(kind, NOTIFICATION | SYNCHRONIZATION) {
        irql::stop_for_rule(&format!(
            "{function} was called with what KeInitializeTimer has not made"
        ));
    }
    let setting = Setting {
        due: due_time(due),
        period: Duration::from_millis(period.into()),
        expired: expire,
        ended: |timer| {
            active_objects::remove(timer);
        },
    };
    let address = timer.expose_provenance();
    let was_set = timer_queue::set(address, setting, || {
        // SAFETY: by contract a timer, which cannot expire meanwhile.
        unsafe { prepare(timer, period, dpc) };
        active_objects::insert(address, ActiveObject::Timer);
    });
    was_set.into()
}

/// The time at which a timer expires: negative is from now, positive a system time.
pub(crate) fn due_time(due: i64) -> Duration {
    let now = clock::now();
    match Timeout::of(Some(&due)) {
        Timeout::After(time) => now.saturating_add(time),
        Timeout::Now | Timeout::Never => now,
    }
}

/// Makes a timer that is about to be set not signalled.
///
/// # Safety
///
/// `timer` has been initialised and does not expire meanwhile.
pub(crate) unsafe fn prepare(timer: *mut KernelTimer, period: u32, dpc: usize) {
    let _dispatcher = Dispatcher::lock();
    // SAFETY: by contract; the lock orders changes.
    let timer = unsafe { &mut *timer };
    timer.header.state = 0;
    timer.period = period;
    timer.dpc = dpc;
}

/// Signals a timer that has expired, and queues its DPC.
fn expire(timer: usize) -> Option<DeferredCall> {
    let timer = std::ptr::with_exposed_provenance_mut::<KernelTimer>(timer);
    // SAFETY: memory with a timer that is set is not freed: `active_objects`.
    let dpc = unsafe { signal(timer) };
    if dpc != 0 {
        // SAFETY: the DPC that the driver has set the timer with.
        unsafe { dpc::queue(dpc) };
    }
    None
}

/// Signals a timer. Its DPC, or 0.
///
/// # Safety
///
/// `timer` has been initialised.
pub(crate) unsafe fn signal(timer: *mut KernelTimer) -> usize {
    let dispatcher = Dispatcher::lock();
    // SAFETY: by contract; the lock orders changes.
    let timer = unsafe { &mut *timer };
    timer.header.state = 1;
    dispatcher.wake();
    timer.dpc
}
