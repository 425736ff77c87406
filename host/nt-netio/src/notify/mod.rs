//! Change notifications: the registrations, and the delivery of changes to them.
//!
//! Every registration has a queue and a system thread of its own, so its callbacks run one at a
//! time, in the order of the changes, and never inside the call that made the change.
//!
//! Locks: the list of registrations, then one registration's queue; neither is held while a
//! callback runs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use nt_kernel::activity;
use nt_types::{
    AddressFamily, MibIpForwardRow2, MibIpInterfaceRow, MibUnicastIpAddressRow, NtStatus,
};
use parking_lot::{Condvar, Mutex};
use thiserror::Error;

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

/// `MIB_NOTIFICATION_TYPE`, but for the initial notification, which has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Change {
    /// `MibParameterNotification`.
    Parameter = 0,
    /// `MibAddInstance`.
    Add = 1,
    /// `MibDeleteInstance`.
    Delete = 2,
}

/// One notification. Only the keys of a row are filled; the rest has to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The registration stands (`MibInitialNotification`, without a row).
    Initial,
    /// A route changed.
    Route(Change, MibIpForwardRow2),
    /// An interface changed.
    Interface(Change, MibIpInterfaceRow),
    /// A unicast address changed.
    Address(Change, MibUnicastIpAddressRow),
}

impl Notice {
    /// A notice about a route, reduced to its keys.
    #[must_use]
    pub fn route(change: Change, row: &MibIpForwardRow2) -> Self {
        let keys = MibIpForwardRow2 {
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            destination_prefix: row.destination_prefix,
            next_hop: row.next_hop,
            ..MibIpForwardRow2::default()
        };
        Self::Route(change, keys)
    }

    /// A notice about an interface, reduced to its keys.
    #[must_use]
    pub fn interface(change: Change, row: &MibIpInterfaceRow) -> Self {
        let keys = MibIpInterfaceRow {
            family: row.family,
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            nl_mtu: u32::MAX,
            ..MibIpInterfaceRow::default()
        };
        Self::Interface(change, keys)
    }

    /// A notice about an address, reduced to its keys.
    #[must_use]
    pub fn address(change: Change, row: &MibUnicastIpAddressRow) -> Self {
        let keys = MibUnicastIpAddressRow {
            address: row.address,
            interface_luid: row.interface_luid,
            interface_index: row.interface_index,
            ..MibUnicastIpAddressRow::default()
        };
        Self::Address(change, keys)
    }

    const fn family(&self) -> AddressFamily {
        match self {
            Self::Initial => AddressFamily::UNSPECIFIED,
            Self::Route(_, row) => row.destination_prefix.prefix.family(),
            Self::Interface(_, row) => row.family(),
            Self::Address(_, row) => row.family(),
        }
    }

