//! Synchronization scopes: the lock around the callbacks of a device or a queue.

use std::sync::Arc;

use nt_kernel::critical_regions;
use nt_kernel::irql::{self, Irql};

use crate::object::ExecutionLevel;
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

    /// Takes the lock: raises the IRQL if callbacks under it run at `DISPATCH_LEVEL`, and enters a
    /// critical region if they run at `PASSIVE_LEVEL`.
    pub(crate) fn acquire(&self) {
        let old = irql::current();
        match self.level {
            ExecutionLevel::Dispatch => _ = irql::raise(Irql::DISPATCH),
            ExecutionLevel::Passive => critical_regions::enter(),
        }
        self.owner.take();
        *self.old_irql.lock() = old;
    }

    /// Releases the lock, which this thread holds, and undoes what [`CallbackLock::acquire`] did to the
    /// thread.
    pub(crate) fn release(&self) {
        let old = *self.old_irql.lock();
        self.owner.give();
        match self.level {
            ExecutionLevel::Dispatch => irql::lower(old),
            ExecutionLevel::Passive => _ = critical_regions::leave(),
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
