//! WDFTIMER: a callback when time has come.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

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
use crate::kernel::activity;
use crate::kernel::clock;
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

/// The alarms of all timers.
static ALARMS: Mutex<Vec<Weak<Alarm>>> = Mutex::new(Vec::new());

/// What a timer waits with.
#[derive(Default)]
struct Alarm {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Raised whenever the timer is set or stopped, so that what waits for an older one gives up.
    setting: u64,
    /// When it is to go off, by the machine's clock.
    due: Duration,
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
    alarm: Arc<Alarm>,
}

impl Body for Timer {
    const KIND: Kind = Kind::Timer;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        this.alarm.state.lock().stopped = true;
        this.alarm.disarm();
        if !callback::is_running(this.value()) {
            this.alarm.wait();
        }
    }
}

impl State {
    fn is_due(&self) -> bool {
        self.armed && self.due <= clock::now()
    }
}

impl Alarm {
    /// An alarm that notices when somebody lets time pass.
    fn create() -> Arc<Self> {
        let alarm = Arc::<Self>::default();
        let mut alarms = ALARMS.lock();
        alarms.retain(|known| known.strong_count() > 0);
        alarms.push(Arc::downgrade(&alarm));
        alarm
    }

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

/// Time was made to pass: every timer looks at the clock again.
pub(crate) fn look_again() {
    for alarm in alarms() {
        let _state = alarm.state.lock();
        alarm.changed.notify_all();
    }
}

/// Waits until every timer that is due has called back.
pub(crate) fn wait_idle() {
    for alarm in alarms() {
        let mut state = alarm.state.lock();
        while state.running || state.is_due() {
            alarm.changed.wait(&mut state);
        }
    }
}

fn alarms() -> Vec<Arc<Alarm>> {
    ALARMS.lock().iter().filter_map(Weak::upgrade).collect()
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
        alarm: Alarm::create(),
    };
    let plan = Plan::below(call.driver().object(), attributes);
    Object::create(&call.binding, plan, body)
}

fn start(call: &Call, timer: Handle<Timer>, due: i64) -> u8 {
    let timer = call.object(timer, "Timer");
    if timer.alarm.state.lock().stopped {
        return 0;
    }
    let was_armed = timer.alarm.disarm();
    let end = clock::now() + duration(due);
    let mut state = timer.alarm.state.lock();
    state.armed = true;
    state.due = end;
    let setting = state.setting;
    drop(state);
    thread::Builder::new()
        .name("timer".to_owned())
        .spawn(move || keep(&timer, setting, end))
        .expect("a thread");
    was_armed.into()
}

/// Waits for the time, calls the driver, and again if the timer is periodic.
fn keep(timer: &Ref<Timer>, setting: u64, mut end: Duration) {
    while timer.expire(setting, end) {
        activity::begin();
        call_back(timer);
        timer.alarm.state.lock().running = false;
        timer.alarm.changed.notify_all();
        end += timer.period;
    }
}

impl Timer {
    /// Waits for the time; whether it came before the timer was set or stopped again.
    fn expire(&self, setting: u64, end: Duration) -> bool {
        let mut state = self.alarm.state.lock();
        while state.setting == setting && state.armed {
            if clock::wait_until(&self.alarm.changed, &mut state, end) {
                break;
            }
        }
        let is_due = state.setting == setting && state.armed;
        if is_due {
            state.armed = !self.period.is_zero();
            state.due = end + self.period;
            state.running = true;
        }
        is_due
    }
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
    let was_armed = timer.alarm.disarm();
    if wait != 0 {
        timer.alarm.wait();
    }
    was_armed.into()
}

fn get_parent(call: &Call, timer: Handle<Timer>) -> Handle<Any> {
    let parent = call.object(timer, "Timer").object().parent();
    parent.map_or(Handle::NULL, |parent| Handle::new(parent.handle()))
}
