//! WDFWORKITEM: work for a system thread.

use std::sync::Arc;

use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use super::attributes::{ExecutionLevel, ObjectAttributes, ParentRule, Rules};
use super::call::Call;
use super::callback;
use super::device::Device;
use super::functions::functions;
use super::handle::{Any, Handle, Kind};
use super::miniport::MiniportDevice;
use super::object::{Body, Object, Plan, Ref};
use super::pointer::{In, Out};
use super::status;
use super::sync::{self, CallbackLock};
use super::violation::Violation;
use crate::io::system_work;

functions! {
    DISPATCH WdfWorkItemCreate = create(
        config: In<WorkItemConfig>, attributes: In<ObjectAttributes>,
        work_item: Out<Handle<WorkItem>>) -> NtStatus;
    DISPATCH WdfWorkItemEnqueue = enqueue(work_item: Handle<WorkItem>);
    DISPATCH WdfWorkItemGetParentObject = get_parent(
        work_item: Handle<WorkItem>) -> Handle<Any>;
    PASSIVE WdfWorkItemFlush = flush(work_item: Handle<WorkItem>);
}

/// `EvtWorkItemFunc`.
type WorkCallback = unsafe extern "win64" fn(Handle<WorkItem>);

/// `WDF_WORKITEM_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct WorkItemConfig {
    pub(crate) size: u32,
    pub(crate) function: Option<WorkCallback>,
    pub(crate) automatic_serialization: u8,
}

const _: () = assert!(size_of::<WorkItemConfig>() == 24);

#[derive(Default)]
struct State {
    queued: bool,
    /// How many workers run it. It is not queued any more when it begins, so it can be queued again
    /// while it runs, and another worker takes it at once.
    running: usize,
    stopped: bool,
}

/// A work item.
pub(crate) struct WorkItem {
    function: WorkCallback,
    lock: Option<Arc<CallbackLock>>,
    state: Mutex<State>,
    changed: Condvar,
}

impl Body for WorkItem {
    const KIND: Kind = Kind::WorkItem;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        this.state.lock().stopped = true;
        this.wait(callback::times_running(this.value()));
    }
}

impl WorkItem {
    /// Waits until it is neither queued nor running, but for the caller's `own` runs.
    fn wait(&self, own: usize) {
        system_work::awaited(|| {
            let mut state = self.state.lock();
            while state.queued || state.running > own {
                self.changed.wait(&mut state);
            }
        });
    }
}

fn create(
    call: &Call,
    config: In<WorkItemConfig>,
    attributes: In<ObjectAttributes>,
    work_item: Out<Handle<WorkItem>>,
) -> NtStatus {
    let work_item = work_item.required(call, "WorkItem");
    let created = try_create(call, config, attributes);
    status::from_result(created.map(|created| work_item.set(created.handle())))
}

fn try_create(
    call: &Call,
    config: In<WorkItemConfig>,
    attributes: In<ObjectAttributes>,
) -> Result<Ref<WorkItem>, NtStatus> {
    let config = config.sized(call, "Config")?;
    let function = config
        .function
        .unwrap_or_else(|| call.null("EvtWorkItemFunc"));
    let attributes = attributes.check(call, Rules::plain(ParentRule::Required))?;
    let serialized = config.automatic_serialization != 0;
    let lock = serialization(
        attributes.parent.as_ref(),
        serialized,
        ExecutionLevel::Passive,
    )?;
    let body = WorkItem {
        function,
        lock,
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    let plan = Plan::below(call.driver().object(), attributes);
    Object::create(&call.binding, plan, body)
}

/// The lock that the callback of a child of `parent` needs, if it is to be serialized with its
/// parent's. There has to be a device above.
pub(super) fn serialization(
    parent: Option<&Arc<Object>>,
    serialized: bool,
    level: ExecutionLevel,
) -> Result<Option<Arc<CallbackLock>>, NtStatus> {
    let parent = parent.ok_or(status::WDF_PARENT_NOT_SPECIFIED)?;
    if parent.nearest::<Device>().is_none() && parent.nearest::<MiniportDevice>().is_none() {
        return Err(NtStatus::INVALID_DEVICE_REQUEST);
    }
    let lock = sync::lock_of(parent).filter(|_| serialized);
    match lock {
        Some(lock) if lock.level() != level => Err(status::WDF_INCOMPATIBLE_EXECUTION_LEVEL),
        lock => Ok(lock),
    }
}

fn enqueue(call: &Call, work_item: Handle<WorkItem>) {
    let work_item = call.object(work_item, "WorkItem");
    let mut state = work_item.state.lock();
    if state.queued || state.stopped {
        return;
    }
    state.queued = true;
    drop(state);
    system_work::queue("work item", move || run(&work_item));
}

fn run(work_item: &Ref<WorkItem>) {
    system_work::wait_for_turn();
    let mut state = work_item.state.lock();
    state.queued = false;
    state.running += 1;
    drop(state);
    sync::run(work_item.lock.as_ref(), || {
        callback::run("EvtWorkItem", work_item.value(), || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { (work_item.function)(work_item.handle()) }
        });
    });
    work_item.state.lock().running -= 1;
    work_item.changed.notify_all();
}

fn get_parent(call: &Call, work_item: Handle<WorkItem>) -> Handle<Any> {
    let parent = call.object(work_item, "WorkItem").object().parent();
    parent.map_or(Handle::NULL, |parent| Handle::new(parent.handle()))
}

fn flush(call: &Call, work_item: Handle<WorkItem>) {
    let work_item = call.object(work_item, "WorkItem");
    if callback::is_running(work_item.value()) {
        call.violation(
            Violation::VerifierFatalError,
            work_item.value(),
            "the work item's own callback would wait for itself",
        );
    }
    work_item.wait(0);
}
