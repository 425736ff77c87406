//! The timers that are set, and the thread that waits for them.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::clock;
use crate::deferred_calls::{self, DeferredCall};

/// A setting of a timer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// When the timer expires, by the host's clock.
    pub(crate) due: Duration,
    /// After which time again; zero for once only.
    pub(crate) period: Duration,
    /// Called with the timer's address when it expires, under the queue's lock.
    pub(crate) expired: fn(usize) -> Option<DeferredCall>,
    /// Called with the timer's address when it is not set any more.
    pub(crate) ended: fn(usize),
}

static SET: Mutex<BTreeMap<usize, Setting>> = Mutex::new(BTreeMap::new());
static CHANGED: Condvar = Condvar::new();
static STARTED: OnceLock<()> = OnceLock::new();

/// Sets the timer at this address instead of an earlier setting; whether there was one. `prepare` runs
/// before it can expire.
pub(crate) fn set(timer: usize, setting: Setting, prepare: impl FnOnce()) -> bool {
    STARTED.get_or_init(start_thread);
    let mut all = SET.lock();
    prepare();
    let was_set = all.insert(timer, setting).is_some();
    CHANGED.notify_all();
    was_set
}

/// Ends the setting of a timer; whether there was one. It does not expire after that.
pub(crate) fn cancel(timer: usize) -> bool {
    let mut all = SET.lock();
    let removed = all.remove(&timer);
    if let Some(setting) = removed {
        (setting.ended)(timer);
    }
    CHANGED.notify_all();
    removed.is_some()
}

/// Whether a timer is set.
pub(crate) fn is_set(timer: usize) -> bool {
    SET.lock().contains_key(&timer)
}

/// Makes every timer read the clock again, after the clock was advanced.
pub fn clock_advanced() {
    let _all = SET.lock();
    CHANGED.notify_all();
}

/// Waits until every timer that is due has expired.
pub fn wait_idle() {
    let mut all = SET.lock();
    while all.values().any(|setting| setting.due <= clock::now()) {
        CHANGED.wait(&mut all);
    }
}

fn start_thread() {
    thread::Builder::new()
        .name("system: timers".to_owned())
        .spawn(run_timers)
        .expect("a thread");
}

fn run_timers() {
    let mut all = SET.lock();
    loop {
        let next = all.iter().min_by_key(|(_, setting)| setting.due);
        let Some((timer, setting)) = next.map(|(timer, setting)| (*timer, *setting)) else {
            CHANGED.wait(&mut all);
            continue;
        };
        if clock::wait_until(&CHANGED, &mut all, setting.due) {
            expire(&mut all, timer, setting);
            CHANGED.notify_all();
        }
    }
}

fn expire(all: &mut BTreeMap<usize, Setting>, timer: usize, mut setting: Setting) {
    if setting.period.is_zero() {
        all.remove(&timer);
        (setting.ended)(timer);
    } else {
        setting.due += setting.period;
        all.insert(timer, setting);
    }
    if let Some(call) = (setting.expired)(timer) {
        deferred_calls::insert(call, false, || {});
    }
}
