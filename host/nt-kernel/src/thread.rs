//! Thread objects, as a driver sees them: an address that it can compare, whether the thread is
//! terminating, and the network compartment that the thread acts in.
//!
//! A thread that is killed does not end inside a driver. It is marked as terminating, and goes on
//! until the driver returns; only then does the system cancel its requests.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use nix::unistd::gettid;
use nt_types::DEFAULT_COMPARTMENT;
use parking_lot::Mutex;

use crate::address_map::AddressMap;
use crate::unimplemented;

/// A thread.
#[derive(Debug)]
pub struct Thread {
    /// Which of the addresses of thread objects is its own.
    place: usize,
    /// That address.
    address: usize,
    terminating: AtomicBool,
    /// The network compartment that its process is in.
    home: AtomicU32,
    compartment: AtomicU32,
    waits_for_mutex: AtomicBool,
    ended: AtomicBool,
    /// From 1 to 31. The host gives no thread more time for it.
    priority: AtomicI32,
}

/// The priority of a new thread: that of the system's process.
pub(crate) const NORMAL_PRIORITY: i32 = 8;

/// The thread objects that there are.
#[derive(Default)]
struct Threads {
    by_address: AddressMap<Weak<Thread>>,
    /// The places of threads that have ended.
    free: Vec<usize>,
    /// How many places have been used so far.
    places: usize,
}

static THREADS: LazyLock<Mutex<Threads>> = LazyLock::new(Mutex::default);

thread_local! {
    static CURRENT: RefCell<Option<Arc<Thread>>> = const { RefCell::new(None) };
}

impl Thread {
    /// A new thread.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let mut threads = THREADS.lock();
        let place = threads.free.pop().unwrap_or(threads.places);
        threads.places = threads.places.max(place + 1);
        let address = unimplemented::data(format!("the ETHREAD at place {place}"));
        let thread = Arc::new(Self {
            place,
            address,
            terminating: AtomicBool::new(false),
            home: AtomicU32::new(DEFAULT_COMPARTMENT),
            compartment: AtomicU32::new(DEFAULT_COMPARTMENT),
            waits_for_mutex: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            priority: AtomicI32::new(NORMAL_PRIORITY),
        });
        threads.by_address.insert(address, Arc::downgrade(&thread));
        thread
    }

    /// The address of its `ETHREAD`, where there is no memory: a driver that touches it faults.
    #[must_use]
    pub const fn object(&self) -> usize {
        self.address
    }

    /// The thread is being terminated from now on.
    pub fn terminate(&self) {
        self.terminating.store(true, Ordering::SeqCst);
    }

    /// Whether the thread is being terminated.
    #[must_use]
    pub fn is_terminating(&self) -> bool {
        self.terminating.load(Ordering::SeqCst)
    }

    /// The network compartment that the thread acts in.
    #[must_use]
    pub fn compartment(&self) -> u32 {
        self.compartment.load(Ordering::SeqCst)
    }

    /// The network compartment of its process, in which the thread began.
    #[must_use]
    pub fn home_compartment(&self) -> u32 {
        self.home.load(Ordering::SeqCst)
    }

    /// Its process is in another network compartment from now on, and the thread with it.
    pub fn move_home(&self, compartment: u32) {
        self.home.store(compartment, Ordering::SeqCst);
        self.compartment.store(compartment, Ordering::SeqCst);
    }

    /// Puts the thread into a network compartment. Returns the one that it was in.
    pub fn set_compartment(&self, compartment: u32) -> u32 {
        self.compartment.swap(compartment, Ordering::SeqCst)
    }

    /// Whether the thread waits for a mutex that another thread owns.
    #[must_use]
    pub fn waits_for_mutex(&self) -> bool {
        self.waits_for_mutex.load(Ordering::SeqCst)
    }

    /// Whether the thread has ended: waits for it are satisfied.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// The thread has ended. Called under the dispatcher's lock.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    /// The thread's priority.
    pub(crate) fn priority(&self) -> i32 {
        self.priority.load(Ordering::Relaxed)
    }

    /// Gives the thread another priority. Returns the one that it had.
    pub(crate) fn set_priority(&self, priority: i32) -> i32 {
        self.priority.swap(priority, Ordering::Relaxed)
    }

    /// The thread begins or ends to wait for a mutex.
    pub(super) fn set_waits_for_mutex(&self, waits: bool) {
        self.waits_for_mutex.store(waits, Ordering::SeqCst);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let mut threads = THREADS.lock();
        threads.by_address.remove(&self.address);
        threads.free.push(self.place);
    }
}

/// The thread whose object is at `address`.
#[must_use]
pub fn at(address: usize) -> Option<Arc<Thread>> {
    THREADS.lock().by_address.get(&address)?.upgrade()
}

/// Looks at the thread whose object is at `address`: the current one without a search.
pub(crate) fn with_thread_at<R>(address: usize, look: impl Fn(&Thread) -> R) -> Option<R> {
    let looked = with_current(|current| (current.address == address).then(|| look(current)));
    looked.or_else(|| at(address).map(|thread| look(&thread)))
}

/// The current thread: one of the system's own, unless [`enter`] made it another.
#[must_use]
pub fn current() -> Arc<Thread> {
    CURRENT.with_borrow_mut(|current| Arc::clone(current.get_or_insert_with(Thread::new)))
}

/// The address of the current thread's object.
#[must_use]
pub fn current_object() -> usize {
    with_current(Thread::object)
}

/// Looks at the current thread. `look` must not make this thread run as another.
pub fn with_current<R>(look: impl FnOnce(&Thread) -> R) -> R {
    CURRENT.with_borrow_mut(|current| look(current.get_or_insert_with(Thread::new)))
}

/// The id of the current thread.
pub(crate) fn id() -> usize {
    usize::try_from(gettid().as_raw()).unwrap_or_default()
}

/// Makes this thread run as `thread` until the guard is dropped.
#[must_use = "the thread is itself again when the guard is dropped"]
pub fn enter(thread: &Arc<Thread>) -> EnteredThread {
    EnteredThread {
        before: CURRENT.replace(Some(Arc::clone(thread))),
    }
}

/// The time during which a thread runs as another, see [`enter`].
#[derive(Debug)]
pub struct EnteredThread {
    before: Option<Arc<Thread>>,
}

impl Drop for EnteredThread {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_found_by_its_object_until_it_ends() {
        let (first, second) = (Thread::new(), Thread::new());
        let address = first.object();
        assert_ne!(address, second.object());
        assert!(at(address).is_some_and(|thread| Arc::ptr_eq(&thread, &first)));
        first.terminate();
        assert!(first.is_terminating() && !second.is_terminating());
        drop(first);
        assert!(at(address).is_none_or(|thread| !thread.is_terminating()));
    }

    #[test]
    fn a_system_thread_is_the_same_whenever_it_is_asked() {
        let itself = current();
        let other = Thread::new();
        let entered = enter(&other);
        assert!(Arc::ptr_eq(&current(), &other));
        drop(entered);
        assert!(Arc::ptr_eq(&current(), &itself));
    }
}
