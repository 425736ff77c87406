//! WDFDPC: a deferred call at `DISPATCH_LEVEL`.

use std::sync::Arc;

use nt_io::system_work;
use nt_kernel::irql::{self, Irql};
use nt_types::status::NtStatus;
use parking_lot::{Condvar, Mutex};

use crate::call::FrameworkCall;
use crate::callback_lock::{self, CallbackLock};
use crate::function_entry::functions;
use crate::handle::{Handle, Kind, WdfDpc, WdfObject, tag};
use crate::object::{
    Body, ExecutionLevel, HandleTag, Object, ObjectAttributes, ObjectPlan, ParentRule, Ref, Rules,
};
use crate::object_lock::serialization;
use crate::pointer::{In, Out};
use crate::violation::Violation;
use crate::{callback, status};

functions! {
    DISPATCH WdfDpcCreate = create(
        config: In<DpcConfig>, attributes: In<ObjectAttributes>,
        dpc: Out<WdfDpc>) -> NtStatus;
    ANY WdfDpcEnqueue = enqueue(dpc: WdfDpc) -> u8;
    DISPATCH WdfDpcCancel = cancel(dpc: WdfDpc, wait: u8) -> u8;
    DISPATCH WdfDpcGetParentObject = get_parent(dpc: WdfDpc) -> WdfObject;
}

/// `EvtDpcFunc`.
type DpcCallback = unsafe extern "win64" fn(WdfDpc);

/// `WDF_DPC_CONFIG` as it lies in memory.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct DpcConfig {
    pub(crate) size: u32,
    pub(crate) function: Option<DpcCallback>,
    pub(crate) automatic_serialization: u8,
}

const _: () = assert!(size_of::<DpcConfig>() == 24);

#[derive(Default)]
struct State {
    /// How often it was queued; the run of a cancelled DPC finds another number.
    turn: u64,
    queued: bool,
    running: bool,
    stopped: bool,
}

/// A DPC.
pub(crate) struct DpcBody {
    function: DpcCallback,
    lock: Option<Arc<CallbackLock>>,
    state: Mutex<State>,
    changed: Condvar,
}

impl HandleTag for tag::Dpc {
    type Body = DpcBody;
}

impl Body for DpcBody {
    const KIND: Kind = Kind::Dpc;
    type Tag = tag::Dpc;
    const PASSIVE: bool = true;

    fn stop(this: &Ref<Self>) {
        this.state.lock().stopped = true;
        this.dequeue();
        if !callback::is_running(this.value()) {
            this.wait();
        }
    }
}

impl DpcBody {
    /// Whether it was queued.
    fn dequeue(&self) -> bool {
        std::mem::take(&mut self.state.lock().queued)
    }

    /// Waits until its callback is not running.
    fn wait(&self) {
        let mut state = self.state.lock();
        while state.running {
            self.changed.wait(&mut state);
        }
    }
}

fn create(
    call: &FrameworkCall,
    config: In<DpcConfig>,
    attributes: In<ObjectAttributes>,
    dpc: Out<WdfDpc>,
) -> NtStatus {
    let dpc = dpc.required(call, "Dpc");
    let created = try_create(call, config, attributes);
    status::from_result(created.map(|created| dpc.set(created.handle())))
}

fn try_create(
    call: &FrameworkCall,
    config: In<DpcConfig>,
    attributes: In<ObjectAttributes>,
) -> Result<Ref<DpcBody>, NtStatus> {
    let config = config.sized(call, "Config")?;
    let function = config.function.unwrap_or_else(|| call.null("EvtDpcFunc"));
    let attributes = attributes.check(call, Rules::plain(ParentRule::Required))?;
    let serialized = config.automatic_serialization != 0;
    let parent = attributes.parent.as_ref();
    let body = DpcBody {
        function,
        lock: serialization(parent, serialized, ExecutionLevel::Dispatch)?,
        state: Mutex::default(),
        changed: Condvar::new(),
    };
    let plan = ObjectPlan::below(call.driver().object(), attributes);
    Object::create(call.binding, plan, body)
}

/// Whether it was not queued already.
fn enqueue(call: &FrameworkCall, dpc: WdfDpc) -> u8 {
    let dpc = call.object(dpc, "Dpc");
    let mut state = dpc.state.lock();
    if state.queued || state.stopped {
        return 0;
    }
    state.queued = true;
    state.turn += 1;
    let turn = state.turn;
    drop(state);
    system_work::queue("DPC", move || run(&dpc, turn));
    1
}

fn run(dpc: &Ref<DpcBody>, turn: u64) {
    let mut state = dpc.state.lock();
    while state.running {
        dpc.changed.wait(&mut state);
    }
    if !state.queued || state.turn != turn {
        return;
    }
    state.queued = false;
    state.running = true;
    drop(state);
    callback_lock::run(dpc.lock.as_ref(), || {
        callback::run_at_dispatch("EvtDpcFunc", dpc.value(), || {
            // SAFETY: the driver gave this function for exactly this call.
            unsafe { (dpc.function)(dpc.handle()) }
        });
    });
    dpc.state.lock().running = false;
    dpc.changed.notify_all();
}

/// Whether it was queued.
fn cancel(call: &FrameworkCall, dpc: WdfDpc, wait: u8) -> u8 {
    let dpc = call.object(dpc, "Dpc");
    if wait != 0 {
        irql::require_at_most(call.function.name, Irql::PASSIVE);
        if callback::is_running(dpc.value()) {
            call.violation(
                Violation::VerifierFatalError,
                dpc.value(),
                "the DPC's own callback would wait for itself",
            );
        }
    }
    let was_queued = dpc.dequeue();
    if wait != 0 {
        dpc.wait();
    }
    was_queued.into()
}

fn get_parent(call: &FrameworkCall, dpc: WdfDpc) -> WdfObject {
    let parent = call.object(dpc, "Dpc").object().parent();
    parent.map_or(Handle::NULL, |parent| Handle::new(parent.handle()))
}
