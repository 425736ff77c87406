//! Handles: numbers by which a driver names an object that it has opened.
//!
//! A handle belongs to the kernel's table, or to that of the process in whose context it was opened
//! without `OBJ_KERNEL_HANDLE`. Only that process can use it, and its programs can, too.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use nt_types::NtStatus;
use parking_lot::Mutex;

use super::{references, types};
use crate::bugcheck::{self, BugCheck, DRIVER_VERIFIER_DETECTED_VIOLATION, INVALID_KERNEL_HANDLE};
use crate::exports::{Export, ntoskrnl};
use crate::irql::{self, Irql};
use crate::process::{self, Mode};
use crate::thread::Thread;
use crate::{fault, resource_tracker, unimplemented};

/// `OBJ_KERNEL_HANDLE`.
pub(crate) const KERNEL_HANDLE: u32 = 0x200;
/// What the handles of the kernel's own table have in common.
const KERNEL_HANDLES: usize = 0xFFFF_FFFF_8000_0000;
/// What a thread is called.
pub(crate) const THREAD: &str = "thread";
/// What a device is called.
const DEVICE: &str = "device";
/// What the resource tracker calls a handle.
const TRACKED_KIND: &str = "handle";
/// Driver Verifier: `ObReferenceObjectByHandle` with a bad handle.
const BAD_HANDLE: u64 = 0x3C;
/// Driver Verifier: `ObReferenceObjectByHandle` with the null handle.
const NULL_HANDLE: u64 = 0xF5;
/// Driver Verifier: a handle of a process is used as the kernel's.
const USER_HANDLE: u64 = 0xF6;

/// `STATUS_OBJECT_TYPE_MISMATCH`.
const OBJECT_TYPE_MISMATCH: NtStatus = NtStatus::new(0xC000_0024);

/// An object that a handle can name.
pub(crate) type SharedObject = Arc<dyn Any + Send + Sync>;

/// The table that a handle belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandleTable {
    /// The kernel's.
    Kernel,
    /// That of the process with this id.
    Process(u32),
}

impl HandleTable {
    /// That of the current process; the system's handles are the kernel's.
    pub(crate) fn of_process() -> Self {
        let process = process::current();
        match process.mode {
            Mode::Kernel => Self::Kernel,
            Mode::User => Self::Process(process.pid),
        }
    }

    /// That for a handle with these attributes.
    pub(crate) fn for_attributes(attributes: u32) -> Self {
        if attributes & KERNEL_HANDLE == 0 {
            Self::of_process()
        } else {
            Self::Kernel
        }
    }
}

/// An open handle.
struct Entry {
    table: HandleTable,
    kind: &'static str,
    object: SharedObject,
    /// The address of the object, for those that have one.
    address: Option<usize>,
}

/// The open handles. A number is not used again soon.
struct Handles {
    next: usize,
    open: BTreeMap<usize, Entry>,
}

static HANDLES: Mutex<Handles> = Mutex::new(Handles {
    next: 1,
    open: BTreeMap::new(),
});

pub(super) fn exports() -> Vec<Export> {
    ntoskrnl![ObOpenObjectByPointer, ObReferenceObjectByHandle, ZwClose]
}

/// Opens a handle of an object, which is a `kind` called `name`.
pub(crate) fn open<T: Any + Send + Sync>(
    table: HandleTable,
    kind: &'static str,
    name: &str,
    object: &Arc<T>,
) -> usize {
    let object: SharedObject = Arc::clone(object) as SharedObject;
    let thread = Arc::clone(&object).downcast::<Thread>().ok();
    let address = thread.map(|thread| thread.object());
    insert(table, kind, name, object, address)
}

fn insert(
    table: HandleTable,
    kind: &'static str,
    name: &str,
    object: SharedObject,
    address: Option<usize>,
) -> usize {
    let mut handles = HANDLES.lock();
    let number = handles.next * 4;
    handles.next += 1;
    let handle = match table {
        HandleTable::Kernel => KERNEL_HANDLES | number,
        HandleTable::Process(_) => number,
    };
    let entry = Entry {
        table,
        kind,
        object,
        address,
    };
    handles.open.insert(handle, entry);
    drop(handles);
    resource_tracker::record(TRACKED_KIND, handle, format!("{kind} {name}"));
    handle
}

/// The object of a handle, if it is one of a `T` that the current process can use. A handle of a
/// process stops the machine: the kernel's functions are called as the kernel.
#[must_use]
pub fn object<T: Any + Send + Sync>(function: &str, handle: usize) -> Option<Arc<T>> {
    let handles = HANDLES.lock();
    let entry = handles.open.get(&handle)?;
    if let HandleTable::Process(pid) = entry.table {
        let is_own = process::current().pid == pid;
        let kind = entry.kind;
        drop(handles);
        return is_own.then(|| stop_for_user_handle(function, handle, kind));
    }
    Arc::clone(&entry.object).downcast().ok()
}

/// What the object of an open handle is, as in `thread`.
#[must_use]
pub fn kind(handle: usize) -> Option<&'static str> {
    HANDLES.lock().open.get(&handle).map(|entry| entry.kind)
}

