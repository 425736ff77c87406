//! The framework, as safe Rust: one file for each concept.
//!
//! Every callback proves its IRQL once, at its entry ([`PassiveLevel::prove`]), and lends the proof
//! to the functions that it calls. The queue and the file objects have passive execution level, so
//! that the proof never fails on a working framework; if it did, the request would be refused with
//! `STATUS_INVALID_DEVICE_STATE` and nothing below would be called.

mod barging_mutex;
mod clock;
mod context;
pub(crate) mod debug_print;
mod device;
mod device_init;
mod device_state;
mod driver;
mod event;
mod file;
mod irql;
mod kept_request;
mod manual_queue;
mod mutex;
mod queue;
mod request;
mod spin_lock;
mod timer;
mod unicode;
mod work_item;

pub(crate) use barging_mutex::BargingMutex;
pub(crate) use clock::interrupt_time;
pub(crate) use context::ContextType;
pub(crate) use device::Device;
pub(crate) use device_init::DeviceInit;
pub(crate) use device_state::{DeviceState, Slot};
pub(crate) use driver::{Driver, DriverObject, RegistryPath, create_driver};
pub(crate) use file::{FileObject, FileState};
pub(crate) use irql::{DispatchLevel, PassiveLevel};
pub(crate) use kept_request::{KeptRequest, RequestValue};
pub(crate) use manual_queue::ManualQueue;
pub(crate) use mutex::KernelMutex;
pub(crate) use queue::{DeviceControl, Disposition};
pub(crate) use request::Buffers;
pub(crate) use spin_lock::SpinLock;
pub(crate) use timer::Timer;
pub(crate) use unicode::Utf16;
pub(crate) use work_item::WorkItem;

use wdk_sys::{_WDF_EXECUTION_LEVEL, _WDF_SYNCHRONIZATION_SCOPE};
use wdk_sys::{
    ULONG, USHORT, WDF_EXECUTION_LEVEL, WDF_OBJECT_ATTRIBUTES, WDF_SYNCHRONIZATION_SCOPE, WDFOBJECT,
};

/// A framework object that can be the parent of others: they are deleted with it.
pub(crate) trait Parent {
    /// Its handle, live while `self` is lent.
    fn as_object(&self) -> WDFOBJECT;
}

/// The size of a framework structure, for its `Size` member.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the framework's structures are small"
)]
const fn structure_size<T>() -> ULONG {
    assert!(size_of::<T>() < 4096);
    size_of::<T>() as ULONG
}

/// The same for structures whose `Size` is short.
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
