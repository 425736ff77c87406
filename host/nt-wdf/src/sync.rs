//! Synchronization scopes: the lock around the callbacks of a device or a queue.

use std::sync::Arc;

use super::attributes::{ExecutionLevel, Scope};
use super::baton::Baton;
use super::call::Call;
use super::device::Device;
use super::functions::functions;
use super::handle::{Any, Handle, Kind};
use super::object::{Object, Ref};
use super::queue::Queue;
use super::violation::Violation;
use crate::kernel::irql::{self, Irql};

functions! {
    DISPATCH WdfObjectAcquireLock = acquire(object: Handle<Any>);
    DISPATCH WdfObjectReleaseLock = release(object: Handle<Any>);
}

/// The lock of one synchronization scope.
pub(crate) struct CallbackLock {
    baton: Baton,
    level: ExecutionLevel,
    old_irql: parking_lot::Mutex<Irql>,
}

impl CallbackLock {
    /// The lock for callbacks that come at `level`.
    pub(crate) fn new(level: ExecutionLevel) -> Arc<Self> {
        Arc::new(Self {
            baton: Baton::default(),
            level,
            old_irql: parking_lot::Mutex::new(Irql::PASSIVE),
        })
    }

    /// At which IRQL callbacks under this lock come.
    pub(crate) fn level(&self) -> ExecutionLevel {
        self.level
    }

    /// Whether this thread holds it.
    pub(crate) fn is_mine(&self) -> bool {
        self.baton.is_mine()
    }

    fn acquire(&self) {
        let old = irql::current();
        if self.level == ExecutionLevel::Dispatch {
            irql::raise(Irql::DISPATCH);
        }
        self.baton.take();
        *self.old_irql.lock() = old;
    }

    fn release(&self) {
        let old = *self.old_irql.lock();
        self.baton.give();
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

/// The lock that callbacks of `object`, or of what is below it, run under.
pub(crate) fn lock_of(object: &Arc<Object>) -> Option<Arc<CallbackLock>> {
    let mut next = Some(object.clone());
    while let Some(object) = next {
        match object.kind() {
            Kind::Queue => return Ref::<Queue>::new(object).lock().cloned(),
            Kind::Device => return Ref::<Device>::new(object).lock().cloned(),
            _ => next = object.parent(),
        }
    }
    None
}

/// The lock that a device or queue with these settings needs for itself.
pub(crate) fn own_lock(
    scope: Scope,
    own: Scope,
    level: ExecutionLevel,
) -> Option<Arc<CallbackLock>> {
    (scope == own).then(|| CallbackLock::new(level))
}

fn required_lock(call: &Call, object: Handle<Any>) -> Arc<CallbackLock> {
    let object = call.any_object(object, "Object");
    let has_lock = matches!(object.kind(), Kind::Device | Kind::Queue);
    let lock = has_lock.then(|| lock_of(&object)).flatten();
    lock.unwrap_or_else(|| {
        call.violation(
            Violation::InvalidLockOperation,
            object.handle(),
            "the object has no callback lock: its synchronization scope is none",
        )
    })
}

fn acquire(call: &Call, object: Handle<Any>) {
    let lock = required_lock(call, object);
    if lock.is_mine() {
        call.violation(
            Violation::RecursiveLock,
            object.0,
            "this thread holds the callback lock already",
        );
    }
    if lock.level() == ExecutionLevel::Passive {
        irql::require_at_most(call.function, Irql::PASSIVE);
    }
    lock.acquire();
}

fn release(call: &Call, object: Handle<Any>) {
    let lock = required_lock(call, object);
    if !lock.is_mine() {
        call.violation(
            Violation::InvalidLockOperation,
            object.0,
            "this thread does not hold the callback lock",
        );
    }
    lock.release();
}
