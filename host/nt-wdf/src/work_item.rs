//! WDFWORKITEM: work for a system thread.

use std::sync::Arc;

use nt_io::system_work;
use nt_kernel::on_windows::Rule;
use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::call::FrameworkCall;
use crate::callback_lock::{self, CallbackLock};
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfObject, WdfWorkItem, tag};
use crate::object::{
    Body, ExecutionLevel, HandleTag, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules,
};
use crate::object_lock::serialization;
use crate::pointer::{In, Out};
use crate::violation::Violation;
use crate::{callback, status};

functions! {
    DISPATCH WdfWorkItemCreate = create(
        config: In<WorkItemConfig>, attributes: In<ObjectAttributes>,
        work_item: Out<WdfWorkItem>) -> NtStatus;
    DISPATCH WdfWorkItemEnqueue = enqueue(work_item: WdfWorkItem);
    DISPATCH WdfWorkItemGetParentObject = get_parent(
        work_item: WdfWorkItem) -> WdfObject;
    PASSIVE WdfWorkItemFlush = flush(work_item: WdfWorkItem);
}

/// `EvtWorkItemFunc`.
type WorkCallback = unsafe extern "win64" fn(WdfWorkItem);

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
pub(crate) struct WorkItemBody {
    function: WorkCallback,
    lock: Option<Arc<CallbackLock>>,
    state: Mutex<State>,
    changed: Condvar,
}

impl HandleTag for tag::WorkItem {
    type Body = WorkItemBody;
}

impl Body for WorkItemBody {
    const KIND: Kind = Kind::WorkItem;
    type Tag = tag::WorkItem;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        this.state.lock().stopped = true;
        this.wait(callback::times_running(this.value()));
    }
}

impl WorkItemBody {
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
    call: &FrameworkCall,
    config: In<WorkItemConfig>,
    attributes: In<ObjectAttributes>,
    work_item: Out<WdfWorkItem>,
) -> NtStatus {
    let work_item = work_item.required(call, "WorkItem");
    let created = try_create(call, config, attributes);
    status::from_result(created.map(|created| work_item.set(created.handle())))
}

fn try_create(
    call: &FrameworkCall,
    config: In<WorkItemConfig>,
    attributes: In<ObjectAttributes>,
) -> Result<Ref<WorkItemBody>, NtStatus> {
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
    let body = WorkItemBody {
        function,
        lock,
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    let plan = ObjectPlan::below(call.driver().object(), attributes);
    Object::create(call.binding, plan, body)
}

fn enqueue(call: &FrameworkCall, work_item: WdfWorkItem) {
    let work_item = call.object(work_item, "WorkItem");
    let mut state = work_item.state.lock();
    if state.queued || state.stopped {
        return;
    }
    state.queued = true;
    drop(state);
    system_work::queue("work item", move || run(&work_item));
}

fn run(work_item: &Ref<WorkItemBody>) {
    system_work::wait_for_turn();
    let mut state = work_item.state.lock();
    state.queued = false;
    state.running += 1;
    drop(state);
    callback_lock::run(work_item.lock.as_ref(), || {
        callback::run("EvtWorkItem", work_item.value(), || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { (work_item.function)(work_item.handle()) }
        });
    });
    work_item.state.lock().running -= 1;
    work_item.changed.notify_all();
}

fn get_parent(call: &FrameworkCall, work_item: WdfWorkItem) -> WdfObject {
    let parent = call.object(work_item, "WorkItem").object().parent();
    parent.map_or(Handle::NULL, |parent| Handle::new(parent.handle()))
}

fn flush(call: &FrameworkCall, work_item: WdfWorkItem) {
    let work_item = call.object(work_item, "WorkItem");
    if callback::is_running(work_item.value()) {
        const RULE: Rule = Rule::named("objects::a_work_item_waits_for_itself");
        let words = "the work item's own callback would wait for itself";
        return call.broken(
            RULE,
            Violation::VerifierFatalError,
            work_item.value(),
            words,
        );
    }
    work_item.wait(0);
}
