//! The thread objects of a client process.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use nt_kernel::thread::{self, Thread};
use parking_lot::Mutex;

/// The thread objects that are in use, by the numbers that the client gives its threads. The host
/// does not see a thread end: its object lasts as long as a call or a request of it does.
#[derive(Default)]
pub(super) struct ClientThreads(Mutex<Threads>);

#[derive(Default)]
struct Threads {
    by_number: HashMap<u64, Weak<Thread>>,
    /// The network compartment of the process, if it was put into one.
    compartment: Option<u32>,
    /// True once the process is being terminated, and its threads with it.
    terminating: bool,
}

impl ClientThreads {
    /// The object of the thread with this number, which is about to make a call.
    pub(super) fn get(&self, number: u64) -> Arc<Thread> {
        let mut threads = self.0.lock();
        if let Some(thread) = threads.by_number.get(&number).and_then(Weak::upgrade) {
            if let Some(compartment) = threads.compartment {
                thread.move_home(compartment);
            }
            return thread;
        }
        threads
            .by_number
            .retain(|_, thread| thread.strong_count() > 0);
        let thread = Thread::new();
        if threads.terminating {
            thread.terminate();
        }
        if let Some(compartment) = threads.compartment {
            thread.move_home(compartment);
        }
        threads.by_number.insert(number, Arc::downgrade(&thread));
        thread
    }

    /// Puts the process into a network compartment, as its job does: the calling thread now, and the
    /// others with their next calls. A thread that is in the driver stays where it is.
    pub(super) fn set_compartment(&self, compartment: u32) {
        self.0.lock().compartment = Some(compartment);
        thread::current().move_home(compartment);
    }

    /// Marks all threads as terminating, as the end of their process does.
    pub(super) fn terminate(&self) {
        let mut threads = self.0.lock();
        threads.terminating = true;
        for thread in threads.by_number.values().filter_map(Weak::upgrade) {
            thread.terminate();
        }
    }
}

#[cfg(test)]
mod tests {
    use nt_types::DEFAULT_COMPARTMENT;

    use super::*;

    #[test]
    fn the_end_of_a_process_marks_all_of_its_threads() {
        let threads = ClientThreads::default();
        let first = threads.get(1);
        assert!(Arc::ptr_eq(&first, &threads.get(1)));
        assert!(!first.is_terminating());
        threads.terminate();
        assert!(first.is_terminating());
        assert!(threads.get(2).is_terminating());
    }

    #[test]
    fn a_thread_enters_its_process_compartment_with_its_next_call() {
        let threads = ClientThreads::default();
        let first = threads.get(1);
        assert_eq!(first.compartment(), DEFAULT_COMPARTMENT);
        threads.set_compartment(2);
        assert_eq!(first.compartment(), DEFAULT_COMPARTMENT);
        for number in 1..3 {
            assert_eq!(threads.get(number).compartment(), 2);
        }
    }
}
