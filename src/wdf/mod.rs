//! The framework, as safe Rust: one file a concept.
//!
//! # Levels and locks
//!
//! Every callback proves its IRQL once, at its entry ([`PassiveLevel::prove`]), and lends the
//! proof to what it calls. The queue and the file objects have passive execution level, so the
//! proof never fails on a working framework; if it did, the request would be refused with
//! `STATUS_INVALID_DEVICE_STATE` and nothing below would be called.
//!
//! There are three locks, always taken in this order:
//!
//! 1. the leases's [`WaitLock`], one a device: around every change of the route table, so it is
//!    held while the network stack is called. The stack's callback does not take it.
//! 2. a handle's [`WaitLock`], one a file object: to swap and to copy, never while the stack is
//!    called.
//! 3. the watch's [`SpinLock`], one a device: the stack's callback takes it too. Whoever holds it
//!    is at `DISPATCH_LEVEL`.
//!
//! A request that waits is in the manual queue and under no lock. What wakes it is the device's
//! work item, which the callback enqueues.

mod clock;
mod context;
mod device;
mod device_state;
mod driver;
mod file;
mod irql;
mod manual_queue;
mod queue;
mod request;
mod spin_lock;
mod timer;
mod unicode;
mod wait_lock;
mod work_item;

pub(crate) use clock::now;
pub(crate) use context::ContextType;
pub(crate) use device::{Device, DeviceInit};
pub(crate) use device_state::{DeviceState, Slot};
pub(crate) use driver::{Driver, DriverObject, RegistryPath, create_driver};
pub(crate) use file::{FileObject, FileState};
pub(crate) use irql::PassiveLevel;
pub(crate) use manual_queue::ManualQueue;
pub(crate) use queue::{DeviceControl, serve_again};
pub(crate) use request::{Buffers, Request};
pub(crate) use spin_lock::SpinLock;
pub(crate) use timer::Timer;
pub(crate) use unicode::Utf16;
pub(crate) use wait_lock::WaitLock;
pub(crate) use work_item::{Work, WorkItem};

use wdk_sys::{_WDF_EXECUTION_LEVEL, _WDF_SYNCHRONIZATION_SCOPE};
use wdk_sys::{
    ULONG, USHORT, WDF_EXECUTION_LEVEL, WDF_OBJECT_ATTRIBUTES, WDF_SYNCHRONIZATION_SCOPE, WDFOBJECT,
};

/// A framework object that others can belong to: they go with it.
pub(crate) trait Parent {
    /// Its handle, live while `self` is lent.
    fn as_object(&self) -> WDFOBJECT;
}

/// The size of a framework structure, as its `Size` member wants it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the framework's structures are small"
)]
const fn structure_size<T>() -> ULONG {
    assert!(size_of::<T>() < 4096);
    size_of::<T>() as ULONG
}

/// The same for the structures whose `Size` is short.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the framework's structures are small"
)]
const fn short_structure_size<T>() -> USHORT {
    structure_size::<T>() as USHORT
}

/// `WDF_OBJECT_ATTRIBUTES_INIT`: level and scope inherited, no context, default parent.
fn object_attributes() -> WDF_OBJECT_ATTRIBUTES {
    const INHERIT_LEVEL: WDF_EXECUTION_LEVEL =
        _WDF_EXECUTION_LEVEL::WdfExecutionLevelInheritFromParent;
    const INHERIT_SCOPE: WDF_SYNCHRONIZATION_SCOPE =
        _WDF_SYNCHRONIZATION_SCOPE::WdfSynchronizationScopeInheritFromParent;
    WDF_OBJECT_ATTRIBUTES {
        Size: structure_size::<WDF_OBJECT_ATTRIBUTES>(),
        ExecutionLevel: INHERIT_LEVEL,
        SynchronizationScope: INHERIT_SCOPE,
        ..WDF_OBJECT_ATTRIBUTES::default()
    }
}
