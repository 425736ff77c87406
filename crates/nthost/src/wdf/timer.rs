//! WDFTIMER: a callback when time has come.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use abi::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use super::attributes::{ExecutionLevel, ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::callback;
use super::functions::functions;
use super::handle::{Any, Handle, Kind};
use super::object::{Body, Object, Plan, Ref};
use super::pointer::{In, Out};
use super::status;
use super::sync::{self, CallbackLock};
use super::violation::Violation;
use super::wait_lock::duration;
use super::work_item::serialization;
use crate::kernel::irql::{self, Irql};

functions! {
    318 DISPATCH WdfTimerCreate = create(
        config: In<TimerConfig>, attributes: In<ObjectAttributes>,
        timer: Out<Handle<Timer>>) -> NtStatus;
    319 DISPATCH WdfTimerStart = start(timer: Handle<Timer>, due: i64) -> u8;
    320 DISPATCH WdfTimerStop = stop(timer: Handle<Timer>, wait: u8) -> u8;
    321 DISPATCH WdfTimerGetParentObject = get_parent(timer: Handle<Timer>) -> Handle<Any>;
}

/// `EvtTimerFunc`.
type TimerCallback = unsafe extern "win64" fn(Handle<Timer>);

/// `WDF_TIMER_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct TimerConfig {
    pub(crate) size: u32,
    pub(crate) function: Option<TimerCallback>,
    pub(crate) period: u32,
    pub(crate) automatic_serialization: u8,
    pub(crate) tolerable_delay: u32,
    pub(crate) unused: u32,
    pub(crate) high_resolution: u8,
}

const _: () = assert!(size_of::<TimerConfig>() == 40);

/// The longest period, in milliseconds.
const PERIOD_MAX: u32 = 0x7FFF_FFFF;

#[derive(Default)]
struct State {
    /// Raised whenever the timer is set or stopped, so that what waits for an older one gives up.
    setting: u64,
    armed: bool,
    running: bool,
    stopped: bool,
}

/// A timer.
pub(crate) struct Timer {
    function: TimerCallback,
    period: Duration,
    level: ExecutionLevel,
    lock: Option<Arc<CallbackLock>>,
    state: Mutex<State>,
    changed: Condvar,
}

impl Body for Timer {
    const KIND: Kind = Kind::Timer;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        this.state.lock().stopped = true;
        this.disarm();
        if !callback::is_running(this.value()) {
            this.wait();
        }
    }
}

impl Timer {
    /// Whether it was armed.
    fn disarm(&self) -> bool {
        let mut state = self.state.lock();
        state.setting += 1;
        let was_armed = std::mem::take(&mut state.armed);
        drop(state);
        self.changed.notify_all();
        was_armed
    }

    /// Waits until its callback is not running.
    fn wait(&self) {
        let mut state = self.state.lock();
        while state.running {
            self.changed.wait(&mut state);
        }
    }
}

fn create(
    call: &Call,
    config: In<TimerConfig>,
    attributes: In<ObjectAttributes>,
    timer: Out<Handle<Timer>>,
) -> NtStatus {
    let timer = timer.required(call, "Timer");
    let created = try_create(call, config, attributes);
    status::from_result(created.map(|created| timer.set(created.handle())))
}

fn try_create(
    call: &Call,
    config: In<TimerConfig>,
    attributes: In<ObjectAttributes>,
) -> Result<Ref<Timer>, NtStatus> {
    let config = config.sized(call, "Config")?;
    let function = config.function.unwrap_or_else(|| call.null("EvtTimerFunc"));
    let hurried = config.high_resolution != 0 && config.tolerable_delay != 0;
    if config.period > PERIOD_MAX || hurried {
        return Err(NtStatus::INVALID_PARAMETER);
    }
    let rules = Rules {
        parent: ParentRule::Required,
        level: true,
        scope: false,
    };
    let attributes = attributes.check(call, rules)?;
    let level = attributes.level.unwrap_or(ExecutionLevel::Dispatch);
    if level == ExecutionLevel::Passive && config.period != 0 {
        return Err(NtStatus::NOT_SUPPORTED);
    }
    let serialized = config.automatic_serialization != 0;
    let body = Timer {
        function,
        period: Duration::from_millis(config.period.into()),
        level,
        lock: serialization(attributes.parent.as_ref(), serialized, level)?,
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    let plan = Plan::below(call.driver().object(), attributes);
    Object::create(&call.binding, plan, body)
}

fn start(call: &Call, timer: Handle<Timer>, due: i64) -> u8 {
    let timer = call.object(timer, "Timer");
    if timer.state.lock().stopped {
        return 0;
    }
    let was_armed = timer.disarm();
    let mut state = timer.state.lock();
    state.armed = true;
    let setting = state.setting;
    drop(state);
    let end = Instant::now() + duration(due);
    thread::Builder::new()
        .name("timer".to_owned())
        .spawn(move || keep(&timer, setting, end))
        .expect("a thread");
    was_armed.into()
}

/// Waits for the time, calls the driver, and again if the timer is periodic.
fn keep(timer: &Ref<Timer>, setting: u64, mut end: Instant) {
    while expire(timer, setting, end) {
        call_back(timer);
        timer.state.lock().running = false;
        timer.changed.notify_all();
        end += timer.period;
    }
}

/// Waits for the time; whether it came before the timer was set or stopped again.
fn expire(timer: &Ref<Timer>, setting: u64, end: Instant) -> bool {
    let mut state = timer.state.lock();
    while state.setting == setting && state.armed {
        if timer.changed.wait_until(&mut state, end).timed_out() {
            break;
        }
    }
    let is_due = state.setting == setting && state.armed;
    if is_due {
        state.armed = !timer.period.is_zero();
        state.running = true;
    }
    is_due
}

fn call_back(timer: &Ref<Timer>) {
    let run = || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { (timer.function)(timer.handle()) }
    };
    sync::run(timer.lock.as_ref(), || match timer.level {
        ExecutionLevel::Passive => callback::run("EvtTimer", timer.value(), run),
        ExecutionLevel::Dispatch => callback::run_at_dispatch("EvtTimer", timer.value(), run),
    });
}

fn stop(call: &Call, timer: Handle<Timer>, wait: u8) -> u8 {
    let timer = call.object(timer, "Timer");
    if wait != 0 {
        irql::require_at_most(call.function, Irql::PASSIVE);
        if callback::is_running(timer.value()) {
            call.violation(
                Violation::VerifierFatalError,
                timer.value(),
                "the timer's own callback would wait for itself",
            );
        }
    }
    let was_armed = timer.disarm();
    if wait != 0 {
        timer.wait();
    }
    was_armed.into()
}

fn get_parent(call: &Call, timer: Handle<Timer>) -> Handle<Any> {
    let parent = call.object(timer, "Timer").object().parent();
    parent.map_or(Handle::NULL, |parent| Handle::new(parent.handle()))
}
