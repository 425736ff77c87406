//! Kernel time: the driver's clocks read it, its timers wait for it, and routes age by it.
//!
//! It runs with the host's clock until a test calls [`pass`] or [`stop`]; from then on it stands
//! still, and each call of [`pass`] advances it. Waits for anything but a timer use the host's clock in any case.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Units of kernel time in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Nanoseconds in a unit of kernel time.
pub const NANOS_PER_TICK: u64 = 100;
/// From 1601, where system time begins, to 1970, where Unix time does.
pub(crate) const UNIX_EPOCH_TICKS: i64 = 11_644_473_600 * TICKS_PER_SECOND;

/// The time since the start at which the clock is stopped.
const STOPPED: Duration = Duration::from_hours(1);

static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock {
    start: Instant::now(),
    date: SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default(),
    in_hand: Mutex::new(None),
});

/// True once a test advances the clock, which few hosts' tests do.
static IS_IN_HAND: AtomicBool = AtomicBool::new(false);

struct Clock {
    start: Instant,
    /// Of the start, since 1970.
    date: Duration,
    /// The time, while a test advances the clock; `None` while the clock runs.
    in_hand: Mutex<Option<Duration>>,
}

/// The time since the machine started. Never runs backwards.
#[must_use]
pub fn now() -> Duration {
    let in_hand = in_hand();
    in_hand.unwrap_or_else(|| CLOCK.start.elapsed())
}

/// The time, while a test advances the clock.
fn in_hand() -> Option<Duration> {
    if !IS_IN_HAND.load(Ordering::Acquire) {
        return None;
    }
    *CLOCK.in_hand.lock()
}

/// The same in kernel time.
#[must_use]
pub fn uptime() -> i64 {
    to_ticks(now())
}

/// Kernel time since 1601.
#[must_use]
pub fn system_time() -> i64 {
    to_ticks(CLOCK.date + now()) + UNIX_EPOCH_TICKS
}

/// Advances the clock. From now on only this function advances it.
pub fn pass(time: Duration) {
    let mut in_hand = CLOCK.in_hand.lock();
    let before = in_hand.unwrap_or_else(|| CLOCK.start.elapsed());
    *in_hand = Some(before + time);
    IS_IN_HAND.store(true, Ordering::Release);
}

/// Stops the clock at a time that is the same in every run. From now on only [`pass`] advances it.
pub fn stop() {
    *CLOCK.in_hand.lock() = Some(STOPPED);
    IS_IN_HAND.store(true, Ordering::Release);
}

/// Waits until `moment`, or until `changed` is notified; true if `moment` has come. The caller of
/// [`pass`] must notify `changed` under its lock.
pub fn wait_until<T>(changed: &Condvar, state: &mut MutexGuard<'_, T>, moment: Duration) -> bool {
    let left = moment.saturating_sub(now());
    if left.is_zero() {
        return true;
    }
    if in_hand().is_some() {
        changed.wait(state);
    } else {
        changed.wait_for(state, left);
    }
    false
}

fn to_ticks(time: Duration) -> i64 {
    i64::try_from(time.as_nanos() / u128::from(NANOS_PER_TICK)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_time_counts_from_1601() {
        // The first day of 2024 and of 2200.
        let years = 133_485_408_000_000_000..189_043_200_000_000_000;
        assert!(years.contains(&system_time()), "{}", system_time());
    }
}
