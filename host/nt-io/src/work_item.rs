//! `IO_WORKITEM`s: routines of a driver that a system thread calls at `PASSIVE_LEVEL`. The device or driver
//! object stays until the routine has returned.
#![expect(non_snake_case, reason = "exports have the kernel's names")]

use std::collections::BTreeMap;
use std::sync::Arc;

use nt_kernel::active_objects::{self, ActiveObject};
use nt_kernel::bugcheck::{self, BugCheck, WORKER_INVALID};
use nt_kernel::exports::{Export, ntoskrnl};
use nt_kernel::irql::{self, Irql};
use nt_kernel::{callback_guard, fault, pool, resource_tracker};
use parking_lot::Mutex;

use crate::device::Device;
use crate::{devices, driver_object, system_work};

/// Size of a work item, in bytes.
const SIZE: usize = 0x58;
/// The pool tag of work items: `IoWI`.
const TAG: u32 = u32::from_le_bytes(*b"IoWI");
/// What the resource tracker calls one.
const TRACKED_KIND: &str = "IO_WORKITEM";
/// Bug check 0xE4: the work item is queued already.
const QUEUED_AGAIN: u64 = 1;
/// Bug check 0xE4: a work item is freed that is queued.
const FREED_QUEUED: u64 = 2;
/// Bug check 0xE4: the object is neither a device nor a driver.
const BAD_OBJECT: u64 = 3;

/// `IO_WORKITEM_ROUTINE`: object, context.
type Routine = unsafe extern "win64" fn(usize, usize);
/// `IO_WORKITEM_ROUTINE_EX`: object, context, work item.
type RoutineEx = unsafe extern "win64" fn(usize, usize, usize);

/// A work item that is not freed.
struct WorkItem {
    /// The device or driver object.
    object: usize,
    /// What keeps the object while the work item is queued or runs.
    kept: Option<Arc<Device>>,
    is_queued: bool,
}

static WORK_ITEMS: Mutex<BTreeMap<usize, WorkItem>> = Mutex::new(BTreeMap::new());

/// The exports of this module.
pub(crate) fn exports() -> Vec<Export> {
    ntoskrnl![
        IoAllocateWorkItem,
        IoFreeWorkItem,
        IoInitializeWorkItem,
        IoQueueWorkItem,
        IoQueueWorkItemEx,
        IoSizeofWorkItem,
        IoTryQueueWorkItem,
        IoUninitializeWorkItem,
    ]
}

/// Up to `DISPATCH_LEVEL`. 0 without memory.
extern "win64" fn IoAllocateWorkItem(object: usize) -> usize {
    const NAME: &str = "IoAllocateWorkItem";
    irql::require_at_most(NAME, Irql::DISPATCH);
    if fault::inject(NAME) {
        return 0;
    }
    let Some(memory) = pool::allocate(true, SIZE, TAG) else {
        return 0;
    };
    let address = memory.expose_provenance().get();
    resource_tracker::release(pool::TRACKED_KIND, address);
    resource_tracker::record(TRACKED_KIND, address, "IoFreeWorkItem frees it");
    insert(NAME, address, object);
    address
}

/// Up to `DISPATCH_LEVEL`. The work item is not queued.
extern "win64" fn IoFreeWorkItem(item: usize) {
    const NAME: &str = "IoFreeWorkItem";
    irql::require_at_most(NAME, Irql::DISPATCH);
    remove(NAME, item);
    if !resource_tracker::release(TRACKED_KIND, item) {
        irql::stop_for_rule("IoFreeWorkItem was called with a work item of IoInitializeWorkItem");
    }
    pool::free(item, Some(TAG));
}

/// Any IRQL.
extern "win64" fn IoSizeofWorkItem() -> u32 {
    u32::try_from(SIZE).unwrap_or(u32::MAX)
}

/// Up to `DISPATCH_LEVEL`. The memory is the driver's.
extern "win64" fn IoInitializeWorkItem(object: usize, item: usize) {
    const NAME: &str = "IoInitializeWorkItem";
    irql::require_at_most(NAME, Irql::DISPATCH);
    pool::require_resident(NAME, item);
    insert(NAME, item, object);
}

