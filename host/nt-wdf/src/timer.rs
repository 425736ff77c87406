//! WDFTIMER: a callback at a time.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nt_kernel::irql::{self, Irql};
use nt_kernel::on_windows::Rule;
use nt_kernel::{activity, clock};
use nt_types::status::NtStatus;

use crate::alarm::Alarm;
use crate::call::FrameworkCall;
use crate::callback_lock::{self, CallbackLock};
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfObject, WdfTimer, tag};
use crate::object::{
    Body, ExecutionLevel, HandleTag, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules,
};
use crate::object_lock::serialization;
use crate::pointer::{In, Out};
use crate::violation::Violation;
use crate::wait_lock::duration;
use crate::{callback, status};

functions! {
    DISPATCH WdfTimerCreate = create(
        config: In<TimerConfig>, attributes: In<ObjectAttributes>,
        timer: Out<WdfTimer>) -> NtStatus;
    DISPATCH WdfTimerStart = start(timer: WdfTimer, due: i64) -> u8;
    DISPATCH WdfTimerStop = stop(timer: WdfTimer, wait: u8) -> u8;
    DISPATCH WdfTimerGetParentObject = get_parent(timer: WdfTimer) -> WdfObject;
}

/// `EvtTimerFunc`.
type TimerCallback = unsafe extern "win64" fn(WdfTimer);

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

/// A timer.
pub(crate) struct TimerBody {
    function: TimerCallback,
    period: Duration,
    level: ExecutionLevel,
    lock: Option<Arc<CallbackLock>>,
    alarm: Arc<Alarm>,
}

impl HandleTag for tag::Timer {
    type Body = TimerBody;
}

impl Body for TimerBody {
    const KIND: Kind = Kind::Timer;
    type Tag = tag::Timer;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        this.alarm.end(callback::times_running(this.value()));
    }
}

fn create(
    call: &FrameworkCall,
    config: In<TimerConfig>,
    attributes: In<ObjectAttributes>,
    timer: Out<WdfTimer>,
) -> NtStatus {
    let timer = timer.required(call, "Timer");
    let created = try_create(call, config, attributes);
    status::from_result(created.map(|created| timer.set(created.handle())))
}

fn try_create(
    call: &FrameworkCall,
    config: In<TimerConfig>,
    attributes: In<ObjectAttributes>,
) -> Result<Ref<TimerBody>, NtStatus> {
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
    let body = TimerBody {
        function,
        period: Duration::from_millis(config.period.into()),
        level,
        lock: serialization(attributes.parent.as_ref(), serialized, level)?,
        alarm: Alarm::create(),
    };
    let plan = ObjectPlan::below(call.driver().object(), attributes);
    Object::create(call.binding, plan, body)
}

fn start(call: &FrameworkCall, timer: WdfTimer, due: i64) -> u8 {
    let timer = call.object(timer, "Timer");
    let end = clock::now() + duration(due);
    let (was_armed, setting) = timer.alarm.arm(end);
    if let Some(setting) = setting {
        thread::Builder::new()
            .name("timer".to_owned())
            .spawn(move || run_timer(&timer, setting, end))
            .expect("a thread");
    }
    was_armed.into()
}

/// Waits for the due time and calls the driver, repeatedly if the timer is periodic.
fn run_timer(timer: &Ref<TimerBody>, setting: u64, mut end: Duration) {
    while timer.alarm.expire(setting, end, timer.period) {
        activity::begin();
        call_back(timer);
        timer.alarm.called_back();
        end += timer.period;
    }
}

fn call_back(timer: &Ref<TimerBody>) {
    let run = || {
        // SAFETY: the driver gave this function for exactly this call.
        unsafe { (timer.function)(timer.handle()) }
    };
    callback_lock::run(timer.lock.as_ref(), || match timer.level {
        ExecutionLevel::Passive => callback::run("EvtTimer", timer.value(), run),
        ExecutionLevel::Dispatch => callback::run_at_dispatch("EvtTimer", timer.value(), run),
    });
}

fn stop(call: &FrameworkCall, timer: WdfTimer, wait: u8) -> u8 {
    let timer = call.object(timer, "Timer");
    if wait != 0 {
        irql::require_at_most(call.function.name, Irql::PASSIVE);
        if callback::is_running(timer.value()) {
            const RULE: Rule = Rule::named("objects::a_timer_waits_for_itself");
            let words = "the timer's own callback would wait for itself";
            call.broken(RULE, Violation::VerifierFatalError, timer.value(), words);
            return 0;
        }
    }
    let was_armed = if wait == 0 {
        timer.alarm.disarm()
    } else {
        timer.alarm.disarm_and_wait()
    };
    was_armed.into()
}

fn get_parent(call: &FrameworkCall, timer: WdfTimer) -> WdfObject {
    let parent = call.object(timer, "Timer").object().parent();
    parent.map_or(Handle::NULL, |parent| Handle::new(parent.handle()))
}
