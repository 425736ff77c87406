//! Change notifications: the registrations, and the delivery of changes to them.
//!
//! Every registration has a queue and a system thread of its own, so its callbacks run one at a
//! time, in the order of the changes, and never inside the call that made the change. With the
//! behaviour `notification-order=later-first` a registration has two threads, and a change may
//! overtake the one before it. A registration belongs to the network compartment of the thread that
//! made it, and hears of changes there; with `notification-compartments=all` it hears of all.
//!
//! Locks: the list of registrations, then one registration's queue; neither is held while a
//! callback runs.

mod notice;
mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nt_kernel::activity;
use nt_types::{AddressFamily, NtStatus};
use parking_lot::{Condvar, Mutex, MutexGuard};
use thiserror::Error;

pub use self::notice::{Change, ChangedAddress, ChangedInterface, ChangedRoute, Notice};
use self::queue::{Due, Queue};
use crate::Behaviours;
use crate::compartment;

/// How long a thread of a registration that has just called back waits for more changes, unless
/// [`MANY`] wait already. In a stream of changes no change has to wake it, which costs more than to
/// deliver one, and those that come together cost less to check.
const NAP: Duration = Duration::from_micros(100);

/// So many changes are called back at once.
const MANY: usize = 16;

/// How long a cancel waits for a running callback before it calls the wait a deadlock.
pub const DEADLOCK_AFTER: Duration = Duration::from_secs(5);

/// The kind of changes that a registration watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Routes: `NotifyRouteChange2`.
    Routes,
    /// Interfaces: `NotifyIpInterfaceChange`.
    Interfaces,
    /// Unicast addresses: `NotifyUnicastIpAddressChange`.
    Addresses,
}

impl Topic {
    /// The function that registers for it.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Routes => "NotifyRouteChange2",
            Self::Interfaces => "NotifyIpInterfaceChange",
            Self::Addresses => "NotifyUnicastIpAddressChange",
        }
    }
}

/// The delay of a notice after its change, in milliseconds.
static LATENESS: AtomicU64 = AtomicU64::new(0);

/// From now on notices come so many milliseconds after their changes.
pub fn notify_after(milliseconds: u64) {
    LATENESS.store(milliseconds, Ordering::Relaxed);
}

fn lateness() -> Duration {
    Duration::from_millis(LATENESS.load(Ordering::Relaxed))
}

/// The number of threads that serve a registration.
#[must_use]
pub fn threads(behaviours: Behaviours) -> usize {
    if behaviours.notifies_later_first() {
        2
    } else {
        1
    }
}

/// The callback of a registration, as one of its threads calls it: with a notice, and with the number of
/// those that are called back next, unless the registration ends.
pub type Callback = Box<dyn FnMut(Notice, usize) + Send>;

/// The name of a registration; never 0, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Registration(pub usize);

/// Why a registration cannot be cancelled.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CancelError {
    /// No such registration, or it was cancelled before.
    #[error("the handle is not that of a registration that stands")]
    Unknown,
    /// The caller is the registration's own callback, which the cancel would wait for.
    #[error("deadlock: the callback cancels its own registration, and the cancel waits for it")]
    OwnCallback,
    /// The running callback did not return in time: it waits for a lock that the cancelling thread
    /// holds.
    #[error("deadlock: the registration's callback did not return while the cancel waited for it")]
    CallbackStuck,
}

/// The registrations of one stack.
pub struct Watchers {
    behaviours: Behaviours,
    all: Mutex<Vec<Arc<Watcher>>>,
}

struct Watcher {
    registration: Registration,
    topic: Topic,
    family: AddressFamily,
    compartment: u32,
    queue: Mutex<Queue>,
    changed: Condvar,
    /// True once the registration has ended: no callback begins any more.
    is_cancelled: AtomicBool,
}

impl Watchers {
    /// No registration, of a stack with these behaviours.
    #[must_use]
    pub const fn new(behaviours: Behaviours) -> Self {
        Self {
            behaviours,
            all: Mutex::new(Vec::new()),
        }
    }

