//! When to restore a guarded route: a state machine without a clock, a stack or a lock.
//!
//! The guard restores the route at once the first time. If another program disturbs the route
//! again soon, the guard waits longer each time; then it waits for a cooldown, long enough for an
//! administrator to see which programs conflict; then it gives up. A route that was left alone for
//! long enough starts afresh.

use crate::time::{KernelTime, Ticks};

/// How long to wait before a route is restored, by the number of earlier attempts.
pub(crate) const DELAYS: [Ticks; 10] = [
    Ticks::ZERO,
    Ticks::from_millis(100),
    Ticks::from_millis(200),
    Ticks::from_millis(400),
    Ticks::from_millis(800),
    Ticks::from_millis(1_600),
    Ticks::from_millis(3_200),
    Ticks::from_millis(6_400),
    COOLDOWN,
    COOLDOWN,
];

/// How long the guard waits before its last attempts.
pub(crate) const COOLDOWN: Ticks = Ticks::from_millis(60_000);

/// How long a route must be left alone until its conflict is over. Must exceed the longest delay;
/// otherwise the delay of a peer with the same rules would reset the attempt counter.
const STABLE_AFTER: Ticks = Ticks::from_millis(600_000);

/// What to do with a route that another program removed or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Restore it after `DELAYS` at this index.
    Restore(u8),
    /// Leave it.
    GiveUp,
}

/// The attempts of a guard to restore one route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    last_attempt: KernelTime,
    /// Attempts in the present conflict.
    attempts: u8,
}

impl Backoff {
    /// Decides what to do after another program has removed or changed the route.
    pub(crate) fn on_disturbed(&mut self, now: KernelTime) -> Decision {
        if now.since(self.last_attempt) > STABLE_AFTER {
            self.attempts = 0;
        }
        if usize::from(self.attempts) < DELAYS.len() {
            Decision::Restore(self.attempts)
        } else {
            Decision::GiveUp
        }
    }

    /// Attempts in the present conflict.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.into()
    }

    /// Counts an attempt to restore the route, whether it succeeded or was refused.
    pub(crate) fn on_attempt(&mut self, now: KernelTime) {
        self.last_attempt = now;
        self.attempts = self.attempts.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    const START: KernelTime = KernelTime::from_ticks(1 << 40);

    fn delay(decision: Decision) -> Option<Ticks> {
        match decision {
            Decision::Restore(index) => Some(DELAYS[usize::from(index)]),
            Decision::GiveUp => None,
        }
    }

    /// The delays of a guard whose route is disturbed again `interval` after each attempt.
    fn conflict(interval: Ticks, rounds: usize) -> Vec<Option<Ticks>> {
        let (mut backoff, mut now) = (Backoff::default(), START);
        (0..rounds)
            .map(|_| {
                let delay = delay(backoff.on_disturbed(now));
                if let Some(delay) = delay {
                    now = now.after(delay);
                    backoff.on_attempt(now);
                }
                now = now.after(interval);
                delay
            })
            .collect()
    }

    #[test]
    fn a_first_disturbance_is_answered_at_once() {
        assert_eq!(conflict(Ticks::ZERO, 1), [Some(Ticks::ZERO)]);
    }

    #[test]
    fn delays_grow_until_the_guard_gives_up() {
        let delays = conflict(Ticks::from_millis(1), DELAYS.len() + 5);
        assert!(delays[..DELAYS.len()].is_sorted());
        assert!(delays[..DELAYS.len()].iter().all(Option::is_some));
        assert!(delays[DELAYS.len()..].iter().all(Option::is_none));
    }

    #[test]
    fn a_disturbance_after_a_stable_time_is_a_first_one() {
        let longer = Ticks::from_millis(600_001);
        assert_eq!(conflict(longer, 50), [Some(Ticks::ZERO); 50]);
    }

    #[test]
    fn two_guards_with_the_same_rules_end_their_conflict() {
        let (mut guards, mut now) = ([Backoff::default(); 2], START);
        let mut attempts = 0;
        for turn in 0.. {
            let backoff = &mut guards[turn % 2];
            let Some(delay) = delay(backoff.on_disturbed(now)) else {
                break;
            };
            now = now.after(delay).after(Ticks::from_millis(1));
            backoff.on_attempt(now);
            attempts += 1;
        }
        assert_eq!(attempts, 2 * DELAYS.len());
    }
}
