//! The queue of deferred procedure calls, and the two processors that run them: a DPC that is queued
//! again while it runs may run on both.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::thread;

use parking_lot::{Condvar, Mutex};

use crate::bugcheck::{self, BugCheck, TIMER_OR_DPC_INVALID};
use crate::callback_guard::{self, CallbackGuard, Change};
use crate::irql::{self, Irql};
use crate::{activity, level};

/// Threads that run deferred calls.
const PROCESSORS: usize = 2;
/// Bug check 0xC7: a DPC routine has changed the number of critical regions.
const REGIONS_CHANGED: u64 = 4;

/// A deferred routine.
pub(crate) type DeferredRoutine = unsafe extern "win64" fn(usize, usize, usize, usize);

/// A call of a deferred routine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeferredCall {
    /// What it is called for: the address of a DPC or of a timer.
    pub(crate) key: usize,
    pub(crate) routine: DeferredRoutine,
    pub(crate) arguments: [usize; 4],
    /// What it is called in reports.
    pub(crate) name: &'static str,
    /// Called with the key when the call leaves the queue, before the routine.
    pub(crate) dequeued: fn(usize),
    pub(crate) level: Irql,
}

/// The calls that wait, and those that run, by their places in the order of arrival.
struct State {
    next: u64,
    waiting: VecDeque<(u64, DeferredCall)>,
    running: Vec<u64>,
}

static STATE: Mutex<State> = Mutex::new(State {
    next: 0,
    waiting: VecDeque::new(),
    running: Vec::new(),
});
static CHANGED: Condvar = Condvar::new();
static STARTED: OnceLock<()> = OnceLock::new();

/// Queues a call behind the others, or before them. False if one with its key waits. `prepare` runs if
/// none does, before a processor can take the call.
pub(crate) fn insert(call: DeferredCall, first: bool, prepare: impl FnOnce()) -> bool {
    STARTED.get_or_init(start_processors);
    let mut state = STATE.lock();
    if state.waiting.iter().any(|(_, other)| other.key == call.key) {
        return false;
    }
    prepare();
    let place = state.next;
    state.next += 1;
    if first {
        state.waiting.push_front((place, call));
    } else {
        state.waiting.push_back((place, call));
    }
    CHANGED.notify_all();
    true
}

/// Takes the call with this key from the queue; whether it waited.
pub(crate) fn remove(key: usize) -> bool {
    let mut state = STATE.lock();
    let place = state.waiting.iter().position(|(_, call)| call.key == key);
    let removed = place.and_then(|place| state.waiting.remove(place));
    if let Some((_, call)) = removed {
        (call.dequeued)(call.key);
    }
    CHANGED.notify_all();
    removed.is_some()
}

/// Waits until each call that waits or runs now has returned.
pub(crate) fn flush() {
    let mut state = STATE.lock();
    let end = state.next;
    while state.has_before(end) {
        CHANGED.wait(&mut state);
    }
}

/// Waits until no call waits or runs.
pub fn wait_idle() {
    let mut state = STATE.lock();
    while state.has_before(u64::MAX) {
        CHANGED.wait(&mut state);
    }
}

impl State {
    /// Whether a call that arrived before `end` waits or runs.
    fn has_before(&self, end: u64) -> bool {
        let waiting = self.waiting.iter().map(|(place, _)| place);
        waiting.chain(&self.running).any(|place| *place < end)
    }
}

fn start_processors() {
    for number in 0..PROCESSORS {
        thread::Builder::new()
            .name(format!("system: DPCs of processor {number}"))
            .spawn(run_calls)
            .expect("a thread");
    }
}

fn run_calls() {
    let mut state = STATE.lock();
    loop {
        let Some((place, call)) = state.waiting.pop_front() else {
            CHANGED.wait(&mut state);
            continue;
        };
        state.running.push(place);
        activity::begin();
        (call.dequeued)(call.key);
        drop(state);
        run(&call);
        state = STATE.lock();
        state.running.retain(|running| *running != place);
        CHANGED.notify_all();
    }
}

fn run(call: &DeferredCall) {
    let old = irql::raise(call.level);
    let guard = CallbackGuard::begin(format!("{} {:#x}", call.name, call.key));
    level::set_floor(call.level);
    let [first, second, third, fourth] = call.arguments;
    // SAFETY: the driver gave this routine for exactly this call.
    unsafe { (call.routine)(first, second, third, fourth) };
    level::set_floor(Irql::PASSIVE);
    match guard.end() {
        None => {}
        Some(Change::Regions(before, after)) => stop_for_regions(call, before, after),
        Some(change) => callback_guard::report(call.name, change),
    }
    level::replace(old);
}

fn stop_for_regions(call: &DeferredCall, before: u32, after: u32) -> ! {
    bugcheck::stop(BugCheck {
        code: TIMER_OR_DPC_INVALID,
        parameters: [
            REGIONS_CHANGED,
            call.routine as usize as u64,
            before.into(),
            after.into(),
        ],
        rule: format!(
            "{} was entered in {before} critical regions and returned in {after}",
            call.name
        ),
    })
}