/// Closes a handle of the host's own.
pub(crate) fn close(handle: usize) {
    let closed = HANDLES.lock().open.remove(&handle);
    drop(closed);
    resource_tracker::release(TRACKED_KIND, handle);
}

/// `PASSIVE_LEVEL`.
extern "win64" fn ZwClose(handle: usize) -> NtStatus {
    irql::require_at_most("ZwClose", Irql::PASSIVE);
    let mut handles = HANDLES.lock();
    let may_close = handles
        .open
        .get(&handle)
        .is_some_and(|entry| match entry.table {
            HandleTable::Kernel => true,
            HandleTable::Process(pid) => process::current().pid == pid,
        });
    if !may_close {
        drop(handles);
        stop_for_closed(handle);
    }
    let closed = handles.open.remove(&handle);
    drop(handles);
    drop(closed);
    resource_tracker::release(TRACKED_KIND, handle);
    NtStatus::SUCCESS
}

/// `PASSIVE_LEVEL`. A handle of an object, which gets every access that the kernel asks for. The host
/// opens threads and devices.
unsafe extern "win64" fn ObOpenObjectByPointer(
    object: usize,
    attributes: u32,
    _access_state: usize,
    _access: u32,
    object_type: usize,
    mode: i8,
    out: *mut usize,
) -> NtStatus {
    const NAME: &str = "ObOpenObjectByPointer";
    irql::require_at_most(NAME, Irql::PASSIVE);
    if mode != 0 {
        unimplemented::stop("ObOpenObjectByPointer with UserMode");
    }
    let Some(kept) = references::find(object) else {
        irql::stop_for_rule(&format!(
            "{NAME} was called with {object:#x}, which is no thread and no device object"
        ));
    };
    let kind = if kept.is::<Thread>() { THREAD } else { DEVICE };
    if !is_of_type(kind, object_type) {
        return OBJECT_TYPE_MISMATCH;
    }
    if fault::inject(NAME) {
        return NtStatus::INSUFFICIENT_RESOURCES;
    }
    let table = HandleTable::for_attributes(attributes);
    let handle = insert(table, kind, "of ObOpenObjectByPointer", kept, Some(object));
    // SAFETY: by contract the caller's variable.
    unsafe { out.write(handle) };
    NtStatus::SUCCESS
}

/// Whether an object of this kind is of the type that the caller names, 0 for any.
fn is_of_type(kind: &str, object_type: usize) -> bool {
    object_type == 0
        || match kind {
            THREAD => object_type == types::thread_type(),
            DEVICE => object_type == types::device_type(),
            _ => false,
        }
}

/// `PASSIVE_LEVEL`. The object of a handle, with a reference. The host has objects with an address of
/// threads and devices only. With `UserMode` the handle is a program's, which may be any number.
pub(super) unsafe extern "win64" fn ObReferenceObjectByHandle(
    handle: usize,
    _access: u32,
    object_type: usize,
    mode: i8,
    object: *mut usize,
    _information: usize,
) -> NtStatus {
    const NAME: &str = "ObReferenceObjectByHandle";
    irql::require_at_most(NAME, Irql::PASSIVE);
    let is_users = mode == Mode::User.number();
    if handle == 0 && !is_users {
        stop(
            NULL_HANDLE,
            handle,
            format!("{NAME} was called with the null handle"),
        );
    }
    let found = {
        let handles = HANDLES.lock();
        let entry = handles.open.get(&handle);
        entry.map(|entry| {
            (
                entry.table,
                entry.kind,
                entry.address,
                Arc::clone(&entry.object),
            )
        })
    };
    let found = found.filter(|(table, ..)| !is_users || *table == HandleTable::of_process());
    let Some((table, kind, address, kept)) = found else {
        if is_users {
            return NtStatus::INVALID_HANDLE;
        }
        let rule = format!("{NAME} was called with {handle:#x}, which is no open handle");
        stop(BAD_HANDLE, handle, rule);
    };
    if table != HandleTable::Kernel && !is_users {
        stop_for_user_handle(NAME, handle, kind);
    }
    let Some(address) = address.filter(|_| is_of_type(kind, object_type)) else {
        return OBJECT_TYPE_MISMATCH;
    };
    references::add_of(address, || Some(kept));
    // SAFETY: by contract the caller's variable.
    unsafe { object.write(address) };
    NtStatus::SUCCESS
}

fn stop_for_user_handle(function: &str, handle: usize, kind: &str) -> ! {
    let rule = format!(
        "{function} was called with {handle:#x}, a handle of a {kind} that was opened in a process's \
         context without OBJ_KERNEL_HANDLE: its programs can use and close it"
    );
    stop(USER_HANDLE, handle, rule)
}

fn stop_for_closed(handle: usize) -> ! {
    const INVALID: u64 = 1;
    bugcheck::stop(BugCheck {
        code: INVALID_KERNEL_HANDLE,
        parameters: [handle as u64, INVALID, 0, 0],
        rule: format!(
            "ZwClose was called with {handle:#x}, which is no open handle of this process or of the \
             kernel"
        ),
    })
}

fn stop(cause: u64, handle: usize, rule: String) -> ! {
    bugcheck::stop(BugCheck {
        code: DRIVER_VERIFIER_DETECTED_VIOLATION,
        parameters: [cause, handle as u64, 0, 0],
        rule,
    })
}