/// Up to `DISPATCH_LEVEL`. The work item is not queued.
extern "win64" fn IoUninitializeWorkItem(item: usize) {
    const NAME: &str = "IoUninitializeWorkItem";
    irql::require_at_most(NAME, Irql::DISPATCH);
    remove(NAME, item);
}

/// Up to `DISPATCH_LEVEL`. The host has one queue.
extern "win64" fn IoQueueWorkItem(item: usize, routine: Routine, _queue: u32, context: usize) {
    queue("IoQueueWorkItem", item, move |object| {
        // SAFETY: the driver gave this routine for exactly this call.
        unsafe { routine(object, context) }
    });
}

/// As [`IoQueueWorkItem`].
extern "win64" fn IoQueueWorkItemEx(item: usize, routine: RoutineEx, _queue: u32, context: usize) {
    queue("IoQueueWorkItemEx", item, move |object| {
        // SAFETY: the driver gave this routine for exactly this call.
        unsafe { routine(object, context, item) }
    });
}

/// As [`IoQueueWorkItemEx`]; false if the work item is queued already.
extern "win64" fn IoTryQueueWorkItem(
    item: usize,
    routine: RoutineEx,
    _queue: u32,
    context: usize,
) -> u8 {
    let queued = try_queue("IoTryQueueWorkItem", item, move |object| {
        // SAFETY: the driver gave this routine for exactly this call.
        unsafe { routine(object, context, item) }
    });
    queued.into()
}

fn insert(function: &str, item: usize, object: usize) {
    let is_driver = driver_object::exists(std::ptr::with_exposed_provenance_mut(object));
    if !is_driver && devices::at(object).is_none() {
        let rule = format!("{function} was called with {object:#x}, no device or driver object");
        stop(BAD_OBJECT, item, rule);
    }
    let new = WorkItem {
        object,
        kept: None,
        is_queued: false,
    };
    WORK_ITEMS.lock().insert(item, new);
}

fn remove(function: &str, item: usize) {
    let removed = WORK_ITEMS.lock().remove(&item);
    match removed {
        None => stop_unknown(function, item),
        Some(known) if known.is_queued => {
            let rule = format!("{function} was called for a work item that is queued");
            stop(FREED_QUEUED, item, rule);
        }
        Some(_) => {}
    }
}

fn queue(function: &'static str, item: usize, routine: impl FnOnce(usize) + Send + 'static) {
    if !try_queue(function, item, routine) {
        let rule = format!("{function} was called for a work item that is queued already");
        stop(QUEUED_AGAIN, item, rule);
    }
}

/// False if the work item is queued already.
fn try_queue(
    function: &'static str,
    item: usize,
    routine: impl FnOnce(usize) + Send + 'static,
) -> bool {
    irql::require_at_most(function, Irql::DISPATCH);
    let mut items = WORK_ITEMS.lock();
    let Some(known) = items.get_mut(&item) else {
        drop(items);
        stop_unknown(function, item);
    };
    if known.is_queued {
        return false;
    }
    known.is_queued = true;
    known.kept = devices::at(known.object);
    active_objects::insert(item, ActiveObject::WorkItem);
    drop(items);
    system_work::queue("work item", move || run(item, routine));
    true
}

/// The work item may be freed or queued again in its routine.
fn run(item: usize, routine: impl FnOnce(usize)) {
    system_work::wait_for_turn();
    let mut items = WORK_ITEMS.lock();
    let Some(known) = items.get_mut(&item) else {
        return;
    };
    known.is_queued = false;
    let (object, kept) = (known.object, known.kept.take());
    // From the next moment on another thread may queue it again.
    active_objects::remove(item);
    drop(items);
    callback_guard::run("the routine of a work item", || routine(object));
    drop(kept);
}

fn stop_unknown(function: &str, item: usize) -> ! {
    irql::stop_for_rule(&format!(
        "{function} was called with {item:#x}, which is no work item, or is freed"
    ))
}

fn stop(cause: u64, item: usize, rule: String) -> ! {
    bugcheck::stop(BugCheck {
        code: WORKER_INVALID,
        parameters: [cause, item as u64, 0, 0],
        rule,
    })
}
