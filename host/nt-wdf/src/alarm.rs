//! Alarms: callbacks at a time of the host's clock, for timers and for requests whose time is limited.

use std::sync::{Arc, Weak};
use std::time::Duration;

use nt_kernel::clock;
use parking_lot::{Condvar, Mutex, MutexGuard};

/// All alarms.
static ALARMS: Mutex<Vec<Weak<Alarm>>> = Mutex::new(Vec::new());

/// What a timer waits with.
#[derive(Default)]
pub(crate) struct Alarm {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Incremented whenever the timer is set or stopped; a thread that waits for an older setting ends.
    setting: u64,
    /// When its time is up, by the host's clock.
    due: Duration,
    armed: bool,
    /// How many callbacks run: a timer that is started again during its callback may expire
    /// meanwhile.
    running: usize,
    /// How many callers of `WdfTimerStop` wait. A start meanwhile has no effect.
    stopping: usize,
    /// It was started meanwhile.
    aborted: bool,
    /// It is being deleted.
    stopped: bool,
}

impl State {
    fn is_due(&self) -> bool {
        self.armed && self.due <= clock::now()
    }
}

impl Alarm {
    /// An alarm that is woken when the host's clock is advanced.
    pub(crate) fn create() -> Arc<Self> {
        let alarm = Arc::<Self>::default();
        let mut alarms = ALARMS.lock();
        alarms.retain(|known| known.strong_count() > 0);
        alarms.push(Arc::downgrade(&alarm));
        alarm
    }

    /// Arms the alarm for `due` instead of an earlier setting. Returns whether it was armed, and the
    /// number of this setting; none if the timer is being stopped.
    pub(crate) fn arm(&self, due: Duration) -> (bool, Option<u64>) {
        let mut state = self.state.lock();
        if state.stopped || state.stopping > 0 {
            state.aborted = true;
            return (false, None);
        }
        let was_armed = self.change(&mut state, true);
        state.due = due;
        (was_armed, Some(state.setting))
    }

    /// Whether it was armed.
    pub(crate) fn disarm(&self) -> bool {
        self.change(&mut self.state.lock(), false)
    }

    /// As [`disarm`](Self::disarm), and waits until no callback runs. The alarm stays disarmed
    /// meanwhile: a start counts as stopped.
    pub(crate) fn disarm_and_wait(&self) -> bool {
        let mut state = self.state.lock();
        let was_armed = self.change(&mut state, false);
        state.aborted = false;
        state.stopping += 1;
        self.wait(&mut state, 0);
        state.stopping -= 1;
        was_armed || state.aborted
    }

    /// Ends it for good, and waits until no callback runs but the caller's `own` ones.
    pub(crate) fn end(&self, own: usize) {
        let mut state = self.state.lock();
        state.stopped = true;
        self.change(&mut state, false);
        self.wait(&mut state, own);
    }

    /// Waits for the time; whether it came before the alarm was set or disarmed again. Then a callback
    /// runs, and after a `period` comes the next.
    pub(crate) fn expire(&self, setting: u64, end: Duration, period: Duration) -> bool {
        let mut state = self.state.lock();
        while state.setting == setting && state.armed {
            if clock::wait_until(&self.changed, &mut state, end) {
                break;
            }
        }
        let is_due = state.setting == setting && state.armed;
        if is_due {
            state.armed = !period.is_zero();
            state.due = end + period;
            state.running += 1;
        }
        is_due
    }

    /// A callback has returned.
    pub(crate) fn called_back(&self) {
        self.state.lock().running -= 1;
        self.changed.notify_all();
    }

    /// Whether it was armed.
    fn change(&self, state: &mut State, armed: bool) -> bool {
        state.setting += 1;
        self.changed.notify_all();
        std::mem::replace(&mut state.armed, armed)
    }

    /// Waits until no callback runs but the caller's `own` ones.
    fn wait(&self, state: &mut MutexGuard<'_, State>, own: usize) {
        while state.running > own {
            self.changed.wait(state);
        }
    }
}

/// Makes every alarm read the clock again, after the clock was advanced.
pub fn clock_advanced() {
    for alarm in alarms() {
        let _state = alarm.state.lock();
        alarm.changed.notify_all();
    }
}

/// Waits until every alarm that is due has called back.
pub fn wait_idle() {
    for alarm in alarms() {
        let mut state = alarm.state.lock();
        while state.running > 0 || state.is_due() {
            alarm.changed.wait(&mut state);
        }
    }
}

fn alarms() -> Vec<Arc<Alarm>> {
    ALARMS.lock().iter().filter_map(Weak::upgrade).collect()
}
