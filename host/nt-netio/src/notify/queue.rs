//! The notices that wait for the callbacks of one registration.

use std::collections::VecDeque;
use std::mem;
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

/// A notice that waits for its time.
struct Waiting {
    notice: Notice,
    /// Not before this moment; at once if there is none.
    due: Option<Instant>,
    /// True if a later notice has been taken before this one. It is overtaken once.
    is_overtaken: bool,
}

/// The notices of a registration, and its threads.
pub(super) struct Queue {
    /// Those that are due.
    due: Vec<Notice>,
    /// Those behind them.
    waiting: VecDeque<Waiting>,
    threads: Vec<ThreadId>,
    /// The number of threads that serve the registration, or are about to.
    serving: usize,
    /// The number of threads that call back.
    calling: usize,
    /// True if a notice may overtake the one before it.
    later_first: bool,
}

impl Queue {
    /// The queue of a new registration, for so many threads.
    pub(super) fn new(initial: bool, threads: usize, behaviours: Behaviours) -> Self {
        let mut queue = Self {
            due: Vec::new(),
            waiting: VecDeque::new(),
            threads: Vec::new(),
            serving: threads,
            calling: 0,
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
        // A clock is not read for each change of a host that notifies at once.
        if delay.is_zero() && self.waiting.is_empty() {
            return self.due.push(notice);
        }
        self.waiting.push_back(Waiting {
            notice,
            due: Some(Instant::now() + delay),
            is_overtaken: false,
        });
    }

    /// The number of notices that wait.
    pub(super) fn len(&self) -> usize {
        self.due.len() + self.waiting.len()
    }

    /// When the next notice is due.
    pub(super) fn due(&self) -> Due {
        if !self.due.is_empty() {
            return Due::Now;
        }
        match self.waiting.front() {
            None => Due::Never,
            Some(first) => first.due.map_or(Due::Now, Due::At),
        }
    }

    /// Moves notices that are due into `taken`, which is empty, for a thread to call back with one after
    /// the other. The queue is locked once for all of them.
    pub(super) fn take(&mut self, taken: &mut Vec<Notice>) {
        self.calling += 1;
        if self.due.is_empty() {
            taken.extend(self.take_waiting());
        } else {
            mem::swap(&mut self.due, taken);
        }
    }

    /// Takes the first notice that waits, which is due. If it can be overtaken, the notice behind it is
    /// taken first.
    fn take_waiting(&mut self) -> Option<Notice> {
        let can_be_overtaken =
            |first: &Waiting| !first.is_overtaken && first.notice != Notice::Initial;
        let is_overtaken = self.later_first
            && self.waiting.len() > 1
            && self.waiting.front().is_some_and(can_be_overtaken);
        if is_overtaken && let Some(first) = self.waiting.front_mut() {
            first.is_overtaken = true;
            first.due = Some(Instant::now() + OVERTAKEN_FOR);
        }
        let taken = if is_overtaken {
            self.waiting.remove(1)
        } else {
            self.waiting.pop_front()
        };
        taken.map(|waiting| waiting.notice)
    }

    /// A thread has called back with what it has taken.
    pub(super) fn end_calls(&mut self) {
        self.calling -= 1;
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

    /// The registration has ended: no notice waits any more.
    pub(super) fn clear(&mut self) {
        self.due.clear();
        self.waiting.clear();
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
        self.is_served() && (self.calling > 0 || self.due() != Due::Never)
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
        let mut all = Vec::new();
        while queue.due() != Due::Never {
            let mut taken = Vec::new();
            queue.take(&mut taken);
            all.extend(taken);
        }
        all.into_iter()
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
        let mut later = Vec::new();
        queue.take(&mut later);
        assert_eq!(later.len(), 1);
        assert!(matches!(queue.due(), Due::At(due) if due >= now + OVERTAKEN_FOR));
        queue.end_calls();
        assert_eq!(queue.due(), Due::Now);
    }
}
