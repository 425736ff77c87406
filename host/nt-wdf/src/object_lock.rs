//! Which lock the callbacks of an object run under, and `WdfObjectAcquireLock`.

use std::sync::Arc;

use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;

use crate::call::FrameworkCall;
use crate::callback_lock::CallbackLock;
use crate::device::DeviceBody;
use crate::device_objects::MiniportDeviceBody;
use crate::function_entry::functions;
use crate::handle::{Kind, WdfObject};
use crate::object::{ExecutionLevel, Object, Ref, Scope};
use crate::queue::QueueBody;
use crate::status;
use crate::violation::Violation;

functions! {
    DISPATCH WdfObjectAcquireLock = acquire(object: WdfObject);
    DISPATCH WdfObjectReleaseLock = release(object: WdfObject);
}

/// The lock that callbacks of `object`, or of what is below it, run under.
pub(crate) fn lock_of(object: &Arc<Object>) -> Option<Arc<CallbackLock>> {
    let mut next = Some(object.clone());
    while let Some(object) = next {
        match object.kind() {
            Kind::Queue => return Ref::<QueueBody>::new(object).lock().cloned(),
            Kind::Device => {
                let is_shared = object.scope() == Scope::Device;
                let device = Ref::<DeviceBody>::new(object);
                return is_shared.then(|| device.lock().clone());
            }
            _ => next = object.parent(),
        }
    }
    None
}

/// The lock that the callback of a child of `parent` needs, if it is to be serialized with its
/// parent's. There has to be a device above.
pub(crate) fn serialization(
    parent: Option<&Arc<Object>>,
    serialized: bool,
    level: ExecutionLevel,
) -> Result<Option<Arc<CallbackLock>>, NtStatus> {
    let parent = parent.ok_or(status::WDF_PARENT_NOT_SPECIFIED)?;
    if parent.nearest::<DeviceBody>().is_none() && parent.nearest::<MiniportDeviceBody>().is_none()
    {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let lock = lock_of(parent).filter(|_| serialized);
    match lock {
        Some(lock) if lock.level() != level => Err(status::WDF_INCOMPATIBLE_EXECUTION_LEVEL),
        lock => Ok(lock),
    }
}

fn required_lock(call: &FrameworkCall, object: WdfObject) -> Arc<CallbackLock> {
    let object = call.any_object(object, "Object");
    let lock = match object.kind() {
        Kind::Device => Some(Ref::<DeviceBody>::new(object.clone()).lock().clone()),
        Kind::Queue => lock_of(&object),
        _ => None,
    };
    lock.unwrap_or_else(|| {
        call.violation(
            Violation::InvalidLockOperation,
            object.handle(),
            "the object has no callback lock: its synchronization scope is none",
        )
    })
}

fn acquire(call: &FrameworkCall, object: WdfObject) {
    let lock = required_lock(call, object);
    if lock.is_mine() {
        call.violation(
            Violation::RecursiveLock,
            object.0,
            "this thread holds the callback lock already",
        );
    }
    if lock.level() == ExecutionLevel::Passive {
        irql::require_at_most(call.function.name, Irql::APC);
    }
    lock.acquire();
}

fn release(call: &FrameworkCall, object: WdfObject) {
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
