//! The notices that wait for the callbacks of one registration.

use std::collections::VecDeque;
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use super::{Notice, lateness};
use crate::Behaviours;

/// How long a notice that can be overtaken waits for another at least.
const OVERTAKABLE_FOR: Duration = Duration::from_millis(5);

/// How long a notice waits at most for the end of the call with the notice that overtook it.
const OVERTAKEN_FOR: Duration = Duration::from_millis(2);

/// When the next notice may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// None waits.
    Never,
    /// At once.
    Now,
    /// Not before this moment.
    At(Instant),
}

/// A notice that waits.
struct Waiting {
    notice: Notice,
    /// Not before this moment; at once if there is none.
    due: Option<Instant>,
    /// True if a later notice has been taken before this one. It is overtaken once.
    is_overtaken: bool,
}

/// The notices of a registration, and its threads.
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    threads: Vec<ThreadId>,
    /// The number of threads that serve the registration, or are about to.
    serving: usize,
    /// The number of callbacks that run.
    calls: usize,
    is_cancelled: bool,
    /// True if a notice may overtake the one before it.
    later_first: bool,
}

impl Queue {
    /// The queue of a new registration, for so many threads.
    pub(super) fn new(initial: bool, threads: usize, behaviours: Behaviours) -> Self {
        let mut queue = Self {
            waiting: VecDeque::new(),
            threads: Vec::new(),
            serving: threads,
            calls: 0,
            is_cancelled: false,
            later_first: behaviours.notifies_later_first(),
        };
        if initial {
            queue.push(Notice::Initial);
        }
        queue
    }

    /// Adds the notice of a change that was made now.
    pub(super) fn push(&mut self, notice: Notice) {
        let held = if self.later_first {
            OVERTAKABLE_FOR
        } else {
            Duration::ZERO
        };
        let delay = lateness().max(held);
        self.waiting.push_back(Waiting {
            notice,
            // A clock is not read for each change of a host that notifies at once.
            due: (!delay.is_zero()).then(|| Instant::now() + delay),
            is_overtaken: false,
        });
    }

    /// When the next notice is due.
    pub(super) fn due(&self) -> Due {
        match self.waiting.front() {
            None => Due::Never,
            Some(first) => first.due.map_or(Due::Now, Due::At),
        }
    }

    /// Takes the next notice, which is due, for a call. If it can be overtaken, the notice behind it
    /// is taken first.
    pub(super) fn take(&mut self) -> Option<Notice> {
        let can_be_overtaken =
            |first: &Waiting| !first.is_overtaken && first.notice != Notice::Initial;
        let is_overtaken = self.later_first
            && self.waiting.len() > 1
            && self.waiting.front().is_some_and(can_be_overtaken);
        if is_overtaken && let Some(first) = self.waiting.front_mut() {
            first.is_overtaken = true;
            first.due = Some(Instant::now() + OVERTAKEN_FOR);
        }
        self.calls += 1;
        let taken = if is_overtaken {
            self.waiting.remove(1)
        } else {
            self.waiting.pop_front()
        };
        taken.map(|waiting| waiting.notice)
    }

    /// A callback has returned.
    pub(super) fn end_call(&mut self) {
        self.calls -= 1;
        if let Some(first) = self.waiting.front_mut()
            && first.is_overtaken
        {
            first.due = None;
        }
    }

    /// A thread begins to serve the registration.
    pub(super) fn begin_thread(&mut self, thread: ThreadId) {
        self.threads.push(thread);
    }

    /// A thread calls back no more.
    pub(super) const fn end_thread(&mut self) {
        self.serving -= 1;
    }

    /// Ends the registration: no notice is taken any more.
    pub(super) fn cancel(&mut self) {
        self.is_cancelled = true;
        self.waiting.clear();
    }

    /// True if the registration has ended.
    pub(super) const fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// True until no thread can call back any more.
    pub(super) const fn is_served(&self) -> bool {
        self.serving > 0
    }

    /// True if the thread is one of the registration's.
    pub(super) fn is_served_by(&self, thread: ThreadId) -> bool {
        self.threads.contains(&thread)
    }

    /// True while a notice waits or a callback runs.
    pub(super) fn is_busy(&self) -> bool {
        self.is_served() && (self.calls > 0 || !self.waiting.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use nt_types::MibIpForwardRow2;

    use super::super::Change;
    use super::*;

    fn queue(order: &str, changes: &[Change]) -> Queue {
        let order = format!("notification-order={order}").parse().unwrap();
        let mut queue = Queue::new(false, 2, order);
        for change in changes {
            queue.push(Notice::route(*change, &MibIpForwardRow2::default()));
        }
        queue
    }

    fn taken(mut queue: Queue) -> Vec<Change> {
        std::iter::from_fn(|| queue.take())
            .map(|notice| match notice {
                Notice::Route(change, _) => change,
                other => panic!("{other:?} was not queued"),
            })
            .collect()
    }

    #[test]
    fn a_notice_overtakes_the_one_before_it_once() {
        use Change::{Add, Delete, Parameter};
        let changes = [Add, Parameter, Delete];
        assert_eq!(taken(queue("in-order", &changes)), changes);
        let later_first = taken(queue("later-first", &changes));
        assert_eq!(later_first, [Parameter, Add, Delete]);
        assert_eq!(taken(queue("later-first", &[Add])), [Add]);
    }

    #[test]
    fn an_overtaken_notice_waits_for_the_call_that_overtook_it() {
        let mut queue = queue("later-first", &[Change::Add, Change::Delete]);
        let now = Instant::now();
        let _later = queue.take();
        assert!(matches!(queue.due(), Due::At(due) if due >= now + OVERTAKEN_FOR));
        queue.end_call();
        assert_eq!(queue.due(), Due::Now);
    }
}