    const fn topic(&self) -> Option<Topic> {
        match self {
            Self::Initial => None,
            Self::Route(..) => Some(Topic::Routes),
            Self::Interface(..) => Some(Topic::Interfaces),
            Self::Address(..) => Some(Topic::Addresses),
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

/// The callback of a registration, which runs on its own thread.
pub type Callback = Box<dyn FnMut(Notice) + Send>;

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
#[derive(Default)]
pub struct Watchers(Mutex<Vec<Arc<Watcher>>>);

struct Watcher {
    registration: Registration,
    topic: Topic,
    family: AddressFamily,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Each with the time of its change.
    notices: VecDeque<(Instant, Notice)>,
    thread: Option<ThreadId>,
    calling: bool,
    cancelled: bool,
    finished: bool,
}

impl Watchers {
    /// Registers `callback` and starts its thread.
    ///
    /// # Errors
    ///
    /// `STATUS_INVALID_PARAMETER` for an unknown family, `no_memory` if no thread can be had.
    pub fn watch(
        &self,
        topic: Topic,
        family: AddressFamily,
        initial: bool,
        callback: Callback,
        no_memory: NtStatus,
    ) -> Result<Registration, NtStatus> {
        static NEXT: AtomicUsize = AtomicUsize::new(0x4E0);
        if family != AddressFamily::UNSPECIFIED && family.address_bits().is_none() {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let watcher = Arc::new(Watcher {
            registration: Registration(NEXT.fetch_add(0x10, Ordering::Relaxed)),
            topic,
            family,
            queue: Mutex::new(Queue {
                notices: initial
                    .then_some((Instant::now(), Notice::Initial))
                    .into_iter()
                    .collect(),
                ..Queue::default()
            }),
            changed: Condvar::new(),
        });
        let serving = Arc::clone(&watcher);
        thread::Builder::new()
            .name(topic.function().to_owned())
            .spawn(move || serving.serve(callback))
            .map_err(|_no_thread| no_memory)?;
        let registration = watcher.registration;
        self.0.lock().push(watcher);
        Ok(registration)
    }

    /// Queues a notice for each registration of that topic and family.
    pub fn publish(&self, notice: Notice) {
        for watcher in &*self.0.lock() {
            if watcher.wants(&notice) {
                activity::begin();
                let now = Instant::now();
                watcher.queue.lock().notices.push_back((now, notice));
                watcher.changed.notify_all();
            }
        }
    }

    /// Waits until every notice has been delivered.
    pub fn wait_idle(&self) {
        let watchers = self.0.lock().clone();
        for watcher in watchers {
            watcher
                .changed
                .wait_while(&mut watcher.queue.lock(), |queue| {
                    !queue.finished && (queue.calling || !queue.notices.is_empty())
                });
        }
    }

    /// Ends a registration; returns when its callback runs no more.
    ///
    /// # Errors
    ///
    /// An unknown registration, or a callback that can never return.
    pub fn cancel(&self, registration: Registration) -> Result<(), CancelError> {
        let watcher = self.take(registration)?;
        let mut queue = watcher.queue.lock();
        queue.cancelled = true;
        queue.notices.clear();
        watcher.changed.notify_all();
        let timeout =
            watcher
                .changed
                .wait_while_for(&mut queue, |queue| !queue.finished, DEADLOCK_AFTER);
        if timeout.timed_out() {
            return Err(CancelError::CallbackStuck);
        }
        Ok(())
    }

    fn take(&self, registration: Registration) -> Result<Arc<Watcher>, CancelError> {
        let mut watchers = self.0.lock();
        let place = watchers
            .iter()
            .position(|watcher| watcher.registration == registration)
            .ok_or(CancelError::Unknown)?;
        if watchers[place].queue.lock().thread == Some(thread::current().id()) {
            return Err(CancelError::OwnCallback);
        }
        Ok(watchers.remove(place))
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        for watcher in self.0.get_mut() {
            watcher.queue.lock().cancelled = true;
            watcher.changed.notify_all();
        }
    }
}

impl Watcher {
    fn wants(&self, notice: &Notice) -> bool {
        notice.topic() == Some(self.topic)
            && (self.family == AddressFamily::UNSPECIFIED || self.family == notice.family())
    }

    fn serve(&self, mut callback: Callback) {
        self.queue.lock().thread = Some(thread::current().id());
        while let Some(notice) = self.next() {
            callback(notice);
        }
        drop(callback);
        self.queue.lock().finished = true;
        self.changed.notify_all();
    }

    fn next(&self) -> Option<Notice> {
        let mut queue = self.queue.lock();
        queue.calling = false;
        self.changed.notify_all();
        self.changed.wait_while(&mut queue, |queue| {
            !queue.cancelled && queue.notices.is_empty()
        });
        if let Some((changed, _)) = queue.notices.front() {
            let due = *changed + lateness();
            self.changed
                .wait_while_until(&mut queue, |queue| !queue.cancelled, due);
        }
        if queue.cancelled {
            return None;
        }
        queue.calling = true;
        queue.notices.pop_front().map(|(_, notice)| notice)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use nt_kernel::testing::run_alone;

    use super::*;

    fn notice(change: Change) -> Notice {
        Notice::route(change, &MibIpForwardRow2::default())
    }

    fn watch(watchers: &Watchers, initial: bool, callback: Callback) -> Registration {
        watchers
            .watch(
                Topic::Routes,
                AddressFamily::UNSPECIFIED,
                initial,
                callback,
                NtStatus::NO_MEMORY,
            )
            .unwrap()
    }

    #[test]
    fn notices_arrive_in_order_behind_the_initial_one() {
        let watchers = Watchers::default();
        let (send, receive) = mpsc::channel();
        let registration = watch(
            &watchers,
            true,
            Box::new(move |notice| send.send(notice).unwrap()),
        );
        watchers.publish(notice(Change::Add));
        watchers.publish(notice(Change::Delete));
        let seen: Vec<_> = receive.iter().take(3).collect();
        assert_eq!(
            seen,
            [Notice::Initial, notice(Change::Add), notice(Change::Delete)]
        );
        assert_eq!(watchers.cancel(registration), Ok(()));
        assert_eq!(watchers.cancel(registration), Err(CancelError::Unknown));
        assert!(receive.recv().is_err(), "a cancelled callback is dropped");
    }

    #[test]
    fn a_late_notice_is_waited_for_unless_its_registration_ends() {
        run_alone!(|| {
            notify_after(200);
            let watchers = Watchers::default();
            let (send, receive) = mpsc::channel();
            let callback = Box::new(move |notice| send.send((notice, Instant::now())).unwrap());
            let registration = watch(&watchers, false, callback);
            let changed = Instant::now();
            watchers.publish(notice(Change::Add));
            watchers.wait_idle();
            let (received, time) = receive.try_recv().expect("wait_idle waited for it");
            assert_eq!(received, notice(Change::Add));
            assert!(time >= changed + Duration::from_millis(200));

            watchers.publish(notice(Change::Delete));
            assert_eq!(watchers.cancel(registration), Ok(()));
            assert!(receive.recv().is_err(), "no notice follows");
        });
    }

    #[test]
    fn a_callback_that_cancels_itself_is_found() {
        let watchers = Arc::new(Watchers::default());
        let (send, receive) = mpsc::channel();
        let (name, own_name) = mpsc::channel();
        let inside = Arc::downgrade(&watchers);
        let registration = watch(
            &watchers,
            true,
            Box::new(move |_| {
                let watchers = inside.upgrade().unwrap();
                send.send(watchers.cancel(own_name.recv().unwrap()))
                    .unwrap();
            }),
        );
        name.send(registration).unwrap();
        assert_eq!(receive.recv().unwrap(), Err(CancelError::OwnCallback));
    }
}
