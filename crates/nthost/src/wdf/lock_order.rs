//! The order in which the driver takes its locks: two threads that take the same two in different
//! orders will wait for each other one day, so the first contradiction stops the machine.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use parking_lot::Mutex;

use crate::kernel::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION};

/// Driver Verifier's cause "deadlock: lock hierarchy violation".
const LOCK_HIERARCHY: u64 = 0x1001;

thread_local! {
    static HELD: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

type After = HashMap<usize, HashSet<usize>>;

/// For each lock those that were taken while it was held.
static AFTER: LazyLock<Mutex<After>> = LazyLock::new(Mutex::default);

/// This thread is about to wait for `lock`.
pub(crate) fn about_to_take(lock: usize) {
    let held = HELD.with_borrow(Vec::clone);
    let contradiction = {
        let mut after = AFTER.lock();
        for other in &held {
            after.entry(*other).or_default().insert(lock);
        }
        held.into_iter()
            .find(|other| leads_to(&after, lock, *other))
    };
    if let Some(other) = contradiction {
        bugcheck::stop(BugCheck {
            code: DRIVER_VERIFIER_DETECTED_VIOLATION,
            parameters: [LOCK_HIERARCHY, lock as u64, other as u64, 0],
            rule: format!(
                "lock {lock:#x} is taken while {other:#x} is held; it has been the other way \
                 round before, so two threads can wait for each other"
            ),
        });
    }
}

/// This thread has taken `lock`.
pub(crate) fn taken(lock: usize) {
    HELD.with_borrow_mut(|held| held.push(lock));
}

/// This thread has given `lock` back.
pub(crate) fn given(lock: usize) {
    HELD.with_borrow_mut(|held| held.retain(|other| *other != lock));
}

/// `lock` does not exist any more.
pub(crate) fn forget(lock: usize) {
    let mut after = AFTER.lock();
    after.remove(&lock);
    for later in after.values_mut() {
        later.remove(&lock);
    }
}

fn leads_to(after: &After, from: usize, to: usize) -> bool {
    let mut seen = HashSet::new();
    let mut next = vec![from];
    while let Some(lock) = next.pop() {
        if !seen.insert(lock) {
            continue;
        }
        for later in after.get(&lock).into_iter().flatten() {
            if *later == to {
                return true;
            }
            next.push(*later);
        }
    }
    false
}
