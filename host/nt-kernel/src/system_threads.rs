//! The threads that a driver has created.

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};

use parking_lot::Mutex;

use crate::bugcheck::{BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::callback_guard::{self, CallbackGuard, Change, ChangeReport, REGIONS};
use crate::irql::{self, Irql};
use crate::ke::Dispatcher;
use crate::on_windows::{self, Rule};
use crate::thread::{self, Thread};
use crate::{resource_tracker, thread_exit};

/// A thread's routine: `KSTART_ROUTINE`.
pub(crate) type ThreadRoutine = unsafe extern "win64" fn(usize);

/// What the resource tracker calls a thread.
const TRACKED_KIND: &str = "system thread";

/// The routines of the threads that have not ended, by the addresses of their thread objects.
static RUNNING: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// What a thread begins with.
struct Start {
    routine: ThreadRoutine,
    context: usize,
}

/// Starts a thread of the driver's, and gives its id with it; `None` if the system has no thread left.
pub(crate) fn start(routine: ThreadRoutine, context: usize) -> Option<(Arc<Thread>, usize)> {
    let thread = Thread::new();
    let object = thread.object();
    let address = routine as *const () as usize;
    RUNNING.lock().insert(object, address);
    resource_tracker::record(TRACKED_KIND, object, "it has not ended");
    let own = Arc::clone(&thread);
    let (begun, id) = mpsc::channel();
    let started = std::thread::Builder::new()
        .name("system: a driver's thread".to_owned())
        .spawn(move || {
            // Its creator waits for it.
            let _ = begun.send(thread::id());
            run(&own, Start { routine, context });
        });
    let Some(id) = started.ok().and_then(|_thread| id.recv().ok()) else {
        forget(object);
        return None;
    };
    Some((thread, id))
}

/// A thread that has not ended: the address of its routine.
pub(crate) fn any_running() -> Option<usize> {
    RUNNING.lock().values().next().copied()
}

fn run(thread: &Arc<Thread>, start: Start) {
    const NAME: &str = "the routine of a system thread";
    let _entered = thread::enter(thread);
    let guard = CallbackGuard::begin(NAME.to_owned());
    let start = Box::new(start);
    thread_exit::run(
        call_routine,
        std::ptr::from_ref(&*start).expose_provenance(),
    );
    if let Some(change) = guard.end() {
        report(NAME, change);
    }
    forget(thread.object());
    let dispatcher = Dispatcher::lock();
    thread.end();
    dispatcher.wake();
}

/// Reports what the thread has left behind at its end.
fn report(name: &str, change: Change) {
    const RULE: Rule = Rule::named("threads::a_thread_ends_in_a_critical_region");
    let Change::Regions(before, after) = change else {
        return callback_guard::report(name, change);
    };
    let report = BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [REGIONS, before.into(), after.into(), 0],
        rule: ChangeReport::new(name, change).to_string(),
    };
    on_windows::broken(RULE, report);
}

extern "sysv64" fn call_routine(start: usize) {
    let start: *const Start = std::ptr::with_exposed_provenance(start);
    // SAFETY: the caller has it until this returns.
    let Start { routine, context } = unsafe { &*start };
    // SAFETY: the driver gave this routine for exactly this call.
    unsafe { routine(*context) };
}

fn forget(object: usize) {
    RUNNING.lock().remove(&object);
    resource_tracker::release(TRACKED_KIND, object);
}

/// Ends the current thread, if a driver has created it.
pub(crate) fn end_current() {
    irql::require_at_most("PsTerminateSystemThread", Irql::PASSIVE);
    if thread_exit::can_leave() {
        // SAFETY: the frames between are the driver's and those of an export, which have nothing to
        // drop.
        unsafe { thread_exit::leave() };
    }
}
