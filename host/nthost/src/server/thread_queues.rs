//! The threads of a client process: the host makes the calls of one thread one after the other.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;

/// For each thread with a call in progress: its calls that wait for that one.
pub(super) struct ThreadQueues<Job>(Mutex<HashMap<u64, VecDeque<Job>>>);

impl<Job> Default for ThreadQueues<Job> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Job> ThreadQueues<Job> {
    /// Adds a call of `thread`. If no call of the thread is in progress, returns the call, and the
    /// caller must make it now.
    pub(super) fn enter(&self, thread: u64, job: Job) -> Option<Job> {
        let mut queues = self.0.lock();
        if let Some(waiting) = queues.get_mut(&thread) {
            waiting.push_back(job);
            return None;
        }
        queues.insert(thread, VecDeque::new());
        Some(job)
    }

    /// Whether a call of `thread` is in progress.
    pub(super) fn is_busy(&self, thread: u64) -> bool {
        self.0.lock().contains_key(&thread)
    }

    /// The next call of `thread`, after it has finished one. `None`: the thread has no call in
    /// progress any more.
    pub(super) fn next(&self, thread: u64) -> Option<Job> {
        let mut queues = self.0.lock();
        let next = queues.get_mut(&thread).and_then(VecDeque::pop_front);
        if next.is_none() {
            queues.remove(&thread);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_makes_one_call_after_the_other() {
        let queues = ThreadQueues::default();
        assert_eq!(queues.enter(1, 'a'), Some('a'));
        assert_eq!(queues.enter(1, 'b'), None);
        assert_eq!(queues.enter(2, 'c'), Some('c'));
        assert_eq!(queues.next(1), Some('b'));
        assert!(queues.is_busy(1));
        assert_eq!(queues.next(1), None);
        assert!(!queues.is_busy(1));
        assert_eq!(queues.enter(1, 'd'), Some('d'));
    }
}
