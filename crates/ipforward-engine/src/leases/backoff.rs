//! When to put a guarded route back: a state machine without a clock, a stack or a lock.
//!
//! The first time at once. Then, if it is disturbed again soon, later and later; then after a
//! truce, long enough for a person to see who fights whom; then not at all. A route that is left
//! alone for long enough starts afresh.

/// Ticks of 100 ns in a millisecond.
pub(crate) const MILLISECOND: u64 = 10_000;

/// How long to wait before a route is put back, by how often it was already.
pub(crate) const DELAYS: [u64; 10] = [
    0,
    100 * MILLISECOND,
    200 * MILLISECOND,
    400 * MILLISECOND,
    800 * MILLISECOND,
    1_600 * MILLISECOND,
    3_200 * MILLISECOND,
    6_400 * MILLISECOND,
    COOLDOWN,
    COOLDOWN,
];

/// How long both sides of a fight are left in peace.
pub(crate) const COOLDOWN: u64 = 60_000 * MILLISECOND;

/// After how long a fight is over. It is longer than any delay, so that two guards with the same
/// rules cannot take each other's waiting for peace.
const STABLE: u64 = 10 * COOLDOWN;

/// What to do with a route that somebody else removed or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Put it back after `DELAYS` at this index.
    PutBack(u8),
    /// Leave it.
    GiveUp,
}

/// What a guard remembers of one route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guard {
    /// When the route was put back last.
    last: u64,
    /// How often it was in this fight.
    times: u8,
}

impl Guard {
    /// Somebody else removed or changed the route.
    pub(crate) fn disturbed(&mut self, now: u64) -> Decision {
        if now.saturating_sub(self.last) > STABLE {
            self.times = 0;
        }
        if usize::from(self.times) < DELAYS.len() {
            Decision::PutBack(self.times)
        } else {
            Decision::GiveUp
        }
    }

    /// How often it acted in this fight.
    pub(crate) fn times(&self) -> u32 {
        self.times.into()
    }

    /// The route was put back, or that was refused: either way it was tried.
    pub(crate) fn tried(&mut self, now: u64) {
        self.last = now;
        self.times = self.times.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn delay(decision: Decision) -> Option<u64> {
        match decision {
            Decision::PutBack(index) => Some(DELAYS[usize::from(index)]),
            Decision::GiveUp => None,
        }
    }

    /// Puts a route back as the guard says, with somebody who disturbs it `interval` later.
    fn fight(interval: u64, rounds: usize) -> Vec<Option<u64>> {
        let (mut guard, mut now) = (Guard::default(), STABLE * 2);
        (0..rounds)
            .map(|_| {
                let delay = delay(guard.disturbed(now));
                if let Some(delay) = delay {
                    now += delay;
                    guard.tried(now);
                }
                now += interval;
                delay
            })
            .collect()
    }

    #[test]
    fn a_first_disturbance_is_answered_at_once() {
        assert_eq!(fight(0, 1), [Some(0)]);
    }

    #[test]
    fn delays_grow_until_the_guard_gives_up() {
        let delays = fight(MILLISECOND, DELAYS.len() + 5);
        assert!(delays[..DELAYS.len()].is_sorted());
        assert!(delays[..DELAYS.len()].iter().all(Option::is_some));
        assert!(delays[DELAYS.len()..].iter().all(Option::is_none));
    }

    #[test]
    fn a_disturbance_after_a_long_calm_is_a_first_one() {
        assert_eq!(fight(STABLE + 1, 50), [Some(0); 50]);
    }

    #[test]
    fn two_guards_with_the_same_rules_end_their_fight() {
        let (mut guards, mut now) = ([Guard::default(); 2], STABLE * 2);
        let mut times = 0;
        for turn in 0.. {
            let guard = &mut guards[turn % 2];
            let Some(delay) = delay(guard.disturbed(now)) else {
                break;
            };
            now += delay + 1;
            guard.tried(now);
            times += 1;
        }
        assert_eq!(times, 2 * DELAYS.len());
    }
}
