//! `EX_TIMER`s: timers that the system allocates. A driver can wait for one, or is called back by it.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::time::Duration;

use parking_lot::Mutex;

use crate::address_map::AddressMap;
use crate::clock::NANOS_PER_TICK;
use crate::deferred_calls::{self, DeferredCall, DeferredRoutine};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::ke::timer::{self, KernelTimer};
use crate::timer_queue::{self, Setting};
use crate::{callback_guard, fault, resource_tracker};

/// What the resource tracker calls one.
const TRACKED_KIND: &str = "EX_TIMER";
/// The attribute for a timer that releases all waiters.
const NOTIFICATION: u32 = 0x8000_0000;
/// The attributes that there are.
const KNOWN: u32 = NOTIFICATION | 0x4 | 0x8;

/// A timer, and the driver's callback for it.
struct ExTimer {
    timer: Box<KernelTimer>,
    callback: Option<DeferredRoutine>,
    context: usize,
}

/// `EXT_DELETE_PARAMETERS`.
#[repr(C)]
struct DeleteParameters {
    version: u32,
    reserved: u32,
    callback: Option<unsafe extern "win64" fn(usize)>,
    context: usize,
}

static TIMERS: Mutex<Option<AddressMap<ExTimer>>> = Mutex::new(None);

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ExAllocateTimer, ExCancelTimer, ExDeleteTimer, ExSetTimer]
}

/// Up to `DISPATCH_LEVEL`. 0 without memory.
unsafe extern "win64" fn ExAllocateTimer(
    callback: Option<DeferredRoutine>,
    context: usize,
    attributes: u32,
) -> usize {
    const NAME: &str = "ExAllocateTimer";
    irql::require_at_most(NAME, Irql::DISPATCH);
    if attributes & !KNOWN != 0 || fault::inject(NAME) {
        return 0;
    }
    let mut timer = Box::new(KernelTimer::new(0, true));
    let address = (&raw mut *timer).expose_provenance();
    *timer = KernelTimer::new(address, attributes & NOTIFICATION != 0);
    let new = ExTimer {
        timer,
        callback,
        context,
    };
    TIMERS.lock().get_or_insert_default().insert(address, new);
    resource_tracker::record(TRACKED_KIND, address, "ExDeleteTimer frees it");
    address
}

/// Up to `DISPATCH_LEVEL`. Whether the timer was set already. The period is in units of 100 ns.
unsafe extern "win64" fn ExSetTimer(
    timer: usize,
    due: i64,
    period: i64,
    _parameters: *const u8,
) -> u8 {
    irql::require_at_most("ExSetTimer", Irql::DISPATCH);
    let mut all = TIMERS.lock();
    let Some(known) = all.as_mut().and_then(|all| all.get_mut(&timer)) else {
        stop_unknown("ExSetTimer", timer);
    };
    let object = &raw mut *known.timer;
    drop(all);
    let period = period.max(0).unsigned_abs().saturating_mul(NANOS_PER_TICK);
    let setting = Setting {
        due: timer::due_time(due),
        period: Duration::from_nanos(period),
        expired: expire,
        ended: |_timer| {},
    };
    // SAFETY: a timer of this module, which cannot expire meanwhile.
    timer_queue::set(timer, setting, || unsafe { timer::prepare(object, 0, 0) }).into()
}

/// Up to `DISPATCH_LEVEL`. Whether the timer was set.
extern "win64" fn ExCancelTimer(timer: usize, _parameters: *const u8) -> u8 {
    irql::require_at_most("ExCancelTimer", Irql::DISPATCH);
    require_known("ExCancelTimer", timer);
    timer_queue::cancel(timer).into()
}

/// Up to `DISPATCH_LEVEL`; up to `APC_LEVEL` if it waits for a callback that runs. Whether it cancelled
/// the timer. A timer that is set, and has to be deleted without being cancelled, stops the machine:
/// this host does not implement that.
unsafe extern "win64" fn ExDeleteTimer(
    timer: usize,
    cancel: u8,
    wait: u8,
    parameters: *const DeleteParameters,
) -> u8 {
    const NAME: &str = "ExDeleteTimer";
    let limit = if wait == 0 { Irql::DISPATCH } else { Irql::APC };
    irql::require_at_most(NAME, limit);
    require_known(NAME, timer);
    if wait != 0 && cancel == 0 {
        irql::stop_for_rule("ExDeleteTimer was called with Wait, but without Cancel");
    }
    if cancel == 0 && timer_queue::is_set(timer) {
        irql::stop_for_rule(
            "ExDeleteTimer was called for a timer that is set, without Cancel: this host does not \
             implement a deletion after the timer expires",
        );
    }
    let was_set = timer_queue::cancel(timer);
    deferred_calls::remove(timer);
    if wait != 0 {
        deferred_calls::flush();
    }
    resource_tracker::release(TRACKED_KIND, timer);
    let deleted = TIMERS.lock().as_mut().and_then(|all| all.remove(&timer));
    drop(deleted);
    // SAFETY: by contract null or the caller's parameters.
    if let Some(parameters) = unsafe { parameters.as_ref() }
        && let Some(callback) = parameters.callback
    {
        callback_guard::run("the deletion callback of an EX_TIMER", || {
            // SAFETY: the driver gave this routine for exactly this call.
            unsafe { callback(parameters.context) }
        });
    }
    was_set.into()
}

/// The callback of a timer that is set, 0 if it has none.
pub(crate) fn set_timer_callback() -> Option<usize> {
    // A timer expires under the queue's lock, and takes this one then: the queue is asked without it.
    let timers = callbacks();
    let (_, callback) = timers
        .into_iter()
        .find(|(timer, _)| timer_queue::is_set(*timer))?;
    Some(callback.map_or(0, |callback| callback as *const () as usize))
}

/// All timers, each with its callback.
fn callbacks() -> Vec<(usize, Option<DeferredRoutine>)> {
    let all = TIMERS.lock();
    let timers = all.iter().flatten();
    timers
        .map(|(timer, known)| (*timer, known.callback))
        .collect()
}

/// The call of the driver's callback for a timer that has expired.
fn expire(timer: usize) -> Option<DeferredCall> {
    let mut all = TIMERS.lock();
    let known = all.as_mut()?.get_mut(&timer)?;
    // SAFETY: a timer of this module.
    unsafe { timer::signal(&raw mut *known.timer) };
    Some(DeferredCall {
        key: timer,
        routine: known.callback?,
        arguments: [timer, known.context, 0, 0],
        name: "the callback of the EX_TIMER",
        dequeued: |_timer| {},
        level: Irql::DISPATCH,
    })
}

fn require_known(function: &str, timer: usize) {
    let all = TIMERS.lock();
    if !all.as_ref().is_some_and(|all| all.contains_key(&timer)) {
        drop(all);
        stop_unknown(function, timer);
    }
}

fn stop_unknown(function: &str, timer: usize) -> ! {
    irql::stop_for_rule(&format!(
        "{function} was called with {timer:#x}, which is no timer of ExAllocateTimer, or is deleted"
    ))
}
