//! Clocks, and waiting for time to pass. Kernel time counts in units of 100 ns.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::thread;
use std::time::{Duration, Instant};

use nt_types::NtStatus;

use crate::clock::{NANOS_PER_TICK, TICKS_PER_SECOND, system_time, uptime};
use crate::emulation::CLOCK_INCREMENT;
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeDelayExecutionThread,
        KeQueryInterruptTime,
        KeQueryInterruptTimePrecise,
        KeQueryPerformanceCounter,
        KeQuerySystemTimePrecise,
        KeQueryTimeIncrement,
        KeQueryUnbiasedInterruptTime,
        KeStallExecutionProcessor,
    ]
}

/// The limit of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timeout {
    /// Not at all.
    Now,
    /// This long.
    After(Duration),
    /// For ever.
    Never,
}

impl Timeout {
    /// What a driver's timeout means: null for ever, negative from now, positive a system time.
    pub(super) fn of(timeout: Option<&i64>) -> Self {
        match timeout {
            None => Self::Never,
            Some(0) => Self::Now,
            Some(ticks @ ..0) => Self::After(to_duration(ticks.unsigned_abs())),
            Some(time) => {
                let left = time.saturating_sub(system_time());
                Self::After(to_duration(left.max(0).unsigned_abs()))
            }
        }
    }

    /// When it is over.
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Now => Some(Instant::now()),
            Self::After(time) => Instant::now().checked_add(time),
            Self::Never => None,
        }
    }
}

fn to_duration(ticks: u64) -> Duration {
    Duration::from_nanos(ticks.saturating_mul(NANOS_PER_TICK))
}

/// Any IRQL. The counter's unit is 100 ns.
unsafe extern "win64" fn KeQueryPerformanceCounter(frequency: *mut i64) -> i64 {
    // SAFETY: by contract null or the caller's variable.
    if let Some(frequency) = unsafe { frequency.as_mut() } {
        *frequency = TICKS_PER_SECOND;
    }
    uptime()
}

/// Any IRQL.
unsafe extern "win64" fn KeQuerySystemTimePrecise(time: *mut i64) {
    // SAFETY: by contract the caller's variable.
    unsafe { time.write(system_time()) };
}

/// Any IRQL.
extern "win64" fn KeQueryInterruptTime() -> i64 {
    uptime()
}

/// Any IRQL.
extern "win64" fn KeQueryUnbiasedInterruptTime() -> i64 {
    uptime()
}

/// Any IRQL.
unsafe extern "win64" fn KeQueryInterruptTimePrecise(counter: *mut i64) -> i64 {
    let now = uptime();
    // SAFETY: by contract the caller's variable.
    unsafe { counter.write(now) };
    now
}

/// Any IRQL.
extern "win64" fn KeQueryTimeIncrement() -> u32 {
    CLOCK_INCREMENT
}

/// Up to `APC_LEVEL`.
unsafe extern "win64" fn KeDelayExecutionThread(
    _mode: u8,
    _alertable: u8,
    interval: *const i64,
) -> NtStatus {
    irql::require_at_most("KeDelayExecutionThread", Irql::APC);
    // SAFETY: by contract the caller's variable.
    let interval = unsafe { interval.read() };
    match Timeout::of(Some(&interval)) {
        Timeout::After(time) => thread::sleep(time),
        Timeout::Now | Timeout::Never => thread::yield_now(),
    }
    NtStatus::SUCCESS
}

/// Any IRQL. Keeps the processor busy for some microseconds.
extern "win64" fn KeStallExecutionProcessor(microseconds: u32) {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_micros(microseconds.into()) {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_relative_absolute_or_none() {
        assert_eq!(Timeout::of(None), Timeout::Never);
        assert_eq!(Timeout::of(Some(&0)), Timeout::Now);
        let second = Duration::from_secs(1);
        assert_eq!(
            Timeout::of(Some(&-TICKS_PER_SECOND)),
            Timeout::After(second)
        );
        let past = Timeout::of(Some(&1));
        assert_eq!(past, Timeout::After(Duration::ZERO));
        let soon = system_time() + 60 * TICKS_PER_SECOND;
        let Timeout::After(left) = Timeout::of(Some(&soon)) else {
            panic!("an absolute time is waited for");
        };
        assert!(left <= 60 * second && left > 50 * second, "{left:?}");
    }

    #[test]
    fn the_performance_counter_advances_at_its_frequency() {
        let mut frequency = 0;
        // SAFETY: a variable of this test.
        let begin = unsafe { KeQueryPerformanceCounter(&raw mut frequency) };
        thread::sleep(Duration::from_millis(10));
        // SAFETY: null is allowed.
        let end = unsafe { KeQueryPerformanceCounter(std::ptr::null_mut()) };
        assert!((end - begin) * 1000 / frequency >= 10);
    }
}
