//! What a thread can wait for: an object with a `DISPATCHER_HEADER`, or another thread.

use std::sync::Arc;

use super::dispatcher::DispatcherHeader;
use super::{event, mutex, semaphore, timer};
use crate::locks::{self, LockKind};
use crate::thread::{self, Thread};

/// An object that can be waited for. Its state is read and changed under the dispatcher's lock.
pub(super) enum Waitable {
    /// A notification event or timer: signalled until it is reset.
    Notification(*mut DispatcherHeader),
    /// A synchronization event or timer: the first waiter resets it.
    Synchronization(*mut DispatcherHeader),
    /// A semaphore: each waiter decrements its count.
    Semaphore(*mut DispatcherHeader),
    /// A mutex: a waiter becomes its owner.
    Mutex(*mut mutex::Mutex),
    /// A thread: signalled when it has ended.
    Thread(Arc<Thread>),
}

impl Waitable {
    /// The object at this address, or its unknown kind.
    ///
    /// # Safety
    ///
    /// There is a thread object or an initialised dispatcher object, which stays for the wait.
    pub(super) unsafe fn at(object: *mut DispatcherHeader) -> Result<Self, u8> {
        if let Some(thread) = thread::at(object.addr()) {
            return Ok(Self::Thread(thread));
        }
        // SAFETY: by contract; its kind never changes.
        match unsafe { (*object).kind } {
            event::NOTIFICATION | timer::NOTIFICATION => Ok(Self::Notification(object)),
            event::SYNCHRONIZATION | timer::SYNCHRONIZATION => Ok(Self::Synchronization(object)),
            semaphore::KIND => Ok(Self::Semaphore(object)),
            mutex::KIND => Ok(Self::Mutex(object.cast())),
            kind => Err(kind),
        }
    }

    /// Whether a wait for it is satisfied now.
    ///
    /// # Safety
    ///
    /// The object is still there, and the caller has the dispatcher's lock.
    pub(super) unsafe fn is_signalled(&self) -> bool {
        match self {
            Self::Notification(header) | Self::Synchronization(header) => {
                // SAFETY: by contract.
                unsafe { (**header).state != 0 }
            }
            Self::Semaphore(header) => {
                // SAFETY: by contract.
                unsafe { (**header).state > 0 }
            }
            Self::Mutex(mutex) => {
                // SAFETY: by contract.
                mutex::can_take(unsafe { &**mutex })
            }
            Self::Thread(thread) => thread.has_ended(),
        }
    }

    /// Does what a satisfied wait does to it.
    ///
    /// # Safety
    ///
    /// As for [`is_signalled`](Self::is_signalled), which is true.
    pub(super) unsafe fn satisfy(&self) {
        match self {
            Self::Notification(_) | Self::Thread(_) => {}
            Self::Synchronization(header) => {
                // SAFETY: by contract.
                unsafe { (**header).state = 0 }
            }
            Self::Semaphore(header) => {
                // SAFETY: by contract.
                unsafe { (**header).state -= 1 }
            }
            Self::Mutex(mutex) => {
                // SAFETY: by contract.
                mutex::take(unsafe { &mut **mutex });
                if !locks::is_held(mutex.addr()) {
                    locks::taken(LockKind::Mutex, mutex.addr());
                }
            }
        }
    }
}
