//! The framework, as safe Rust: one file a concept.
//!
//! # Levels and locks
//!
//! Every callback proves its IRQL once, at its entry ([`PassiveLevel::prove`]), and lends the
//! proof to what it calls. The queue and the file objects have passive execution level, so the
//! proof never fails on a working framework; if it did, the request would be refused with
//! `STATUS_INVALID_DEVICE_STATE` and nothing below would be called.
//!
//! There is one kind of lock, [`WaitLock`], one of it a file object. It is taken with the proof at
//! hand, by one function at a time, and never while the network stack is called; so no order of
//! locks is needed.

mod context;
mod device;
mod driver;
mod file;
mod irql;
mod queue;
mod request;
mod unicode;
mod wait_lock;

pub(crate) use context::ContextType;
pub(crate) use device::DeviceInit;
pub(crate) use driver::{Driver, DriverObject, RegistryPath, create_driver};
pub(crate) use file::{FileObject, FileState};
pub(crate) use irql::PassiveLevel;
pub(crate) use queue::DeviceControl;
pub(crate) use request::Buffers;
pub(crate) use unicode::Utf16;
pub(crate) use wait_lock::WaitLock;

use wdk_sys::{_WDF_EXECUTION_LEVEL, _WDF_SYNCHRONIZATION_SCOPE};
use wdk_sys::{ULONG, WDF_EXECUTION_LEVEL, WDF_OBJECT_ATTRIBUTES, WDF_SYNCHRONIZATION_SCOPE};

/// The size of a framework structure, as its `Size` member wants it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the framework's structures are small"
)]
const fn structure_size<T>() -> ULONG {
    assert!(size_of::<T>() < 4096);
    size_of::<T>() as ULONG
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
