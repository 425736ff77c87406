//! The priorities of threads: what the driver sets it reads back, and no thread runs before another one
//! for it.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::sync::Arc;

use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::thread::{self, NORMAL_PRIORITY, Thread};

/// The priorities that a thread may have: 0 is the system's own.
const PRIORITIES: std::ops::RangeInclusive<i32> = 1..=31;
/// The last priority of the class of the system's process, whose threads stay in it.
const LAST_VARIABLE: i32 = 15;

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![
        KeQueryPriorityThread,
        KeSetBasePriorityThread,
        KeSetPriorityThread
    ]
}

/// Up to `DISPATCH_LEVEL`.
extern "win64" fn KeQueryPriorityThread(object: usize) -> i32 {
    const NAME: &str = "KeQueryPriorityThread";
    irql::require_at_most(NAME, Irql::DISPATCH);
    thread_at(NAME, object).priority()
}

/// `PASSIVE_LEVEL`. The old priority.
extern "win64" fn KeSetPriorityThread(object: usize, priority: i32) -> i32 {
    const NAME: &str = "KeSetPriorityThread";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if !PRIORITIES.contains(&priority) {
        irql::stop_for_rule(&format!(
            "{NAME} was called with the priority {priority}: those of drivers are 1 to 31"
        ));
    }
    thread_at(NAME, object).set_priority(priority)
}

/// `PASSIVE_LEVEL`. The old difference to the priority of the system's process.
extern "win64" fn KeSetBasePriorityThread(object: usize, increment: i32) -> i32 {
    const NAME: &str = "KeSetBasePriorityThread";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let priority = NORMAL_PRIORITY.saturating_add(increment);
    let old = thread_at(NAME, object).set_priority(priority.clamp(1, LAST_VARIABLE));
    old - NORMAL_PRIORITY
}

fn thread_at(function: &str, object: usize) -> Arc<Thread> {
    thread::at(object).unwrap_or_else(|| {
        irql::stop_for_rule(&format!(
            "{function} was called with {object:#x}, which is no thread"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::expect_stop;

    #[test]
    fn a_thread_has_the_priority_that_was_set_last() {
        let thread = Thread::new();
        let object = thread.object();
        assert_eq!(KeSetPriorityThread(object, 16), 8);
        assert_eq!(KeQueryPriorityThread(object), 16);
        assert_eq!(KeSetBasePriorityThread(object, -2), 8);
        assert_eq!(KeSetBasePriorityThread(object, 100), -2);
        assert_eq!(KeQueryPriorityThread(object), 15);
    }

    #[test]
    fn the_priority_of_the_system_is_none_of_a_driver() {
        let report = expect_stop!(|| {
            KeSetPriorityThread(Thread::new().object(), 0);
        });
        assert!(report.contains("with the priority 0"), "{report}");
    }

    #[test]
    fn what_is_no_thread_has_no_priority() {
        let report = expect_stop!(|| {
            KeQueryPriorityThread(0x1000);
        });
        assert!(report.contains("which is no thread"), "{report}");
    }
}
