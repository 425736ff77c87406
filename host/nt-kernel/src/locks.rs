//! The driver's locks that each thread holds, the place where it acquired each, and their order.
//!
//! Two threads that take the same two locks in different orders can deadlock, so the first
//! contradiction is a bugcheck. A callback of the driver must return with the locks that it was
//! called with (`callback_guard`). Without verification nothing is remembered.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use parking_lot::Mutex;

use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};
use crate::stack::Stack;
use crate::verification;

/// Driver Verifier's cause "deadlock: lock hierarchy violation".
const LOCK_HIERARCHY: u64 = 0x1001;

/// The kinds of locks that a driver has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// `KSPIN_LOCK`.
    Spin,
    /// `KMUTEX`.
    Mutex,
    /// `FAST_MUTEX` or `KGUARDED_MUTEX`.
    FastMutex,
    /// `ERESOURCE`.
    Resource,
    /// `WDFSPINLOCK`.
    FrameworkSpin,
    /// `WDFWAITLOCK`.
    FrameworkWait,
}

impl LockKind {
    /// Whether its holder is at `DISPATCH_LEVEL`.
    #[must_use]
    pub fn is_spin(self) -> bool {
        matches!(self, Self::Spin | Self::FrameworkSpin)
    }
}

impl fmt::Display for LockKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Spin => "a spin lock",
            Self::Mutex => "a mutex",
            Self::FastMutex => "a fast mutex",
            Self::Resource => "an ERESOURCE",
            Self::FrameworkSpin => "a WDFSPINLOCK",
            Self::FrameworkWait => "a WDFWAITLOCK",
        })
    }
}

/// A lock that a thread holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its kind.
    pub kind: LockKind,
    /// The lock's address or handle.
    pub lock: usize,
    taken: Stack,
}

impl fmt::Display for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, lock, taken } = self;
        write!(formatter, "{kind} ({lock:#x}), taken here:\n{taken}")
    }
}

thread_local! {
    static HELD: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
}

/// For each lock those that were taken while it was held, and where that was first done.
type After = HashMap<usize, HashMap<usize, Stack>>;

static AFTER: LazyLock<Mutex<After>> = LazyLock::new(Mutex::default);

/// The mutexes that a thread owns, whichever it is.
static OWNED: Mutex<BTreeMap<usize, Held>> = Mutex::new(BTreeMap::new());

/// This thread is about to wait for `lock`.
#[inline]
pub fn about_to_take(lock: usize) {
    if verification::is_on() && count() > 0 {
        check_order(lock);
    }
}

/// Stops the machine if `lock` has been held when one was taken that this thread holds now.
fn check_order(lock: usize) {
    let held = HELD.with_borrow(Vec::clone);
    let contradiction = {
        let mut after = AFTER.lock();
        for other in &held {
            let later = after.entry(other.lock).or_default();
            later.entry(lock).or_insert_with(Stack::capture);
        }
        held.into_iter()
            .find_map(|other| Some((first_step(&after, lock, other.lock)?, other)))
    };
    if let Some((before, other)) = contradiction {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [LOCK_HIERARCHY, lock as u64, other.lock as u64, 0],
            rule: format!(
                "lock {lock:#x} is taken while {other}  It has been the other way round before, so \
                 two threads can wait for each other; there the second one was taken here:\n{before}"
            ),
        });
    }
}

/// This thread has taken `lock`.
#[inline]
pub fn taken(kind: LockKind, lock: usize) {
    if verification::is_on() {
        record(kind, lock);
    }
}

fn record(kind: LockKind, lock: usize) {
    let held = Held {
        kind,
        lock,
        taken: Stack::capture(),
    };
    if kind == LockKind::Mutex {
        OWNED.lock().insert(lock, held.clone());
    }
    HELD.with_borrow_mut(|all| all.push(held));
}

/// This thread has released `lock`.
#[inline]
pub fn given(lock: usize) {
    if verification::is_on() {
        strike_out(lock);
    }
}

fn strike_out(lock: usize) {
    OWNED.lock().remove(&lock);
    HELD.with_borrow_mut(|held| held.retain(|other| other.lock != lock));
}

/// `lock` does not exist any more, or is a new one.
pub fn forget(lock: usize) {
    let mut after = AFTER.lock();
    after.remove(&lock);
    for later in after.values_mut() {
        later.remove(&lock);
    }
}

/// Whether this thread holds `lock`.
#[must_use]
pub fn is_held(lock: usize) -> bool {
    HELD.with_borrow(|held| held.iter().any(|held| held.lock == lock))
}

/// How many locks this thread holds.
pub fn count() -> usize {
    HELD.with_borrow(Vec::len)
}

/// The latest of the locks that this thread holds, if it is one that `fits`.
pub fn latest(fits: impl Fn(&Held) -> bool) -> Option<Held> {
    HELD.with_borrow(|held| held.iter().rev().find(|held| fits(held)).cloned())
}

/// A lock in this memory that this thread holds, or a mutex there that any thread owns.
#[must_use]
pub fn held_within(memory: Range<usize>) -> Option<Held> {
    let owned = || {
        OWNED
            .lock()
            .range(memory.clone())
            .next()
            .map(|(_, held)| held.clone())
    };
    latest(|held| memory.contains(&held.lock)).or_else(owned)
}

/// Where this thread took `lock`, in words; nothing if it does not hold it.
pub fn where_taken(lock: usize) -> String {
    latest(|held| held.lock == lock)
        .map_or_else(String::new, |held| format!("; taken here:\n{}", held.taken))
}

/// Where the lock after `from` was first taken, on a way from `from` to `to`.
fn first_step(after: &After, from: usize, to: usize) -> Option<Stack> {
    let next = after.get(&from)?;
    let found = next
        .iter()
        .find(|(lock, _)| **lock == to || leads_to(after, **lock, to));
    found.map(|(_, stack)| stack.clone())
}

fn leads_to(after: &After, from: usize, to: usize) -> bool {
    let mut seen = HashSet::new();
    let mut next = vec![from];
    while let Some(lock) = next.pop() {
        if !seen.insert(lock) {
            continue;
        }
        for later in after.get(&lock).into_iter().flat_map(HashMap::keys) {
            if *later == to {
                return true;
            }
            next.push(*later);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    fn take(lock: usize) {
        about_to_take(lock);
        taken(LockKind::Spin, lock);
    }

    #[test]
    fn an_order_over_three_locks_can_be_contradicted() {
        let report = expect_stop!(|| {
            for (first, second) in [(0xA0, 0xB0), (0xB0, 0xC0), (0xC0, 0xA0)] {
                take(first);
                take(second);
                given(second);
                given(first);
            }
        });
        assert!(
            report.contains("lock 0xa0 is taken while a spin lock (0xc0)"),
            "{report}"
        );
    }

    #[test]
    fn a_new_lock_at_an_old_place_has_no_order_yet() {
        take(0x1A0);
        take(0x1B0);
        given(0x1B0);
        given(0x1A0);
        forget(0x1B0);
        take(0x1B0);
        take(0x1A0);
        assert_eq!(count(), 2);
        given(0x1A0);
        given(0x1B0);
    }
}