    /// Registers the callbacks, and starts a thread for each.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for an unknown family; the status for a lack of memory if no thread
    /// can be had.
    pub fn watch(
        &self,
        topic: Topic,
        family: AddressFamily,
        initial: bool,
        callbacks: Vec<Callback>,
    ) -> Result<Registration, NtStatus> {
        static NEXT: AtomicUsize = AtomicUsize::new(0x4E0);
        if family != AddressFamily::UNSPECIFIED && family.address_bits().is_none() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let watcher = Arc::new(Watcher {
            registration: Registration(NEXT.fetch_add(0x10, Ordering::Relaxed)),
            topic,
            family,
            compartment: compartment::current(),
            queue: Mutex::new(Queue::new(initial, callbacks.len(), self.behaviours)),
            changed: Condvar::new(),
            is_cancelled: AtomicBool::new(false),
        });
        for callback in callbacks {
            let serving = Arc::clone(&watcher);
            let serve = move || serving.serve(callback);
            let thread = thread::Builder::new().name(topic.function().to_owned());
            if thread.spawn(serve).is_err() {
                watcher.cancel();
                return Err(self.behaviours.no_memory());
            }
        }
        let registration = watcher.registration;
        self.all.lock().push(watcher);
        Ok(registration)
    }

    /// Queues the notices of changes, each with its compartment, for each registration of their topic
    /// and family that hears of changes there. None is left.
    pub fn publish(&self, notices: &mut Vec<(u32, Notice)>) {
        if notices.is_empty() {
            return;
        }
        let is_of_all = self.behaviours.notifies_all_compartments();
        for watcher in &*self.all.lock() {
            for (compartment, notice) in &*notices {
                let is_near = is_of_all || watcher.compartment == *compartment;
                if is_near && watcher.wants(notice) {
                    activity::begin();
                    watcher.queue.lock().push(*notice);
                    watcher.changed.notify_all();
                }
            }
        }
        notices.clear();
    }

    /// Waits until every notice has been delivered.
    pub fn wait_idle(&self) {
        let watchers = self.all.lock().clone();
        for watcher in watchers {
            watcher
                .changed
                .wait_while(&mut watcher.queue.lock(), |queue| queue.is_busy());
        }
    }

    /// Ends a registration; returns when its callback runs no more.
    ///
    /// # Errors
    ///
    /// An unknown registration, or a callback that can never return.
    pub fn cancel(&self, registration: Registration) -> Result<(), CancelError> {
        let watcher = self.take(registration)?;
        watcher.cancel();
        let mut queue = watcher.queue.lock();
        let timeout =
            watcher
                .changed
                .wait_while_for(&mut queue, |queue| queue.is_served(), DEADLOCK_AFTER);
        if timeout.timed_out() {
            return Err(CancelError::CallbackStuck);
        }
        Ok(())
    }

    fn take(&self, registration: Registration) -> Result<Arc<Watcher>, CancelError> {
        let mut watchers = self.all.lock();
        let place = watchers
            .iter()
            .position(|watcher| watcher.registration == registration)
            .ok_or(CancelError::Unknown)?;
        if watchers[place]
            .queue
            .lock()
            .is_served_by(thread::current().id())
        {
            return Err(CancelError::OwnCallback);
        }
        Ok(watchers.remove(place))
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        for watcher in self.all.get_mut() {
            watcher.cancel();
        }
    }
}

impl Watcher {
    fn wants(&self, notice: &Notice) -> bool {
        notice.topic() == Some(self.topic)
            && (self.family == AddressFamily::UNSPECIFIED || self.family == notice.family())
    }

    fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
        self.queue.lock().clear();
        self.changed.notify_all();
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    fn serve(&self, mut callback: Callback) {
        let mut taken = Vec::new();
        let mut queue = self.queue.lock();
        queue.begin_thread(thread::current().id());
        while self.take(&mut queue, &mut taken) {
            MutexGuard::unlocked(&mut queue, || {
                let mut all = taken.drain(..);
                while !self.is_cancelled()
                    && let Some(notice) = all.next()
                {
                    callback(notice, all.len());
                }
            });
            queue.end_calls();
            self.changed.notify_all();
            if queue.len() < MANY {
                MutexGuard::unlocked(&mut queue, || thread::sleep(NAP));
            }
        }
        MutexGuard::unlocked(&mut queue, || drop(callback));
        queue.end_thread();
        self.changed.notify_all();
    }

    /// Waits until notices are due, and takes them. False: the registration is cancelled.
    fn take(&self, queue: &mut MutexGuard<'_, Queue>, taken: &mut Vec<Notice>) -> bool {
        loop {
            if self.is_cancelled() {
                return false;
            }
            match queue.due() {
                Due::Never => self.changed.wait(queue),
                Due::At(due) if due > Instant::now() => {
                    let _ = self.changed.wait_until(queue, due);
                }
                Due::Now | Due::At(_) => {
                    queue.take(taken);
                    return true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
