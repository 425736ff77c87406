//! Synchronization scopes: the lock around the callbacks of a device or a queue.

use std::sync::Arc;

use nt_kernel::irql::{self, Irql};

use crate::object::{ExecutionLevel, Scope};
use crate::owner_lock::OwnerLock;

/// The lock of one synchronization scope.
pub(crate) struct CallbackLock {
    owner: OwnerLock,
    level: ExecutionLevel,
    old_irql: parking_lot::Mutex<Irql>,
}

impl CallbackLock {
    /// The lock for callbacks that run at `level`.
    pub(crate) fn new(level: ExecutionLevel) -> Arc<Self> {
        Arc::new(Self {
            owner: OwnerLock::default(),
            level,
            old_irql: parking_lot::Mutex::new(Irql::PASSIVE),
        })
    }

    /// The IRQL of callbacks under this lock.
    pub(crate) fn level(&self) -> ExecutionLevel {
        self.level
    }

    /// Whether this thread holds it.
    pub(crate) fn is_mine(&self) -> bool {
        self.owner.is_mine()
    }

    /// Takes the lock; raises the IRQL if callbacks under it run at `DISPATCH_LEVEL`.
    pub(crate) fn acquire(&self) {
        let old = irql::current();
        if self.level == ExecutionLevel::Dispatch {
            irql::raise(Irql::DISPATCH);
        }
        self.owner.take();
        *self.old_irql.lock() = old;
    }

    /// Releases the lock, which this thread holds, and restores the IRQL.
    pub(crate) fn release(&self) {
        let old = *self.old_irql.lock();
        self.owner.give();
        if self.level == ExecutionLevel::Dispatch {
            irql::lower(old);
        }
    }
}

/// Runs `callback` under `lock`, if there is one.
pub(crate) fn run<R>(lock: Option<&Arc<CallbackLock>>, callback: impl FnOnce() -> R) -> R {
    let Some(lock) = lock else {
        return callback();
    };
    lock.acquire();
    let result = callback();
    lock.release();
    result
}

/// The lock of a device's or queue's own, if its scope asks for one.
pub(crate) fn own_lock(
    scope: Scope,
    own: Scope,
    level: ExecutionLevel,
) -> Option<Arc<CallbackLock>> {
    (scope == own).then(|| CallbackLock::new(level))
}
